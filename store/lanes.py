"""Lanes of work: each has one worker process, which outlives the dashboard and leaves when there is nothing to do."""

import fcntl
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from clt_core.errors import InputError
from store.workspace import Workspace

LANE_OF = {"fetch": "work", "train": "work", "evaluate": "work", "attribute": "engine", "preview": "engine"}
"""Lane of each kind of job: `work` runs a process for each job, `engine` keeps one with the models loaded."""

LANES = ("work", "engine")
WORKER = (sys.executable, "-P", "-m", "store.worker")
ROOT = Path(__file__).resolve().parent.parent

_starting = threading.Lock()
_workers: dict[tuple[Path, str], subprocess.Popen[bytes]] = {}


def lane_of(kind: str) -> str:
    """Lane of a kind of job.

    Raises:
        InputError: for an unknown kind.
    """
    if kind not in LANE_OF:
        raise InputError(f"unknown kind of job {kind!r}: there are {', '.join(LANE_OF)}")
    return LANE_OF[kind]


def ensure_workers(workspace: Workspace, *, worker: Sequence[str] = WORKER) -> None:
    """Start the worker of every lane that has a job to start or to follow, and no worker.

    Called about once a second by the dashboard, which heals every way in which a worker may have gone.  Never to be
    called in a background callback: that ends with all its descendants.
    """
    rows = (
        workspace.connection()
        .execute("select lane from startable union select lane from jobs where state = 'running'")
        .fetchall()
    )
    for row in rows:
        ensure_worker(workspace, row["lane"], worker=worker)


def ensure_worker(workspace: Workspace, lane: str, *, worker: Sequence[str] = WORKER) -> None:
    """Start the worker of `lane` in a session of its own, unless it has one."""
    key = workspace.path, lane
    with _starting:
        started = _workers.get(key)
        if (started is not None and started.poll() is None) or is_held(lane_lock(workspace, lane)):
            return
        with (workspace.path / f"lane-{lane}.log").open("ab") as log:
            _workers[key] = subprocess.Popen(
                [*worker, str(workspace.path), lane],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                close_fds=True,
                env=environment(),
            )


def environment() -> dict[str, str]:
    """Variables of a process that imports this project wherever it is started."""
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(paths))}


def lane_lock(workspace: Workspace, lane: str) -> Path:
    """The file that the worker of `lane` holds a lock on."""
    return workspace.path / f"lane-{lane}.lock"


def is_held(lock: Path) -> bool:
    """Whether a process holds the lock.  Asking does not keep a worker from taking it, who tries more than once."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def try_lock(file: IO[str]) -> bool:
    """Whether this process now holds the lock on `file`."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
