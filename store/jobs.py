"""Jobs as the dashboard sees them: submitted, followed, cancelled and retried.  What it is shown is what the rows say."""

import json
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from clt_core.errors import InputError
from clt_core.files import write_json
from store.endings import cancel_dependents, reap
from store.job_rows import ENDED_BADLY, Job, events, get, job_directory, list_jobs, log_tail, require
from store.lanes import lane_of
from store.workspace import Workspace, disk_full, is_disk_full

__all__ = ["Job", "cancel", "events", "get", "list_jobs", "log_tail", "reap", "require", "retry", "submit"]

PREVIEW_SECONDS = 3600
"""Age at which a preview is forgotten."""


def submit(
    workspace: Workspace,
    kind: str,
    params: dict[str, Any],
    *,
    title: str,
    after: str | None = None,
    group: str | None = None,
    key: str | None = None,
) -> str:
    """Id of a new queued job, whose worker is then to be ensured.

    Args:
        title: what the job does, for people.
        after: id of a job that must be done first.
        key: while a job with this key is queued or running, its id is returned and nothing is submitted.

    Raises:
        InputError: for an unknown kind, an `after` that is unknown or ended badly, or a full disk.
    """
    lane = lane_of(kind)
    job_id = f"{datetime.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    directory = workspace.path / "jobs" / job_id
    with _complaining_of_full_disk(workspace), _removed_on_error(directory), workspace.transaction() as connection:
        alive = _alive(connection, key)
        if alive is not None:
            return alive
        _check_after(workspace, after)
        write_json(directory / "request.json", {"kind": kind, "params": params, "workspace": str(workspace.path)})
        connection.execute(
            """insert into jobs (id, kind, lane, title, params, created, after, "group", "key")
            values (?, ?, ?, ?, ?, ?, ?, ?, ?)""",
            (job_id, kind, lane, title, json.dumps(params), time.time(), after, group, key),
        )
    if kind == "preview":
        _forget_old_previews(workspace)
    return job_id


def cancel(workspace: Workspace, job_id: str) -> None:
    """End a job: at once if it is queued, else by its worker within seconds.  One that has ended stays as it is.

    Raises:
        InputError: if there is no such job.
    """
    job = require(workspace, job_id)
    with workspace.transaction() as connection:
        connection.execute("update jobs set cancel = 1 where id = ? and state = 'running'", (job_id,))
        changed = connection.execute(
            """update jobs set state = 'cancelled', error = 'cancelled on request', finished = ?
            where id = ? and state = 'queued'""",
            (time.time(), job_id),
        ).rowcount
        if changed:
            cancel_dependents(connection, job_id, f"“{job.title}”, which had to be done first, was cancelled")


def retry(workspace: Workspace, job_id: str) -> None:
    """Queue a job that ended badly again, with the jobs that its end cancelled and, before it, the one it waits for.

    Events and log start anew; those of the attempt before are kept beside them.

    Raises:
        InputError: if there is no such job, it did not end badly, or the same work has been submitted again.
    """
    job = require(workspace, job_id)
    if job.state not in ENDED_BADLY:
        raise InputError(f"only a job that failed, was cancelled or lost can be retried: “{job.title}” is {job.state}")
    needed = None if job.after is None else require(workspace, job.after)
    if needed is not None and needed.state in ENDED_BADLY:
        retry(workspace, needed.id)
    with _complaining_of_full_disk(workspace), workspace.transaction() as connection:
        blocked = connection.execute("select id from jobs where blocked_by = ? and state = 'cancelled'", (job_id,)).fetchall()
        for requeued in [job_id, *(row["id"] for row in blocked)]:
            _requeue(workspace, connection, requeued)


def _requeue(workspace: Workspace, connection: sqlite3.Connection, job_id: str) -> None:
    """Queue an ended job as its next attempt, unless it is queued already."""
    job = require(workspace, job_id)
    if job.state not in ENDED_BADLY:
        return
    try:
        connection.execute(
            """update jobs set state = 'queued', attempt = attempt + 1, fraction = 0, stage = '', error = null,
            result = null, started = null, finished = null, cancel = 0, blocked_by = null where id = ?""",
            (job_id,),
        )
    except sqlite3.IntegrityError as error:
        raise InputError(f"“{job.title}” has been submitted again and is queued or running already") from error
    directory = job_directory(workspace, job)
    (directory / "result.json").unlink(missing_ok=True)
    for name, suffix in (("events", ".jsonl"), ("log", ".txt")):
        if (directory / f"{name}{suffix}").is_file():
            (directory / f"{name}{suffix}").rename(directory / f"{name}-{job.attempt}{suffix}")


def _alive(connection: sqlite3.Connection, key: str | None) -> str | None:
    row = connection.execute(
        """select id from jobs where "key" = ? and state in ('queued', 'running')""",
        (key,),
    ).fetchone()
    return None if row is None else row["id"]


def _check_after(workspace: Workspace, after: str | None) -> None:
    needed = None if after is None else require(workspace, after)
    if needed is not None and needed.state in ENDED_BADLY:
        raise InputError(f"“{needed.title}” has to be done first, but it ended as {needed.state}: retry it")


def _forget_old_previews(workspace: Workspace) -> None:
    rows = (
        workspace.connection()
        .execute(
            """delete from jobs where kind = 'preview' and state not in ('queued', 'running') and created < ? returning id""",
            (time.time() - PREVIEW_SECONDS,),
        )
        .fetchall()
    )
    for row in rows:
        shutil.rmtree(workspace.path / "jobs" / row["id"], ignore_errors=True)


@contextmanager
def _complaining_of_full_disk(workspace: Workspace) -> Iterator[None]:
    """Turn the errors of a full disk into an InputError."""
    try:
        yield
    except (OSError, sqlite3.OperationalError) as error:
        if not is_disk_full(error):
            raise
        raise disk_full(workspace.path) from error


@contextmanager
def _removed_on_error(directory: Path) -> Iterator[None]:
    """Leave nothing of a new directory if the block raises."""
    try:
        yield
    except BaseException:
        shutil.rmtree(directory, ignore_errors=True)
        raise
