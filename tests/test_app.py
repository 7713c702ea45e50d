import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from app import main

ROOT = Path(__file__).resolve().parents[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Dashboard:
    """The dashboard as a person starts it: a process of its own."""

    def __init__(self, workspace: Path, port: int, **environment: str):
        command = [sys.executable, "app.py", "--workspace", str(workspace), "--port", str(port)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env=os.environ | environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None
        self.line = self.process.stdout.readline()

    def stop(self) -> None:
        assert self.process.stdout is not None
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def dashboard(tmp_path: Path) -> Iterator[Dashboard]:
    started = Dashboard(tmp_path / "workspace", free_port(), HOST="0.0.0.0", DASH_DEBUG="true", DASH_MCP_ENABLED="true")
    yield started
    started.stop()


def test_one_line_has_the_address_with_the_token_and_the_address_works(dashboard: Dashboard):
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}\n", dashboard.line)
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(dashboard.line.strip()) as answer:
        assert answer.url == dashboard.line.split("?")[0]
        assert b"CLT Lab" in answer.read()


def test_the_environment_changes_neither_host_nor_debugging_nor_the_tools_it_offers(dashboard: Dashboard):
    port = int(re.findall(r":(\d+)/", dashboard.line)[0])
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with opener.open(dashboard.line.strip()) as answer:
        page = answer.read()
    assert b'"ui":false' in page
    assert b"hot_reload" not in page
    with pytest.raises(urllib.error.HTTPError, match="40[45]"):
        opener.open(f"http://127.0.0.1:{port}/_mcp", b"{}")
    listening = subprocess.run(["cat", "/proc/net/tcp"], capture_output=True, text=True, check=True).stdout
    assert f"00000000:{port:04X}" not in listening


def test_a_second_dashboard_is_refused_and_told_where_the_first_is(dashboard: Dashboard, tmp_path: Path, capsys):
    assert main(["--workspace", str(tmp_path / "workspace"), "--port", str(free_port())]) == 2
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert dashboard.line.split("/?")[0] in error
    assert str(dashboard.process.pid) in error


def test_after_a_crash_the_same_port_and_token_work_again(dashboard: Dashboard, tmp_path: Path):
    dashboard.stop()
    port = int(re.findall(r":(\d+)/", dashboard.line)[0])
    again = Dashboard(tmp_path / "workspace", port)
    again.stop()
    assert again.line == dashboard.line


def refusal(arguments: list[str], capsys) -> str:
    """The one line of a dashboard that does not start."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    return captured.err


def test_a_port_in_use_is_one_sentence(tmp_path: Path, capsys):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert "is in use: choose another with --port" in refusal(["--workspace", str(tmp_path / "w"), "--port", port], capsys)


def test_a_directory_that_is_no_workspace_is_one_sentence_and_stays_as_it_was(tmp_path: Path, capsys):
    (tmp_path / "thesis.txt").write_text("words")
    assert "is not a workspace" in refusal(["--workspace", str(tmp_path)], capsys)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.0.7", "example.org", ""])
def test_other_machines_cannot_be_let_in(host: str, tmp_path: Path, capsys):
    assert "ssh -L" in refusal(["--host", host, "--workspace", str(tmp_path / "w")], capsys)
    assert not (tmp_path / "w").exists()


def test_an_impossible_port_is_one_sentence(tmp_path: Path, capsys):
    assert "--port must be from 1 to 65535" in refusal(["--port", "70000", "--workspace", str(tmp_path / "w")], capsys)
