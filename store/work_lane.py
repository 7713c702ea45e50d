"""The lane of heavy work: every job is a process group of its own, which outlives the worker if it must."""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

import duckdb

from clt_core.errors import InputError
from clt_core.files import read_json
from store.endings import is_cancelled, settle
from store.features import publish
from store.job_queue import EventsTail, set_process
from store.job_rows import Job, job_directory
from store.lanes import environment
from store.processes import POLL, Process, ending, identify, is_alive, signal_group, stop_group
from store.workspace import Workspace

logger = logging.getLogger(__name__)

CORE = (sys.executable, "-P", "-m", "clt_core")
GRACE_SECONDS = 5.0
"""Time that a cancelled job has to clean up."""


class WorkLane:
    """Runs one heavy job at a time."""

    def __init__(self, workspace: Workspace, *, core: Sequence[str] = CORE):
        self._workspace = workspace
        self._core = core

    def run(self, job: Job) -> None:
        """Run a claimed job in a process of its own, to its end."""
        directory = job_directory(self._workspace, job)
        with (directory / "log.txt").open("ab") as log:
            child = subprocess.Popen(
                [*self._core, "run-job", str(directory)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                env=environment(),
            )
        process = identify(child.pid)
        set_process(self._workspace, job, process)
        self._follow(job, process, child)

    def adopt(self, job: Job) -> None:
        """Follow a job whose worker died, if its own process lives, to its end."""
        if job.process is not None and is_alive(job.process):
            self._follow(job, job.process, None)

    def rest(self) -> bool:
        """Whether the worker may leave: this lane keeps nothing between jobs."""
        return True

    def close(self) -> None:
        """Nothing is kept, so nothing is to be given back."""

    def _follow(self, job: Job, process: Process, child: subprocess.Popen[bytes] | None) -> None:
        """Keep the row up to date until the process has ended, or end it when that is asked for."""
        tail = EventsTail(self._workspace, job, job_directory(self._workspace, job) / "events.jsonl")
        while is_alive(process):
            tail.read()
            if is_cancelled(self._workspace, job):
                stop_group(process, GRACE_SECONDS)
            time.sleep(POLL)
        tail.read()
        signal_group(process, signal.SIGKILL)
        how = ending(child)
        if job.kind == "train":
            self._publish(job)
        settle(self._workspace, job, how)

    def _publish(self, job: Job) -> None:
        """Make the features of a freshly trained dictionary readable; the first reader does it where this fails."""
        path = job_directory(self._workspace, job) / "result.json"
        outcome = read_json(path) if path.is_file() else {}
        if "result" not in outcome:
            return
        try:
            publish(self._workspace.path / "dictionaries" / outcome["result"]["dictionary"])
        except (InputError, OSError, duckdb.Error):
            logger.warning("the features of job %s cannot be published yet", job.id, exc_info=True)
