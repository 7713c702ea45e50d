"""The documentation strings of the installed Python packages: real English and code on every machine, no download."""

import ast
import gc
import hashlib
import json
import sys
import sysconfig
import warnings
from collections.abc import Iterator
from importlib.metadata import distributions
from pathlib import Path

import zstandard

from clt_core.events import Events
from clt_core.files import replacing

MIN_CHARACTERS = 200
"""Shorter documents are left out."""

Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def docstrings(text_dir: Path, events: Events) -> Iterator[str]:
    """The documents, one a module, in an order that mixes the packages.  Collected once, then read from `text_dir`."""
    path = docstrings_path(text_dir)
    if not path.is_file():
        _write(collect(_roots(), events), path)
    with zstandard.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)["text"]


def docstrings_path(text_dir: Path) -> Path:
    """The file that keeps the documents: another one whenever another package or version is installed."""
    installed = sorted(f"{distribution.name} {distribution.version}" for distribution in distributions())
    identity = hashlib.sha256("\n".join([sys.version, *installed]).encode()).hexdigest()[:16]
    return text_dir / f"docstrings-{identity}.jsonl.zst"


def collect(roots: list[Path], events: Events) -> list[str]:
    """The documents of the modules under `roots`, each once, sorted by their SHA-256."""
    files = sorted(file for root in roots for file in _python_files(root))
    documents = {}
    gc.disable()  # a syntax tree has no cycles; looking for them takes a third of the time
    try:
        for index, file in enumerate(files):
            if index % 250 == 0:
                events.progress(index / len(files), f"reading docstrings: {index} of {len(files)} modules")
            document = module_document(file.read_bytes())
            if len(document) >= MIN_CHARACTERS:
                documents[hashlib.sha256(document.encode()).digest()] = document
    finally:
        gc.enable()
    return [documents[digest] for digest in sorted(documents)]


def module_document(source: bytes) -> str:
    """The docstrings of a module, its classes and functions, in their order, an empty line between two.

    Empty for a source that this Python cannot parse.
    """
    if b'"""' not in source and b"'''" not in source:
        return ""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return ""
    text = "\n\n".join(docstring for docstring in _docstrings_of(module) if docstring)
    return text.encode(errors="ignore").decode()


def _docstrings_of(node: Documented) -> Iterator[str | None]:
    """Docstrings of `node` and of the classes and functions directly inside it, depth first."""
    yield ast.get_docstring(node)
    for child in node.body:
        if isinstance(child, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _docstrings_of(child)


def _roots() -> list[Path]:
    """Where this interpreter's packages and its standard library are."""
    return [Path(path) for path in sorted({sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")})]


def _python_files(root: Path) -> Iterator[Path]:
    """Sources under `root`; not those of packages that happen to lie below the standard library."""
    for file in root.rglob("*.py"):
        if "site-packages" not in file.relative_to(root).parts and file.is_file():
            yield file


def _write(documents: list[str], path: Path) -> None:
    """Write `documents` as compressed lines of JSON."""
    with replacing(path) as temporary, zstandard.open(temporary, "wt", encoding="utf-8") as file:
        for document in documents:
            file.write(json.dumps({"text": document}, ensure_ascii=False) + "\n")
