"""Features of a dictionary: published while read, and nothing else can be reached from them."""

import shutil
import threading
import time
from dataclasses import asdict
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clt_core.dictionary_meta import DictionaryMeta, write_meta
from clt_core.errors import InputError
from store.features import Example, FeatureStore, TokenValue, connect, publish, short_label
from store.workspace import Workspace

LOGITS = pa.list_(pa.struct([("token", pa.string()), ("value", pa.float32())]))
SCHEMA = pa.schema(
    [
        ("layer", pa.int16()),
        ("feature", pa.int32()),
        ("density", pa.float32()),
        ("max_activation", pa.float32()),
        ("mean_activation", pa.float32()),
        ("n_tokens", pa.int64()),
        ("top_logits", LOGITS),
        ("bottom_logits", LOGITS),
        (
            "examples",
            pa.list_(
                pa.struct([("tokens", pa.list_(pa.string())), ("activations", pa.list_(pa.float32())), ("peak", pa.int16())])
            ),
        ),
    ]
)
META = DictionaryMeta(
    name="tiny",
    architecture="plt",
    window=None,
    activation="jumprelu",
    model="smollm2",
    model_hash="0",
    n_layers=2,
    n_features=3,
    d_model=4,
    input_hook="ln2.hook_normalized",
    output_hook="hook_mlp_out",
    metrics={"explained_variance": [0.5, 0.75], "l0": [10.0, 20.0]},
)


def feature(layer: int, index: int, density: float) -> dict:
    example = {"tokens": ["The", " capital", "\n"], "activations": [0.0, 2.5, 0.5], "peak": 1}
    logit = {"token": " Paris", "value": 1.5}
    return {
        "layer": layer,
        "feature": index,
        "density": density,
        "max_activation": 2.5,
        "mean_activation": 1.0,
        "n_tokens": 100,
        "top_logits": [logit],
        "bottom_logits": [],
        "examples": [example] if density else [],
    }


def write_part(directory: Path, density: float = 0.25, part: int = 0) -> None:
    """Features 0 to 2 of layer `part`, the last one dead."""
    rows = [feature(part, index, density if index < 2 else 0.0) for index in range(3)]
    (directory / "features").mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), directory / "features" / f"part-{part:05d}.parquet")


@pytest.fixture
def dictionary(workspace: Workspace) -> Path:
    directory = workspace.path / "dictionaries" / "tiny"
    write_part(directory)
    write_part(directory, part=1)
    write_meta(META, directory)
    return directory


@pytest.fixture
def features(workspace: Workspace) -> FeatureStore:
    return FeatureStore(workspace)


def test_a_feature_comes_back_as_it_was_written(dictionary: Path, features: FeatureStore):
    row = features.feature("tiny", 1, 0)
    assert row is not None
    assert asdict(row) == feature(1, 0, 0.25)
    assert row.examples == [Example(["The", " capital", "\n"], [0.0, 2.5, 0.5], 1)]
    assert row.top_logits == [TokenValue(" Paris", 1.5)]
    assert row.label == "capital → Paris"


def test_a_feature_that_the_dictionary_does_not_have_is_none(dictionary: Path, features: FeatureStore):
    assert features.feature("tiny", 2, 0) is None
    assert features.feature("tiny", 0, 10**9) is None


def test_labels_are_given_for_the_features_that_exist(dictionary: Path, features: FeatureStore):
    labels = features.top_token_labels("tiny", [(0, 0), (1, 2), (7, 7)])
    assert labels == {(0, 0): "capital → Paris", (1, 2): ""}
    assert features.top_token_labels("tiny", []) == {}


def test_white_space_is_made_visible_in_labels():
    assert short_label("\n", " a") == "⏎ → a"
    assert short_label("  ", None) == "␣␣"


@pytest.mark.parametrize("hostile", ["../tiny", "tiny/features", "", "nobody", ".."])
def test_a_dictionary_that_is_none_is_refused_with_the_names_there_are(dictionary: Path, features: FeatureStore, hostile: str):
    with pytest.raises(InputError, match="there is no dictionary .*: it has tiny"):
        features.feature(hostile, 0, 0)


def test_a_dictionary_without_parts_is_refused(dictionary: Path, features: FeatureStore):
    shutil.rmtree(dictionary / "features")
    (dictionary / "features").mkdir()
    with pytest.raises(InputError, match="the features of tiny have not been collected"):
        features.feature("tiny", 0, 0)


def test_features_that_cannot_be_read_are_refused_with_what_to_do(dictionary: Path, features: FeatureStore):
    publish(dictionary).write_bytes(b"broken")
    with pytest.raises(InputError, match="the features of tiny cannot be read: .* remove .*CURRENT to have them built again"):
        features.feature("tiny", 0, 0)
    (dictionary / "features" / "CURRENT").unlink()
    assert features.feature("tiny", 0, 0) is not None


def test_a_version_that_is_gone_is_built_again(dictionary: Path, features: FeatureStore):
    publish(dictionary).unlink()
    assert features.feature("tiny", 0, 0) is not None


def test_a_new_version_is_seen_and_the_two_latest_are_kept(dictionary: Path, features: FeatureStore):
    for density in (0.25, 0.5, 0.75):
        write_part(dictionary, density)
        publish(dictionary)
        row = features.feature("tiny", 0, 0)
        assert row is not None
        assert row.density == density
    names = sorted(path.name for path in (dictionary / "features").glob("features-*"))
    assert len(names) == 2
    assert (dictionary / "features" / "CURRENT").read_text().strip() == names[-1]


def test_a_dictionary_that_was_trained_again_shows_its_new_features(dictionary: Path, features: FeatureStore):
    features.feature("tiny", 0, 0)
    shutil.rmtree(dictionary)
    write_part(dictionary, 0.5)
    write_meta(META, dictionary)
    row = features.feature("tiny", 0, 0)
    assert row is not None
    assert row.density == 0.5


def test_readers_get_whole_versions_while_others_are_published(dictionary: Path, features: FeatureStore):
    publish(dictionary)
    stop, seen, wrong = threading.Event(), set(), []

    def read() -> None:
        while not stop.is_set():
            row = features.feature("tiny", 0, 1)
            seen.add(row.density if row else None)
            if features.feature("tiny", 0, 2) is None or row is None or row.feature != 1:
                wrong.append(row)

    readers = [threading.Thread(target=read) for _ in range(4)]
    [reader.start() for reader in readers]
    for version in range(1, 7):
        write_part(dictionary, version / 8)
        publish(dictionary)
        time.sleep(0.05)
    stop.set()
    [reader.join() for reader in readers]
    assert wrong == []
    assert len(seen) > 3


@pytest.mark.parametrize(
    "statement",
    [
        "select * from read_csv('/etc/passwd')",
        "copy summary to '/tmp/stolen.csv'",
        "attach '/tmp/other.duckdb'",
        "install fts",
        "set enable_external_access = true",
        "create table mine (a int)",
    ],
)
def test_a_reader_reaches_nothing_but_its_features(dictionary: Path, statement: str):
    with connect(publish(dictionary)) as connection, pytest.raises(duckdb.Error, match=r"disabled|locked|read-only"):
        connection.execute(statement)
