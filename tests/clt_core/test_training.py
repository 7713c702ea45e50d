import json
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import torch

from clt_core import training
from clt_core.batches import Batch, read_sequences, shuffled_batches
from clt_core.config import TrainConfig, demo_preset
from clt_core.dictionary import load_transcoder
from clt_core.dictionary_meta import read_meta
from clt_core.errors import InputError
from clt_core.evaluation import evaluate, held_out_sequences
from clt_core.events import Events
from clt_core.feature_data import output_logits
from clt_core.models import load
from clt_core.training import learning_rate, train
from tests.tiny_models import CORPUS

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("text") / "corpus.jsonl"
    documents = [f"{number}. {sentence} {CORPUS[number % 4]}" for number in range(300) for sentence in CORPUS]
    path.write_text("".join(json.dumps({"text": document}) + "\n" for document in documents))
    return path


def settings(model: Path, text: Path, **changes: Any) -> TrainConfig:
    common = {"name": "tiny", "model": str(model), "text": str(text), "n_features": 48, "initial_l0": 6, "sparsity": 0.2}
    return TrainConfig.from_dict(
        common | {"n_tokens": 6000, "context": 24, "batch_tokens": 128, "n_held_out_tokens": 800} | changes
    )


@pytest.fixture(scope="module")
def trained(tiny_llama_dir: Path, text: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a windowed CLT, and the events of its training."""
    workspace = tmp_path_factory.mktemp("workspace")
    seen: list[dict[str, Any]] = []
    train(settings(tiny_llama_dir, text, architecture="clt", window=2), workspace, Events(seen.append))
    (workspace / "seen.json").write_text(json.dumps(seen))
    return workspace


def test_training_explains_much_more_of_held_out_text_than_the_mean_does(trained: Path):
    metrics = read_meta(trained / "dictionaries/tiny").metrics
    assert min(metrics["explained_variance"]) > 0.15
    assert all(0 < l0 < 20 for l0 in metrics["l0"])


def test_the_recorded_metrics_are_those_of_the_saved_weights_on_held_out_text(trained: Path, text: Path):
    meta = read_meta(trained / "dictionaries/tiny")
    loaded = load(meta.model, trained / "models", device=CPU, events=Events())
    transcoder = load_transcoder(trained / "dictionaries/tiny", CPU)
    sequences = held_out_sequences(loaded, str(text), trained / "text", Events(), context=24, n_tokens=800, seed=0)
    parts = list(read_sequences(loaded, sequences))
    x = torch.cat([part.x[part.counted] for part in parts])
    m = torch.cat([part.m[part.counted] for part in parts])
    with torch.no_grad():
        error = (m - transcoder.reconstruct(x)).square().sum((0, 2)) / (m - m.mean(0)).square().sum((0, 2))
        l0 = (transcoder.encode(x) > 0).float().sum(2).mean(0)
    assert meta.metrics["explained_variance"] == pytest.approx((1 - error).tolist(), rel=1e-4)
    assert meta.metrics["l0"] == pytest.approx(l0.tolist(), rel=1e-6)
    assert meta.metrics["n_tokens"] == len(x)


def test_evaluating_again_gives_the_same_metrics(trained: Path):
    before = read_meta(trained / "dictionaries/tiny").metrics
    assert evaluate("tiny", trained, Events()) == before


def test_features_are_written_with_examples_whose_peak_is_their_strongest_token(trained: Path):
    rows = pq.read_table(trained / "dictionaries/tiny/features/part-00000.parquet").to_pylist()
    assert [(row["layer"], row["feature"]) for row in rows] == [(layer, feature) for layer in range(3) for feature in range(48)]
    alive = [row for row in rows if row["density"] > 0]
    assert len(alive) > 48
    for row in alive:
        for example in row["examples"]:
            assert len(example["tokens"]) == len(example["activations"])
            assert max(example["activations"]) == example["activations"][example["peak"]]
        assert row["max_activation"] == row["examples"][0]["activations"][row["examples"][0]["peak"]]
    assert all(not row["examples"] and row["max_activation"] == 0 for row in rows if row["density"] == 0)


def test_the_top_logits_are_those_of_all_targets_through_norm_gain_and_unembedding(trained: Path):
    meta = read_meta(trained / "dictionaries/tiny")
    loaded = load(meta.model, trained / "models", device=CPU, events=Events())
    transcoder, model = load_transcoder(trained / "dictionaries/tiny", CPU), loaded.hooked()
    raised, lowered = output_logits(transcoder, model, 1)
    direction = transcoder.W_dec[1][7, 0] + transcoder.W_dec[1][7, 1]
    logits = (direction * model.ln_final.w) @ model.W_U
    logits = logits - logits.mean()
    assert raised.tokens[7].tolist() == logits.sort(descending=True).indices[:10].tolist()
    torch.testing.assert_close(lowered.values[7], logits.sort().values[:10])


def test_progress_only_grows_and_metrics_name_every_layer(trained: Path):
    seen = json.loads((trained / "seen.json").read_text())
    fractions = [event["fraction"] for event in seen if event["event"] == "progress"]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    last = [event for event in seen if event["event"] == "metrics"][-1]
    assert last["step"] == 47
    assert len(last["explained_variance_by_layer"]) == len(last["l0_by_layer"]) == 3


def test_the_same_settings_give_the_same_weights(tiny_gpt2_dir: Path, text: Path, tmp_path: Path):
    weights = []
    for name in ("one", "two"):
        train(settings(tiny_gpt2_dir, text, name=name, n_tokens=500), tmp_path, Events())
        weights.append(load_transcoder(tmp_path / "dictionaries" / name, CPU).W_dec[1])
    assert torch.equal(*weights)


def test_the_sample_that_training_starts_from_is_not_kept(
    tiny_llama_dir: Path, text: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    batches: list[weakref.ref[torch.Tensor]] = []
    alive: list[int] = []

    def noted(*args: Any, **kwargs: Any) -> Iterator[Batch]:
        for batch in shuffled_batches(*args, **kwargs):
            batches.append(weakref.ref(batch.x))
            yield batch

    def count(event: dict[str, Any]) -> None:
        if event.get("step") == 47:
            alive.append(sum(batch() is not None for batch in batches[:32]))

    monkeypatch.setattr(training, "shuffled_batches", noted)
    train(settings(tiny_llama_dir, text), tmp_path, Events(count))
    assert alive == [0]


def test_a_taken_name_is_refused(trained: Path, tiny_llama_dir: Path, text: Path):
    with pytest.raises(InputError, match="there is a dictionary tiny already"):
        train(settings(tiny_llama_dir, text), trained, Events())


def test_a_name_that_is_taken_during_training_is_refused_and_the_other_dictionary_stays(
    tiny_llama_dir: Path, text: Path, tmp_path: Path
):
    other = tmp_path / "dictionaries" / "tiny" / "dictionary.json"

    def take(event: dict[str, Any]) -> None:
        if event.get("stage") == "read the text":
            other.parent.mkdir(parents=True, exist_ok=True)
            other.write_text("the other's")

    with pytest.raises(InputError, match="there is a dictionary tiny already"):
        train(settings(tiny_llama_dir, text, n_tokens=300), tmp_path, Events(take))
    assert other.read_text() == "the other's"


def test_a_context_beyond_the_models_is_refused(tiny_llama_dir: Path, text: Path, tmp_path: Path):
    with pytest.raises(InputError, match="context must be at most 64"):
        train(settings(tiny_llama_dir, text, context=65), tmp_path, Events())


def test_training_that_diverges_says_so_and_leaves_nothing(tiny_llama_dir: Path, text: Path, tmp_path: Path):
    with pytest.raises(InputError, match="diverged at step.*lower learning_rate"):
        train(settings(tiny_llama_dir, text, learning_rate=1e30), tmp_path, Events())
    assert not list((tmp_path / "dictionaries").glob("*"))


def test_a_failure_while_saving_leaves_nothing_half_written(tiny_llama_dir: Path, text: Path, tmp_path: Path):
    def fail(event: dict[str, Any]) -> None:
        if event.get("stage") == "save the features":
            raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        train(settings(tiny_llama_dir, text, n_tokens=300), tmp_path, Events(fail))
    assert not list((tmp_path / "dictionaries").glob("*"))


def test_the_first_step_is_already_warming_up_and_the_last_is_near_zero():
    rates = [learning_rate(step, 100, 1.0) for step in range(100)]
    assert rates[0] == pytest.approx(0.2)
    assert max(rates) == 1.0
    assert rates[-1] == pytest.approx(1 / 70)
    assert learning_rate(0, 1, 1.0) > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "Not A Slug"}, "name must be lower-case"),
        ({"n_tokens": 0}, "n_tokens must be a whole number of at least 1, got 0"),
        ({"window": 2}, "window is an option of clt"),
        ({"architecture": "clt", "window": 0}, "window must be at least 1"),
        ({"initial_l0": 48}, "initial_l0 must be below n_features"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0"),
        ({"colour": "red"}, "unknown setting colour"),
    ],
)
def test_settings_that_break_a_rule_are_refused_by_name(change: dict[str, Any], message: str):
    with pytest.raises(InputError, match=message):
        TrainConfig.from_dict({"name": "tiny", "n_features": 48, "initial_l0": 6} | change)


def test_the_demo_presets_are_valid_and_take_other_lengths():
    assert demo_preset("clt", 1000).n_tokens == 1000
    assert demo_preset("plt").architecture == "plt"
