"""A workspace whose processes end with the test."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from store.job_rows import Job, require
from store.lanes import ensure_workers
from store.workspace import Workspace
from tests.store.stand_in_worker import WORKER


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    opened = Workspace.open(tmp_path / "workspace")
    yield opened
    for process in processes_of(opened):
        process.kill()
    opened.close()


@pytest.fixture
def start(workspace: Workspace) -> Callable[[], None]:
    """Start the workers that are needed, as the dashboard does every second."""
    return lambda: ensure_workers(workspace, worker=WORKER)


def processes_of(workspace: Workspace, word: str = "") -> list[psutil.Process]:
    """The running processes whose command names the workspace and `word`."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        command = " ".join(process.info["cmdline"] or [])
        if str(workspace.path) in command and word in command:
            found.append(process)
    return found


def until(condition: Callable[[], object], seconds: float = 20) -> None:
    """Wait until `condition` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def ended(workspace: Workspace, job_id: str, state: str) -> Job:
    """The job, once it has ended, in this state."""
    until(lambda: require(workspace, job_id).finished)
    job = require(workspace, job_id)
    assert job.state == state, job
    return job


def asleep(workspace: Workspace, job_id: str) -> Job:
    """The job, once it is in the middle of its work."""
    until(lambda: require(workspace, job_id).fraction == 0.5)
    return require(workspace, job_id)
