"""The directory that holds all work, as far as the core knows it: models, text, dictionaries and graphs."""

import os
from pathlib import Path

from clt_core.errors import InputError
from clt_core.files import write_json

MARKER = "workspace.json"


def open_workspace(path: Path) -> Path:
    """The absolute path of a workspace, which is made if the directory is missing or empty.

    Raises:
        InputError: if the directory holds something else; nothing is then written into it.
    """
    path = path.expanduser().absolute()
    if path.exists() and not path.is_dir():
        raise InputError(f"{path} is a file: a workspace is a directory, so name another")
    if not (path / MARKER).is_file():
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Another process may be making the same workspace: the temporary of its marker counts as nothing.
        if [name for name in os.listdir(path) if MARKER not in name]:
            raise InputError(f"{path} is not a workspace and not empty: name a workspace, or a new or empty directory")
        write_json(path / MARKER, {"schema": 1, "kind": "clt-lab workspace"})
    return path
