"""What is on disk is whole: the old or the new, whatever interrupts the change."""

import os
import signal
from pathlib import Path

import pytest

from clt_core.files import replacing, write_json
from clt_core.runner import Cancelled, interruptible


def put(path: Path, text: str) -> None:
    """A directory at `path` whose one file holds `text`."""
    with replacing(path) as temporary:
        temporary.mkdir()
        (temporary / "file").write_text(text)


def names(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


@pytest.mark.parametrize(("moment", "left"), [(1, "old"), (2, "new")])
def test_sigterm_between_the_renames_leaves_the_old_directory_or_the_new_one(
    moment: int, left: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    put(tmp_path / "graph", "old")
    rename, done = os.replace, []

    def rename_and_be_told_to_end(source: Path, target: Path) -> None:
        rename(source, target)
        done.append(target)
        if len(done) == moment:
            os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(os, "replace", rename_and_be_told_to_end)
    with pytest.raises(Cancelled), interruptible():
        put(tmp_path / "graph", "new")
    assert names(tmp_path) == ["graph"]
    assert (tmp_path / "graph" / "file").read_text() == left


def test_a_block_that_raises_leaves_what_was_there(tmp_path: Path):
    put(tmp_path / "graph", "old")
    with pytest.raises(ZeroDivisionError), replacing(tmp_path / "graph") as temporary:  # noqa: PT012  # as it is used
        temporary.mkdir()
        raise ZeroDivisionError
    assert names(tmp_path) == ["graph"]
    assert (tmp_path / "graph" / "file").read_text() == "old"


def test_json_with_nan_is_refused_and_the_file_stays(tmp_path: Path):
    write_json(tmp_path / "a.json", 1)
    with pytest.raises(ValueError, match="Out of range float"):
        write_json(tmp_path / "a.json", float("nan"))
    assert names(tmp_path) == ["a.json"]
    assert (tmp_path / "a.json").read_text() == "1\n"
