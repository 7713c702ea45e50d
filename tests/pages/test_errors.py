import errno
import json
import logging

import pytest
from dash import Dash, Input, Output, html

from clt_core.errors import InputError
from pages import _services
from pages._access import access_token
from pages._errors import NOTICES, report


def answer(error: Exception) -> dict:
    """What a browser gets from a callback that raises `error`."""
    app = Dash("app", on_error=report)
    app.layout = html.Div([html.Button(id="in"), html.Div(id="out")])

    @app.callback(Output("out", "children"), Input("in", "n_clicks"))
    def fails(n: int | None) -> None:
        raise error

    body = {
        "output": "out.children",
        "outputs": {"id": "out", "property": "children"},
        "inputs": [{"id": "in", "property": "n_clicks", "value": 1}],
        "changedPropIds": ["in.n_clicks"],
    }
    return app.server.test_client().post("/_dash-update-component", json=body).get_json()


def test_input_that_can_be_mended_is_a_warning_with_its_sentence(caplog: pytest.LogCaptureFixture):
    (notice,) = answer(InputError("the prompt is empty: write one"))["sideUpdate"][NOTICES]["sendNotifications"]
    assert (notice["message"], notice["color"]) == ("the prompt is empty: write one", "yellow")
    assert not caplog.records


def test_a_defect_is_logged_with_its_traceback_and_shown_until_closed(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR):
        (notice,) = answer(KeyError("layer"))["sideUpdate"][NOTICES]["sendNotifications"]
    assert "KeyError" in notice["message"]
    assert notice["autoClose"] is False
    assert caplog.records[0].exc_info is not None


def opened(app: Dash, path: str) -> dict:
    """What a browser gets that goes to `path`."""
    client = app.server.test_client()
    client.get(f"/?token={access_token(app.server.config[_services.KEY].path)}")
    body = {
        "output": ".._pages_content.children..._pages_store.data..",
        "outputs": [{"id": "_pages_content", "property": "children"}, {"id": "_pages_store", "property": "data"}],
        "inputs": [
            {"id": "_pages_location", "property": "pathname", "value": path},
            {"id": "_pages_location", "property": "search", "value": ""},
        ],
        "changedPropIds": ["_pages_location.pathname"],
    }
    return client.post("/_dash-update-component", json=body).get_json()


def test_a_page_that_cannot_be_made_is_replaced_by_one_that_says_so(app: Dash, monkeypatch, caplog):
    monkeypatch.setattr("pages._graph_source.view", lambda *_: 1 / 0)
    answer = opened(app, "/graph/broken")
    shown = json.dumps(answer["response"]["_pages_content"]["children"])
    assert "This page could not be shown" in shown
    assert "ZeroDivisionError: division by zero" in shown
    assert "Try again" in shown
    assert "sideUpdate" not in answer
    assert caplog.records[-1].exc_info is not None


def test_a_full_disk_is_said_in_a_sentence(app: Dash, monkeypatch: pytest.MonkeyPatch):
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pages._graph_source.view", full)
    assert "is full: free some space" in json.dumps(opened(app, "/graph/any"))
