"""What the directories of a workspace hold.  They are the catalogue: nothing is known of them that is not in them."""

import logging
import os
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from clt_core.errors import InputError

logger = logging.getLogger(__name__)

Row = TypeVar("Row")


def listing(parent: Path, marker: str, read: Callable[[Path], Row]) -> dict[str, Row]:
    """What `read` says of every directory in `parent` that has a file `marker`, by name.

    A directory is read again when its marker has been replaced.  Temporaries, whose names start with a dot, are left
    out, and so are directories that cannot be read, of which the log is told once.
    """
    rows: dict[str, Row] = {}
    if not parent.is_dir():
        return rows
    for entry in sorted(os.scandir(parent), key=lambda entry: entry.name):
        row = None if entry.name.startswith(".") else _row(Path(entry.path), marker, read)
        if row is not None:
            rows[entry.name] = row
    return rows


def _row(directory: Path, marker: str, read: Callable[[Path], Row]) -> Row | None:
    try:
        status = (directory / marker).stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return _read(read, directory, (status.st_ino, status.st_mtime_ns))


@lru_cache(maxsize=4096)
def _read(read: Callable[[Path], Row], directory: Path, version: tuple[int, int]) -> Row | None:  # noqa: ARG001  # part of the key
    try:
        return read(directory)
    except (InputError, OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("%s is left out, as it cannot be read: %s", directory, error)
        return None
