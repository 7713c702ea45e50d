"""What names a model or a text, everywhere in the project: settings, command line, pages.  No torch here."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from clt_core.errors import InputError

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
TEXT_SUFFIXES = (".txt", ".jsonl", ".parquet")


@dataclass(frozen=True)
class Reference:
    """A model: a Hugging Face id, a local directory, a .gguf file, or smollm2."""

    kind: Literal["hub", "directory", "gguf", "smollm2"]

    value: str
    """The id; or the absolute path."""


@dataclass(frozen=True)
class TextReference:
    """A text: docstrings, a local file, or a Hugging Face dataset id."""

    kind: Literal["docstrings", "file", "hub"]

    value: str
    """docstrings; the absolute path; or the id."""


def parse(reference: str) -> Reference:
    """The model that `reference` names.  Something that exists on disk goes before a Hugging Face id.

    Raises:
        InputError: if it names a path where there is no model, or nothing that could be a model.
    """
    if reference == "smollm2":
        return Reference("smollm2", reference)
    path = Path(reference).expanduser()
    if path.suffix == ".gguf":
        if not path.is_file():
            raise InputError(f"there is no file {reference}: check the path of the .gguf file")
        return Reference("gguf", str(path.resolve()))
    if path.is_dir() and reference:
        if not (path / "config.json").is_file():
            raise InputError(f"{reference} has no config.json: name a directory that a Hugging Face model was saved in")
        return Reference("directory", str(path.resolve()))
    if path.is_file():
        raise InputError(f"{reference} is not a model: name a .gguf file, or a directory with a Hugging Face model")
    if not HUB_ID.fullmatch(reference):
        raise InputError(
            f"there is no model at {reference!r}: name a Hugging Face id, a directory with a Hugging Face model, "
            "a .gguf file, or smollm2"
        )
    return Reference("hub", reference)


def parse_text(reference: str) -> TextReference:
    """The text that `reference` names.

    Raises:
        InputError: if it names a file that does not exist or is of another kind, or nothing that could be a text.
    """
    if reference == "docstrings":
        return TextReference("docstrings", reference)
    path = Path(reference).expanduser()
    if path.suffix in TEXT_SUFFIXES and path.is_file():
        return TextReference("file", str(path.resolve()))
    if path.suffix in TEXT_SUFFIXES:
        raise InputError(f"there is no file {reference}: check the path of the text")
    if (path.exists() and reference) or not HUB_ID.fullmatch(reference):
        raise InputError(
            f"{reference!r} is not a text: name docstrings, a .txt, .jsonl or .parquet file, or a Hugging Face dataset id"
        )
    return TextReference("hub", reference)
