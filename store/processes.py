"""Processes told apart by number and start time, so that a number used again deceives nobody."""

import contextlib
import os
import signal
import subprocess
import time
from typing import NamedTuple

import psutil

POLL = 0.05
"""Seconds between two looks at a process."""

SAME_START = 0.1
"""Seconds by which two looks at the start of one process may differ."""


class Process(NamedTuple):
    """A process that was running at some time."""

    pid: int
    start: float
    """Seconds from the start of the machine to its own, which no change of the clock touches."""


def identify(pid: int) -> Process:
    """The process that has the number `pid` now."""
    return Process(pid, _start(psutil.Process(pid)))


def is_alive(process: Process) -> bool:
    """Whether the process still runs; one that ended and was not waited for does not."""
    try:
        found = psutil.Process(process.pid)
        return _is(found, process) and found.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def _is(found: psutil.Process, process: Process) -> bool:
    return abs(_start(found) - process.start) < SAME_START


def _start(found: psutil.Process) -> float:
    """Psutil adds the time at which the machine started, which moves with every correction of the clock."""
    return found.create_time() - psutil.boot_time()


def signal_group(process: Process, number: signal.Signals) -> None:
    """Send a signal to every process of the group that `process` leads, also after it has ended itself."""
    with contextlib.suppress(psutil.NoSuchProcess, ProcessLookupError):
        if not psutil.pid_exists(process.pid) or _is(psutil.Process(process.pid), process):
            os.killpg(process.pid, number)


def stop_group(process: Process, grace: float) -> None:
    """Ask the group to end, give it `grace` seconds, and end what is left of it."""
    signal_group(process, signal.SIGTERM)
    deadline = time.monotonic() + grace
    while is_alive(process) and time.monotonic() < deadline:
        time.sleep(POLL)
    signal_group(process, signal.SIGKILL)


def ending(child: subprocess.Popen[bytes] | None) -> str:
    """How a process that is gone has ended, in words; None stands for one that another process had started."""
    code = None if child is None else child.wait()
    if code is None:
        return "ended"
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
