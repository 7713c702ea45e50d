"""The workspace: one directory that holds all work, and the SQLite database of what is alive in it."""

import fcntl
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clt_core import errors
from clt_core.errors import InputError
from clt_core.workspace import open_workspace

SCHEMA = 1

TABLES = """
create table jobs (
    id text primary key,
    kind text not null,
    lane text not null,
    title text not null,
    params text not null,
    state text not null default 'queued' check (state in ('queued', 'running', 'done', 'failed', 'cancelled', 'lost')),
    fraction real not null default 0,
    stage text not null default '',
    created real not null,
    started real,
    finished real,
    error text,
    result text,
    after text references jobs (id),
    "group" text,
    "key" text,
    attempt integer not null default 1,
    cancel integer not null default 0,
    blocked_by text,
    pid integer,
    pid_start real
);
create index jobs_by_state on jobs (state, lane, created);
create index jobs_by_creation on jobs (created);
create view startable as select jobs.id, jobs.lane, jobs.kind, jobs.created, jobs.rowid as place from jobs
    left join jobs as needed on needed.id = jobs.after
    where jobs.state = 'queued' and (jobs.after is null or needed.state = 'done');
create unique index jobs_alive_key on jobs ("key") where state in ('queued', 'running');
"""


class Workspace:
    """An open workspace.  Threads and processes may share one: each has its own connection to the database."""

    def __init__(self, path: Path):
        self.path = path
        self._connections: dict[tuple[int, int], sqlite3.Connection] = {}

    @classmethod
    def open(cls, path: Path | str) -> "Workspace":
        """The workspace in `path`, which is made if it is missing or empty.

        Raises:
            InputError: if the directory holds something else, was made by a later version, or cannot be written;
                nothing is then written into it.
        """
        try:
            path = open_workspace(Path(path))
            workspace = cls(path)
            migrate(workspace.connection())
        except (OSError, sqlite3.DatabaseError) as error:
            raise InputError(f"the workspace {path} cannot be used: {error}") from error
        return workspace

    def connection(self) -> sqlite3.Connection:
        """This thread's connection to `workspace.sqlite`, in autocommit mode, with rows by name."""
        key = os.getpid(), threading.get_ident()
        if key not in self._connections:
            self._connections[key] = _connect(self.path / "workspace.sqlite")
        return self._connections[key]

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """This thread's connection as the only writer; what the block did is undone if it raises."""
        connection = self.connection()
        connection.execute("begin immediate")
        try:
            yield connection
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise
        connection.execute("commit")

    def close(self) -> None:
        """Close the connections of this process."""
        for key in [key for key in self._connections if key[0] == os.getpid()]:
            self._connections.pop(key).close()

    @contextmanager
    def lock_dashboard(self, address: str) -> Iterator[None]:
        """Hold the workspace for the one dashboard, which answers at `address`.

        Raises:
            InputError: naming process and address of the dashboard that has it.
        """
        with (self.path / "dashboard.lock").open("a+", encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise InputError(f"the workspace {self.path} is in use: {_holder(file.name)}") from error
            file.truncate(0)
            file.write(f"{os.getpid()}\n{address}\n")
            file.flush()
            # A fork would hold the lock too, and a background callback's may outlive the dashboard.
            os.register_at_fork(after_in_child=file.close)
            yield


def is_disk_full(error: BaseException) -> bool:
    """Whether `error` says that there is no space left for a file or for the database."""
    if isinstance(error, sqlite3.OperationalError):
        return error.sqlite_errorcode == sqlite3.SQLITE_FULL
    return errors.is_disk_full(error)


def disk_full(path: Path) -> InputError:
    """What to tell a person who has no space left on the disk of `path`."""
    return InputError(f"the disk of {path} is full: free some space there and try again")


def migrate(connection: sqlite3.Connection) -> None:
    """Bring the tables to the schema of this version.

    Raises:
        InputError: if they are of a later version.
    """
    connection.execute("begin immediate")
    try:
        version = connection.execute("pragma user_version").fetchone()[0]
        if version > SCHEMA:
            raise InputError(f"workspace.sqlite has schema {version}, this version reads up to {SCHEMA}: update CLT Lab")
        if version < 1:
            for statement in TABLES.split(";\n"):
                connection.execute(statement)
        connection.execute(f"pragma user_version = {SCHEMA}")
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def _connect(path: Path) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    # A thread's connection is used by that thread alone, but closed by whichever closes the workspace.
    connection = sqlite3.connect(path, timeout=15, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = normal")
    return connection


def _holder(lock: str) -> str:
    lines = Path(lock).read_text(encoding="utf-8").splitlines()
    if len(lines) < 2:
        return "another dashboard is starting on it"
    return f"the dashboard of process {lines[0]} is at {lines[1]}; open that address, or stop it first"
