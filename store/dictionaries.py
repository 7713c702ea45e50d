"""Dictionaries of the workspace."""

import secrets
import shutil
from collections import Counter
from dataclasses import dataclass, replace
from pathlib import Path

from clt_core.dictionary_meta import DictionaryMeta, read_meta
from clt_core.errors import InputError
from store.graphs import list_graphs
from store.listing import listing
from store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class DictionaryRow:
    """A dictionary in a list."""

    meta: DictionaryMeta

    size_bytes: int
    """Bytes of its weights."""

    n_graphs: int
    """Graphs of the workspace that were made with it."""

    @property
    def mean_explained_variance(self) -> float | None:
        """Mean over layers of the explained variance on held-out text, None if it was not measured."""
        return _mean(self.meta.metrics.get("explained_variance"))

    @property
    def mean_l0(self) -> float | None:
        """Mean over layers of the active features a token on held-out text, None if it was not measured."""
        return _mean(self.meta.metrics.get("l0"))


def list_dictionaries(workspace: Workspace) -> list[DictionaryRow]:
    """All dictionaries, by name."""
    n_graphs = Counter(graph.meta.dictionary for graph in list_graphs(workspace))
    rows = listing(workspace.path / "dictionaries", "dictionary.json", _read_row)
    return [replace(row, n_graphs=n_graphs[name]) for name, row in rows.items()]


def get_dictionary(workspace: Workspace, name: str) -> DictionaryRow | None:
    """The dictionary of that name, or None."""
    return next((row for row in list_dictionaries(workspace) if row.meta.name == name), None)


def delete_dictionary(workspace: Workspace, name: str) -> None:
    """Remove a dictionary and its features for good; graphs that were made with it stay.

    Raises:
        InputError: if there is none of that name, or a job that is queued or running uses it.
    """
    row = get_dictionary(workspace, name)
    if row is None:
        raise InputError(f"there is no dictionary {name!r} in this workspace: it may have been deleted")
    with workspace.transaction() as connection:
        user = connection.execute(
            """select title, state from jobs where state in ('queued', 'running')
            and ? in (json_extract(params, '$.dictionary'), case kind when 'train' then json_extract(params, '$.name') end)""",
            (name,),
        ).fetchone()
        if user is not None:
            raise InputError(f"“{user['title']}” is {user['state']} and uses {name}: cancel it, or wait until it has ended")
        directory = workspace.path / "dictionaries" / row.meta.name
        discarded = directory.with_name(f".{directory.name}.{secrets.token_hex(4)}.old")
        directory.rename(discarded)
    shutil.rmtree(discarded)


def _read_row(directory: Path) -> DictionaryRow:
    meta = replace(read_meta(directory), name=directory.name)
    size = sum(path.stat().st_size for path in directory.glob("*.safetensors"))
    return DictionaryRow(meta=meta, size_bytes=size, n_graphs=0)


def _mean(values: list[float] | None) -> float | None:
    return sum(values) / len(values) if values else None
