"""Files that are never half written: everything goes to a temporary name first and is then renamed."""

import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from clt_core.errors import InputError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary path beside `path`, for a file or a directory, that takes its place when the block ends well.

    If the block raises, the temporary is removed and `path` is as it was.  An existing directory is replaced whole.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        yield temporary
        if path.is_dir() and temporary.is_dir():
            _replace_directory(temporary, path)
        else:
            os.replace(temporary, path)
    finally:
        if temporary.is_dir():
            shutil.rmtree(temporary)
        else:
            temporary.unlink(missing_ok=True)


def _replace_directory(new: Path, path: Path) -> None:
    """Put the directory `new` in the place of the directory `path`, which is one or the other whatever interrupts this."""
    discarded = path.with_name(f".{path.name}.{secrets.token_hex(4)}.old")
    try:
        os.replace(path, discarded)
        os.replace(new, path)
    finally:
        if not path.is_dir():
            os.replace(discarded, path)
        elif discarded.is_dir():
            shutil.rmtree(discarded)


def write_json(path: Path, value: Any) -> None:
    """Write `value` to `path` as JSON, whole or not at all.  NaN and infinities are refused (ValueError)."""
    with replacing(path) as temporary:
        temporary.write_text(json.dumps(value, indent=1, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8")


def require_schema(path: Path, schema: int, *, newest: int) -> None:
    """Raise InputError if what `path` holds is of a later schema than the `newest` that this version reads."""
    if schema > newest:
        raise InputError(f"{path} has schema {schema}, this version reads up to {newest}: update CLT Lab")


def read_json(path: Path) -> Any:
    """The value that `path` holds as JSON."""
    return json.loads(path.read_text(encoding="utf-8"))
