"""How the dashboard starts, and how it refuses to."""

import socket
from pathlib import Path

import pytest

from tests.browser.dashboard import Dashboard, free_port, run_app


def test_a_second_dashboard_on_a_workspace_ends_with_2_and_names_the_first(tmp_path: Path):
    first = Dashboard(tmp_path / "workspace")
    answer = run_app("--workspace", str(first.workspace), "--port", str(free_port()))
    first.stop()
    assert answer.returncode == 2
    assert str(first.process.pid) in answer.stderr
    assert first.url in answer.stderr


def test_a_port_in_use_ends_with_2_and_says_what_to_do(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        answer = run_app("--workspace", str(tmp_path / "workspace"), "--port", str(port))
    assert answer.returncode == 2
    assert str(port) in answer.stderr
    assert "--port" in answer.stderr


def test_a_directory_that_is_no_workspace_ends_with_2_and_stays_as_it_was(tmp_path: Path):
    (tmp_path / "thesis.txt").write_text("mine", encoding="utf-8")
    answer = run_app("--workspace", str(tmp_path), "--port", str(free_port()))
    assert answer.returncode == 2
    assert str(tmp_path) in answer.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


def test_an_address_of_the_network_is_refused(tmp_path: Path):
    answer = run_app("--workspace", str(tmp_path / "workspace"), "--host", "0.0.0.0")
    assert answer.returncode == 2
    assert "ssh -L" in answer.stderr


@pytest.mark.parametrize("arguments", [["--port", "none"], ["--port", "0"]])
def test_a_port_that_is_none_ends_with_2(tmp_path: Path, arguments: list[str]):
    assert run_app("--workspace", str(tmp_path / "workspace"), *arguments).returncode == 2
