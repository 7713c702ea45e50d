"""The worker of a lane: `python -m store.worker WORKSPACE LANE` runs queued jobs until there have been none for a while.

Never more than one a lane; it outlives the dashboard, and jobs outlive it.  It never loads torch.
"""

import logging
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from store.endings import reap
from store.engine_lane import EngineLane
from store.job_queue import claim, is_waiting, running
from store.lanes import LANES, WORKER, ensure_workers, lane_lock, try_lock
from store.processes import POLL
from store.work_lane import CORE, WorkLane
from store.workspace import Workspace

logger = logging.getLogger(__name__)

LOCK_SECONDS = 1.0
"""How long a worker tries to get the lock of its lane, which others touch for an instant when they look at it."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """How a worker starts other processes, and when it leaves."""

    core: Sequence[str] = CORE
    """Command line of the core, which is given `run-job DIRECTORY` or `engine WORKSPACE`."""

    worker: Sequence[str] = WORKER
    """Command line of the other lane's worker, which is given WORKSPACE LANE."""

    idle_seconds: float = 30.0
    """Time without a job after which the worker leaves."""


def serve(workspace: Workspace, name: str, setup: Setup) -> None:
    """Do the work of a lane until there is none, unless another worker does it."""
    while True:
        with lane_lock(workspace, name).open("a") as lock:
            if not lock_within(lock, LOCK_SECONDS):
                return
            lane = WorkLane(workspace, core=setup.core) if name == "work" else EngineLane(workspace, core=setup.core)
            reap(workspace)
            for job in running(workspace, name):
                lane.adopt(job)
            work(workspace, name, lane, setup)
            lane.close()
        # Whoever submitted a job just now has seen the lock held and started no worker.
        if not is_waiting(workspace, name):
            return


def lock_within(file: IO[str], seconds: float) -> bool:
    """Whether this process has got the lock on `file` within so many seconds."""
    deadline = time.monotonic() + seconds
    while not try_lock(file):
        if time.monotonic() > deadline:
            return False
        time.sleep(POLL)
    return True


def work(workspace: Workspace, name: str, lane: WorkLane | EngineLane, setup: Setup) -> None:
    """Run the jobs of a lane until there have been none for a while and the lane keeps nothing loaded.

    The end of a job may let one of another lane start, whose worker is then started: no dashboard is needed.
    """
    last = time.monotonic()
    ensure_workers(workspace, worker=setup.worker)
    while True:
        job = claim(workspace, name)
        if job is not None:
            logger.info("job %s: %s", job.id, job.title)
            lane.run(job)
            ensure_workers(workspace, worker=setup.worker)
            last = time.monotonic()
        elif lane.rest() and time.monotonic() - last > setup.idle_seconds:
            return
        else:
            time.sleep(POLL)


def main(argv: list[str] | None = None) -> int:
    """Run the worker that the command line names."""
    path, lane = sys.argv[1:] if argv is None else argv
    assert lane in LANES
    os.umask(0o077)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    workspace = Workspace.open(Path(path))
    serve(workspace, lane, Setup())
    workspace.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
