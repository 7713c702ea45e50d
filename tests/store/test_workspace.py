"""Workspaces: opened, refused, locked."""

import json
import multiprocessing
import os
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from clt_core.errors import InputError
from store.workspace import Workspace


def test_a_missing_directory_becomes_a_workspace_that_only_its_owner_reads(tmp_path: Path):
    workspace = Workspace.open(tmp_path / "new" / "workspace")
    assert json.loads((workspace.path / "workspace.json").read_text()) == {"schema": 1, "kind": "clt-lab workspace"}
    assert (workspace.path / "workspace.sqlite").stat().st_mode & 0o777 == 0o600
    workspace.close()


def test_a_workspace_is_opened_again_with_what_it_held(tmp_path: Path):
    first = Workspace.open(tmp_path)
    first.connection().execute(
        "insert into jobs (id, kind, lane, title, params, created) values ('a', 'train', 'work', '', '{}', 0)"
    )
    first.close()
    second = Workspace.open(tmp_path)
    assert second.connection().execute("select count(*) from jobs").fetchone()[0] == 1
    second.close()


def test_a_directory_that_holds_something_else_is_refused_and_left_as_it_is(tmp_path: Path):
    (tmp_path / "thesis.tex").write_text("text")
    with pytest.raises(InputError, match="is not a workspace and not empty"):
        Workspace.open(tmp_path)
    assert os.listdir(tmp_path) == ["thesis.tex"]


def test_a_file_is_refused(tmp_path: Path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="is a file: a workspace is a directory"):
        Workspace.open(tmp_path / "file")


@pytest.mark.parametrize(
    ("marker", "message"),
    [
        ('{"schema": 2, "kind": "clt-lab workspace"}', "has schema 2, this version reads up to 1"),
        ('{"schema": 1, "kind": "shop"}', "holds a shop"),
        ("[1]", "cannot be read"),
        ("{", "cannot be read"),
    ],
)
def test_a_marker_that_this_version_does_not_know_is_refused(tmp_path: Path, marker: str, message: str):
    (tmp_path / "workspace.json").write_text(marker)
    with pytest.raises(InputError, match=message):
        Workspace.open(tmp_path)
    assert os.listdir(tmp_path) == ["workspace.json"]


def test_a_database_of_a_later_version_is_refused(tmp_path: Path):
    workspace = Workspace.open(tmp_path)
    workspace.connection().execute("pragma user_version = 99")
    workspace.close()
    with pytest.raises(InputError, match=r"workspace\.sqlite has schema 99"):
        Workspace.open(tmp_path)


def test_a_database_that_is_none_is_refused(tmp_path: Path):
    Workspace.open(tmp_path).close()
    (tmp_path / "workspace.sqlite").write_text("no database" * 100)
    with pytest.raises(InputError, match="cannot be used: file is not a database"):
        Workspace.open(tmp_path)


def test_every_thread_has_its_own_connection_in_wal_mode(workspace: Workspace):
    connections: list[sqlite3.Connection] = [workspace.connection()]
    thread = threading.Thread(target=lambda: connections.append(workspace.connection()))
    thread.start()
    thread.join()
    assert connections[0] is workspace.connection()
    assert connections[0] is not connections[1]
    assert connections[0].execute("pragma journal_mode").fetchone()[0] == "wal"


def test_a_second_dashboard_is_told_where_the_first_one_is(workspace: Workspace):
    address = "http://127.0.0.1:8050"
    told = pytest.raises(InputError, match=f"process {os.getpid()} is at {address}")
    with workspace.lock_dashboard(address), told, workspace.lock_dashboard("http://127.0.0.1:8051"):
        pass
    with workspace.lock_dashboard("http://127.0.0.1:8051"):
        assert "8051" in (workspace.path / "dashboard.lock").read_text()


def test_a_fork_that_outlives_the_dashboard_does_not_hold_its_lock(workspace: Workspace):
    context = multiprocessing.get_context("fork")
    with workspace.lock_dashboard("http://127.0.0.1:8050"):
        started = context.Event()
        fork = context.Process(target=lambda: (started.set(), time.sleep(60)), daemon=True)
        fork.start()
        assert started.wait(10)
    with workspace.lock_dashboard("http://127.0.0.1:8051"):
        assert fork.is_alive()
    fork.kill()
    fork.join()
