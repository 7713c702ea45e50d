"""The worker's side of the jobs: claimed from the queue, and kept up to date while they run."""

import json
import os
import time
from pathlib import Path

from store.job_rows import Job, from_row, list_jobs
from store.lanes import LANE_OF
from store.processes import Process, identify
from store.workspace import Workspace


def claim(workspace: Workspace, lane: str) -> Job | None:
    """The next queued job of `lane`, which now runs in this process; None if nothing may start.

    Previews come first, as someone is waiting for them.  No two workers are given the same job.
    """
    process = identify(os.getpid())
    row = (
        workspace.connection()
        .execute(
            """update jobs set state = 'running', started = ?, pid = ?, pid_start = ? where state = 'queued' and id = (
            select id from startable where lane = ? order by kind != 'preview', created, place limit 1) returning *""",
            (time.time(), *process, lane),
        )
        .fetchone()
    )
    return None if row is None else from_row(row)


def is_waiting(workspace: Workspace, lane: str) -> bool:
    """Whether a job of `lane` is queued and may start."""
    return workspace.connection().execute("select 1 from startable where lane = ?", (lane,)).fetchone() is not None


def running(workspace: Workspace, lane: str) -> list[Job]:
    """The running jobs of `lane`, oldest first."""
    kinds = [kind for kind, its_lane in LANE_OF.items() if its_lane == lane]
    return list_jobs(workspace, states=["running"], kinds=kinds)[::-1]


def set_process(workspace: Workspace, job: Job, process: Process) -> None:
    """Let the job live and die with `process` from now on."""
    workspace.connection().execute("update jobs set pid = ?, pid_start = ? where id = ?", (*process, job.id))


def set_progress(workspace: Workspace, job: Job, fraction: float, stage: str) -> None:
    """Record how far a running job is."""
    workspace.connection().execute(
        "update jobs set fraction = ?, stage = ? where id = ? and attempt = ? and state = 'running'",
        (fraction, stage, job.id, job.attempt),
    )


class EventsTail:
    """Reads what is appended to a job's events and keeps the row up to date."""

    def __init__(self, workspace: Workspace, job: Job, path: Path):
        self._workspace, self._job, self._path = workspace, job, path
        self._offset = 0

    def read(self) -> None:
        """Record the latest progress that was written since the last call; a half-written line waits for the next."""
        if not self._path.is_file():
            return
        with self._path.open("rb") as file:
            file.seek(self._offset)
            whole, newline, _ = file.read().rpartition(b"\n")
        self._offset += len(whole) + len(newline)
        progress = [event for event in map(json.loads, whole.splitlines()) if event["event"] == "progress"]
        if progress:
            set_progress(self._workspace, self._job, progress[-1]["fraction"], progress[-1]["stage"])
