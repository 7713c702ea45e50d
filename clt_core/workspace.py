"""The directory that holds all work, as far as the core knows it: models, text, dictionaries and graphs."""

import os
from pathlib import Path

from clt_core.errors import InputError, is_disk_full
from clt_core.files import read_json, require_schema, write_json

MARKER = "workspace.json"
KIND = "clt-lab workspace"
SCHEMA = 1


def open_workspace(path: Path) -> Path:
    """The absolute path of a workspace, which is made if the directory is missing or empty.

    Raises:
        InputError: if the directory holds something else, was made by a later version, or cannot be made or read;
            nothing is then written into it.
    """
    path = path.expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file: a workspace is a directory, so name another")
    try:
        if (path / MARKER).is_file():
            _check_marker(path)
        else:
            _make(path)
    except OSError as error:
        if is_disk_full(error):
            raise
        raise InputError(f"the workspace {path} cannot be used: {error}") from error
    return path


def _make(path: Path) -> None:
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Another process may be making the same workspace: the temporary of its marker counts as nothing.
    if [name for name in os.listdir(path) if MARKER not in name]:
        raise InputError(f"{path} is not a workspace and not empty: name a workspace, or a new or empty directory")
    write_json(path / MARKER, {"schema": SCHEMA, "kind": KIND})


def _check_marker(path: Path) -> None:
    try:
        marker = read_json(path / MARKER)
        kind, schema = marker["kind"], marker["schema"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path / MARKER} cannot be read: name a workspace, or a new or empty directory") from error
    if kind != KIND:
        raise InputError(f"{path} holds a {kind}, not a {KIND}: name another directory")
    require_schema(path, schema, newest=SCHEMA)
