"""How a job ends: its row, and the jobs that wait for it."""

import json
import shutil
import signal
import sqlite3
import time
from typing import Any

from clt_core.files import read_json
from store.job_rows import ENDED_BADLY, Job, job_directory, list_jobs, tail
from store.lanes import LANE_OF
from store.processes import is_alive, signal_group
from store.workspace import Workspace, disk_full

N_LOG_LINES = 8
"""Lines of the log in the error of a job that has no better reason."""

DISK_RESERVE = 1024 * 1024
"""Free bytes under which a disk counts as full when a process has ended without a word."""


def finish(
    workspace: Workspace, job: Job, state: str, *, error: str | None = None, result: dict[str, Any] | None = None
) -> None:
    """End this attempt of a running job, and cancel what waits for it unless it is done.

    A job that was found lost may still be given another ending, by the worker that knows how its process ended.
    """
    with workspace.transaction() as connection:
        changed = connection.execute(
            """update jobs set state = ?, error = ?, result = ?, finished = ?, pid = null, pid_start = null,
            fraction = case when ? = 'done' then 1 else fraction end
            where id = ? and attempt = ? and state in ('running', 'lost')""",
            (state, error, None if result is None else json.dumps(result), time.time(), state, job.id, job.attempt),
        ).rowcount
        if changed and state in ENDED_BADLY:
            cancel_dependents(connection, job.id, f"“{job.title}”, which had to be done first, ended as {state}")


def cancel_dependents(connection: sqlite3.Connection, job_id: str, reason: str) -> None:
    """Cancel the queued jobs that wait for a job, and those that wait for them."""
    connection.execute(
        """with recursive waiting(id) as (
            select id from jobs where after = :id union select jobs.id from jobs join waiting on jobs.after = waiting.id
        )
        update jobs set state = 'cancelled', error = :reason, finished = :now, blocked_by = :id
        where id in (select id from waiting) and state = 'queued'""",
        {"id": job_id, "reason": reason, "now": time.time()},
    )


def settle(workspace: Workspace, job: Job, how: str = "ended") -> None:
    """End a running job whose process is gone, by the result it left: done, failed, cancelled as asked, or lost.

    Args:
        how: what became of the process, as the rest of a sentence.
    """
    directory = job_directory(workspace, job)
    if (directory / "result.json").is_file():
        outcome = read_json(directory / "result.json")
        if "result" in outcome:
            finish(workspace, job, "done", result=outcome["result"])
        else:
            finish(workspace, job, "failed", error=outcome["error"])
    elif is_cancelled(workspace, job):
        finish(workspace, job, "cancelled", error="cancelled on request")
    else:
        finish(workspace, job, "lost", error=with_log(f"its process {how} without a result{_cause(workspace)}", workspace, job))


def is_cancelled(workspace: Workspace, job: Job) -> bool:
    """Whether a running job has been asked to end."""
    row = workspace.connection().execute("select cancel from jobs where id = ?", (job.id,)).fetchone()
    return bool(row["cancel"])


def with_log(sentence: str, workspace: Workspace, job: Job) -> str:
    """`sentence`, and on further lines the end of the job's log if it has one."""
    lines = tail(job_directory(workspace, job) / "log.txt", N_LOG_LINES)
    return f"{sentence}. The end of its log:\n{lines}" if lines.strip() else sentence


def reap(workspace: Workspace) -> None:
    """End the running jobs whose process is gone, and what it may have left running.

    Called by workers, and about once a second by the dashboard.
    """
    for job in list_jobs(workspace, states=["running"], kinds=list(LANE_OF)):
        if job.process is not None and not is_alive(job.process):
            signal_group(job.process, signal.SIGKILL)
            settle(workspace, job)


def _cause(workspace: Workspace) -> str:
    full = shutil.disk_usage(workspace.path).free < DISK_RESERVE
    return f": {disk_full(workspace.path)}" if full else ""
