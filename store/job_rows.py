"""Jobs as rows of the workspace's database and directories under `jobs/`."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clt_core.errors import InputError
from store.processes import Process
from store.workspace import Workspace

ENDED_BADLY = ("failed", "cancelled", "lost")

TAIL_BYTES = 64 * 1024
"""Bytes at the end of a log that its last lines are taken from."""


@dataclass(frozen=True, kw_only=True)
class Job:
    """A piece of work and how far it is."""

    id: str
    kind: str
    title: str
    """What it does, for people."""

    lane: str
    params: dict[str, Any]

    state: str
    """queued, running, done, failed, cancelled, or lost: its process ended without a result."""

    fraction: float
    """Share of the work that is done, 0 to 1."""

    stage: str
    """What is being done, in a few words."""

    created: float
    """Seconds since the epoch, as all times here."""

    started: float | None
    finished: float | None

    error: str | None
    """Why it failed, was cancelled or lost; the last lines of its log may follow the first line."""

    result: dict[str, Any] | None
    after: str | None
    """Id of the job that must be done first."""

    group: str | None
    """Name of the jobs that it belongs with."""

    attempt: int
    """1, and one more for every retry."""

    cancelling: bool
    """Whether it has been asked to end."""

    blocked_by: str | None
    """Id of the job whose bad end cancelled this one."""

    process: Process | None
    """The process that the job lives and dies with."""


def from_row(row: sqlite3.Row) -> Job:
    """The job of a row of the table."""
    columns = dict(row)
    pid, start, _ = columns.pop("pid"), columns.pop("pid_start"), columns.pop("key")
    return Job(
        **columns
        | {
            "params": json.loads(row["params"]),
            "result": None if row["result"] is None else json.loads(row["result"]),
            "process": None if pid is None else Process(pid, start),
            "cancelling": bool(columns.pop("cancel")) and row["state"] == "running",
        }
    )


def get(workspace: Workspace, job_id: str) -> Job | None:
    """The job of that id, or None."""
    row = workspace.connection().execute("select * from jobs where id = ?", (job_id,)).fetchone()
    return None if row is None else from_row(row)


def require(workspace: Workspace, job_id: str) -> Job:
    """The job of that id.

    Raises:
        InputError: if there is none.
    """
    job = get(workspace, job_id)
    if job is None:
        raise InputError(f"there is no job {job_id!r}")
    return job


def list_jobs(
    workspace: Workspace,
    *,
    states: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
    group: str | None = None,
    limit: int = 200,
) -> list[Job]:
    """Jobs that fit every filter, newest first; previews only if `kinds` names them."""
    rows = workspace.connection().execute(
        """select * from jobs
        where (:states is null or state in (select value from json_each(:states)))
          and (case when :kinds is null then kind != 'preview' else kind in (select value from json_each(:kinds)) end)
          and (:group is null or "group" = :group)
        order by created desc, rowid desc limit :limit""",
        {
            "states": None if states is None else json.dumps(list(states)),
            "kinds": None if kinds is None else json.dumps(list(kinds)),
            "group": group,
            "limit": limit,
        },
    )
    return [from_row(row) for row in rows]


def job_directory(workspace: Workspace, job: Job) -> Path:
    """Directory of a job's request, events, log and result."""
    return workspace.path / "jobs" / job.id


def events(workspace: Workspace, job_id: str, after_line: int = 0) -> list[dict[str, Any]]:
    """Events of a job's latest attempt, without the first `after_line` ones.

    Raises:
        InputError: if there is no such job.
    """
    path = job_directory(workspace, require(workspace, job_id)) / "events.jsonl"
    if not path.is_file():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [json.loads(line) for line in lines[after_line:]]


def log_tail(workspace: Workspace, job_id: str, n_lines: int = 20) -> str:
    """The last lines of a job's log; of a line that was written over, what stood last.

    Raises:
        InputError: if there is no such job.
    """
    return tail(job_directory(workspace, require(workspace, job_id)) / "log.txt", n_lines)


def tail(path: Path, n_lines: int) -> str:
    """The last lines of a text file, "" if there is none; of a line that was written over, what stood last."""
    if not path.is_file():
        return ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - TAIL_BYTES))
        text = file.read().decode("utf-8", errors="replace")
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1] for line in text.rstrip().split("\n")]
    return "\n".join(lines[-n_lines:])
