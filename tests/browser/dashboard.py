"""The dashboard as a person starts it: `python app.py` in a process of its own."""

import contextlib
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import psutil

ROOT = Path(__file__).parent.parent.parent
ADDRESS = re.compile(r"http://\S+")


def free_port() -> int:
    """A TCP port of loopback that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def run_app(*arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
    """What `python app.py` answers when it ends by itself."""
    return subprocess.run([sys.executable, "app.py", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=timeout)


class Dashboard:
    """A running dashboard on a workspace; it can die and be started again on the same port."""

    def __init__(self, workspace: Path, port: int | None = None):
        self.workspace = workspace
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = workspace.with_name(f"{workspace.name}.log")
        self.start()

    def start(self) -> None:
        """Start the process; afterwards `entry` is the address that it printed and that lets a browser in."""
        command = [sys.executable, "app.py", "--workspace", str(self.workspace), "--port", str(self.port)]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
        assert self.process.stdout is not None
        printed = self.process.stdout.readline()
        found = ADDRESS.search(printed)
        if not found:
            raise RuntimeError(f"app.py printed {printed!r}\n{self.log.read_text(encoding='utf-8')}")
        self.entry = found[0]
        self._wait_until_it_listens()

    def address(self, path: str) -> str:
        """The address of a page, with the token that lets a browser in."""
        token = self.entry.partition("?")[2]
        return f"{self.url}{path}{'&' if '?' in path else '?'}{token}"

    def _wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return
            time.sleep(0.05)
        raise RuntimeError(f"app.py does not listen on {self.port}\n{self.log.read_text(encoding='utf-8')}")

    def processes(self) -> list[psutil.Process]:
        """Every process that works on this workspace: the dashboard, its followers, workers and their jobs."""
        return [process for process in psutil.process_iter() if self._is_at_work(command_line(process))]

    def _is_at_work(self, command: list[str]) -> bool:
        """Whether `command` is one of ours and names this workspace; who measures or tests it may name it too."""
        ours = {"app.py", "store.worker", "clt_core"}
        return bool(ours.intersection(command)) and any(part.startswith(str(self.workspace)) for part in command)

    def kill(self) -> None:
        """End the dashboard the hard way, as a crash does; what it started lives on."""
        self.process.send_signal(signal.SIGKILL)
        self._reap()

    def stop(self) -> None:
        """End the dashboard and everything that works on its workspace."""
        self.process.terminate()
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                for member in [*process.children(recursive=True), process]:
                    member.kill()
        self._reap()

    def _reap(self) -> None:
        self.process.wait(timeout=10)
        assert self.process.stdout is not None
        self.process.stdout.close()


def command_line(process: psutil.Process) -> list[str]:
    """The arguments that `process` was started with; none if it is gone or another user's."""
    try:
        return process.cmdline()
    except (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
        return []
