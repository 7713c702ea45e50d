"""What is known of the features of dictionaries, in DuckDB files that are never written to once they can be read.

Parquet parts are made into `features-<n>.duckdb` under a temporary name, which is renamed, and `CURRENT` then names it.
Readers open it read-only, with no access to other files, the network or extensions.
"""

import fcntl
import os
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from clt_core.errors import InputError
from clt_core.files import replacing
from store.listing import listing
from store.workspace import Workspace

LOCKED_DOWN: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_community_extensions": "false",
}
BUILD = (
    """create table summary as select layer, feature, density, max_activation, mean_activation, n_tokens,
    examples[1].tokens[examples[1].peak + 1] as strongest, top_logits[1].token as promoted
    from read_parquet($parts) order by layer, feature""",
    """create table detail as select layer, feature, top_logits, bottom_logits, examples
    from read_parquet($parts) order by layer, feature""",
)
N_OPEN = 4
"""Dictionaries whose features are kept open."""

N_VERSIONS = 2
"""Versions kept on disk: a reader may have read CURRENT just before it changed."""


@dataclass(frozen=True)
class TokenValue:
    """A token of the vocabulary and what a feature adds to its logit."""

    token: str
    value: float


@dataclass(frozen=True)
class Example:
    """A piece of text on which a feature fires."""

    tokens: list[str]
    activations: list[float]
    """One a token."""

    peak: int
    """Index of the token with the strongest activation."""


@dataclass(frozen=True, kw_only=True)
class FeatureRow:
    """All that is known of a feature."""

    layer: int
    feature: int
    density: float
    """Share of tokens on which it fires; 0 for a dead feature."""

    max_activation: float
    mean_activation: float
    """Over the tokens on which it fires."""

    n_tokens: int
    """Tokens seen when this was measured."""

    top_logits: list[TokenValue]
    """Tokens that it promotes most, strongest first."""

    bottom_logits: list[TokenValue]
    """Tokens that it suppresses most, strongest first."""

    examples: list[Example]
    """Strongest first."""

    @property
    def label(self) -> str:
        """Few words for lists."""
        strongest = self.examples[0].tokens[self.examples[0].peak] if self.examples else None
        return short_label(strongest, self.top_logits[0].token if self.top_logits else None)


class FeatureStore:
    """Reads the features of the dictionaries of a workspace.  Threads may share it."""

    def __init__(self, workspace: Workspace):
        self._workspace = workspace
        self._lock = threading.Lock()
        self._open: OrderedDict[tuple[int, str], tuple[Path, duckdb.DuckDBPyConnection]] = OrderedDict()

    def feature(self, dictionary: str, layer: int, index: int) -> FeatureRow | None:
        """The feature `index` of a layer, or None if the dictionary has none such.

        Raises:
            InputError: if there is no such dictionary, or its features have not been collected or cannot be read.
        """
        cursor = self._cursor(dictionary)
        cursor.execute("select * from summary natural join detail where layer = ? and feature = ?", [layer, index])
        rows = _named(cursor)
        return _feature(rows[0]) if rows else None

    def top_token_labels(self, dictionary: str, features: Iterable[tuple[int, int]]) -> dict[tuple[int, int], str]:
        """A few words for each (layer, index) that the dictionary has: its strongest token → the token it promotes most.

        Raises:
            InputError: as for `feature`.
        """
        pairs = list(features)
        rows = (
            self._cursor(dictionary)
            .execute(
                """select layer, feature, strongest, promoted from summary
            join (select unnest($layers) as layer, unnest($features) as feature) using (layer, feature)""",
                {"layers": [layer for layer, _ in pairs], "features": [index for _, index in pairs]},
            )
            .fetchall()
        )
        return {(layer, feature): short_label(strongest, promoted) for layer, feature, strongest, promoted in rows}

    def _cursor(self, dictionary: str) -> duckdb.DuckDBPyConnection:
        """A cursor of its own for one request, on the current version."""
        directory = self._directory(dictionary)
        try:
            return self._cursor_on((os.getpid(), dictionary), _current(directory) or publish(directory.parent))
        except (OSError, duckdb.Error) as error:
            raise InputError(
                f"the features of {dictionary} cannot be read: make room if the disk is full, else remove "
                f"{directory / 'CURRENT'} to have them built again ({error})"
            ) from error

    def _cursor_on(self, key: tuple[int, str], path: Path) -> duckdb.DuckDBPyConnection:
        with self._lock:
            if key not in self._open or self._open[key][0] != path:
                self._open[key] = path, connect(path)
            self._open.move_to_end(key)
            if len(self._open) > N_OPEN:
                self._open.popitem(last=False)
            return self._open[key][1].cursor()

    def _directory(self, dictionary: str) -> Path:
        parent = self._workspace.path / "dictionaries"
        known = listing(parent, "dictionary.json", _itself)
        if dictionary not in known:
            raise InputError(f"there is no dictionary {dictionary!r} in this workspace: it has {', '.join(known) or 'none'}")
        return known[dictionary] / "features"


def publish(dictionary: Path) -> Path:
    """Make a new version of the features of a dictionary directory from its parquet parts, and the current one.

    Raises:
        InputError: if there are no parts.
    """
    directory = dictionary / "features"
    parts = sorted(map(str, directory.glob("part-*.parquet")))
    if not parts:
        raise InputError(f"the features of {dictionary.name} have not been collected: train it again")
    with (directory / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        path = directory / f"features-{_next_version(directory)}.duckdb"
        with replacing(path) as temporary, duckdb.connect(temporary, config=LOCKED_DOWN) as connection:
            for statement in BUILD:
                connection.execute(statement, {"parts": parts})
            connection.execute("checkpoint")
        with replacing(directory / "CURRENT") as temporary:
            temporary.write_text(path.name + "\n", encoding="utf-8")
        for outdated in sorted(directory.glob("features-*.duckdb"))[:-N_VERSIONS]:
            outdated.unlink()
    return path


def connect(path: Path) -> duckdb.DuckDBPyConnection:
    """A connection that reads `path` and nothing else."""
    connection = duckdb.connect(path, read_only=True, config=LOCKED_DOWN)
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")
    return connection


def short_label(strongest: str | None, promoted: str | None) -> str:
    """The token on which a feature fires most → the token that it promotes most; "" for a dead feature."""
    return "" if strongest is None else " → ".join(_visible(token) for token in (strongest, promoted) if token is not None)


def _visible(token: str) -> str:
    return token.strip() or token.replace("\n", "⏎").replace("\t", "⇥").replace(" ", "␣")


def _current(directory: Path) -> Path | None:
    """The version that CURRENT names, None if there is none."""
    try:
        path = directory / (directory / "CURRENT").read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        return None
    return path if path.is_file() else None


def _next_version(directory: Path) -> int:
    """A number above all in `directory`, and one that no directory that stood in its place can have had.

    DuckDB takes a file of the name of one that this process has open for the same file, and shows the old content.
    """
    versions = [int(path.stem.removeprefix("features-")) for path in directory.glob("features-*.duckdb")]
    return max([time.time_ns() // 1_000_000, *(version + 1 for version in versions)])


def _itself(directory: Path) -> Path:
    return directory


def _named(cursor: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _feature(row: dict[str, Any]) -> FeatureRow:
    values = {name: value for name, value in row.items() if name not in ("strongest", "promoted")}
    for name in ("top_logits", "bottom_logits"):
        values[name] = [TokenValue(**item) for item in row[name]]
    values["examples"] = [Example(**item) for item in row["examples"]]
    return FeatureRow(**values)
