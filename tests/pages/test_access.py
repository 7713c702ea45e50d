import stat
from pathlib import Path

import pytest
from dash import Dash
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from pages._access import access_token, is_loopback
from store.workspace import Workspace


@pytest.fixture
def token(app: Dash, workspace: Workspace) -> str:
    return access_token(workspace.path)


@pytest.fixture
def client(app: Dash, token: str) -> FlaskClient:
    """A browser that has opened the printed address."""
    client = app.server.test_client()
    client.get(f"/?token={token}")
    return client


def call(client: FlaskClient, **headers: str) -> TestResponse:
    return client.post("/_dash-update-component", json={}, headers=headers)


def test_without_the_token_every_address_answers_401_and_says_what_to_do(app: Dash):
    client = app.server.test_client()
    for path in ("/", "/jobs", "/_dash-layout", "/_dash-dependencies", "/assets/app.css", "/api/graph/x.bin"):
        answer = client.get(path)
        assert answer.status_code == 401
        assert "?token=" in answer.text
    assert call(client).status_code == 401


def test_a_wrong_token_is_no_token(app: Dash):
    assert app.server.test_client().get("/?token=wrong").status_code == 401
    assert app.server.test_client().get("/?token=é").status_code == 401


def test_the_token_becomes_a_cookie_that_scripts_and_other_sites_cannot_use(app: Dash, token: str):
    answer = app.server.test_client().get(f"/jobs?token={token}&state=failed")
    assert (answer.status_code, answer.location) == (302, "/jobs?state=failed")
    assert {"HttpOnly", "SameSite=Strict"} <= set(answer.headers["Set-Cookie"].split("; "))


def test_the_redirect_never_leaves_the_dashboard(app: Dash, token: str):
    answer = app.server.test_client().get(f"//evil.example/?token={token}")
    assert answer.location is None or (answer.location.startswith("/") and not answer.location.startswith("//"))


def test_a_browser_with_the_cookie_gets_the_page(client: FlaskClient):
    assert client.get("/").status_code == 200


def test_a_name_that_is_not_this_machine_is_refused_even_with_the_cookie(client: FlaskClient):
    for host in ("evil.example", "127.0.0.1.evil.example:8050", "localhost.evil.example", "192.168.0.7:8050"):
        assert client.get("/", headers={"Host": host}).status_code == 403


def test_any_local_port_will_do_because_a_forwarded_one_may_differ():
    assert all(is_loopback(host) for host in ("127.0.0.1", "127.0.0.1:9999", "localhost:1", "[::1]:8050", "LOCALHOST"))
    assert not any(is_loopback(host) for host in ("", "0.0.0.0", "example.org", "[::2]:8050", "[", "127.0.0.1@evil.example"))


def test_a_request_that_another_page_makes_is_refused(client: FlaskClient):
    for origin in ("http://evil.example", "http://localhost:9999", "null"):
        assert call(client, Origin=origin).status_code == 403


def test_a_request_that_our_page_makes_is_not_refused(client: FlaskClient):
    assert client.get("/_dash-layout", headers={"Origin": "http://localhost"}).status_code == 200


def test_the_token_outlives_the_dashboard_and_only_its_owner_can_read_it(workspace: Workspace, token: str):
    path = workspace.path / "access-token"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    client = create_app(workspace).server.test_client()
    assert client.get(f"/?token={token}").status_code == 302


def test_two_workspaces_do_not_share_a_cookie(app: Dash, token: str, tmp_path: Path):
    other = Workspace.open(tmp_path / "other")
    names = [
        dash.server.test_client().get(f"/?token={given}").headers["Set-Cookie"].split("=")[0]
        for dash, given in ((app, token), (create_app(other), access_token(other.path)))
    ]
    assert names[0] != names[1]


def test_pages_may_load_nothing_from_elsewhere_and_run_no_script_that_is_not_ours(client: FlaskClient):
    answer = client.get("/")
    policy = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert "unsafe" not in policy["script-src"]
    assert "http" not in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Frame-Options"] == "DENY"


def test_the_cache_is_closed_to_other_users_and_holds_no_pickles(app: Dash, workspace: Workspace):
    assert stat.S_IMODE((workspace.path / "cache").stat().st_mode) == 0o700
    cache = app._background_manager.handle  # type: ignore[union-attr]  # Dash has no other way to it
    with pytest.raises(TypeError, match="not JSON serializable"):
        cache.set("key", object())
