from pathlib import Path
from typing import Literal

import pytest
import torch
import yaml

from clt_core.dictionary import load_for_circuit_tracer, load_transcoder
from clt_core.dictionary_meta import read_meta
from clt_core.errors import InputError
from clt_core.events import Events
from clt_core.models import LoadedModel, load
from tests.tiny_dictionaries import make_tiny_dictionary

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def loaded(tiny_llama_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    return load(str(tiny_llama_dir), tmp_path_factory.mktemp("none"), device=CPU, events=Events())


@pytest.mark.parametrize(("architecture", "window"), [("plt", None), ("clt", None), ("clt", 2)])
def test_circuit_tracers_own_loader_gives_the_same_reconstruction(
    architecture: Literal["plt", "clt"], window: int | None, loaded: LoadedModel, tmp_path: Path
):
    directory = make_tiny_dictionary(tmp_path, loaded, architecture, window=window)
    ours, theirs = load_transcoder(directory, CPU), load_for_circuit_tracer(directory, CPU)
    x = 3 * torch.randn(9, loaded.cfg.n_layers, loaded.cfg.d_model)
    inputs = x.transpose(0, 1)
    acts = theirs.encode(inputs)
    torch.testing.assert_close(acts.transpose(0, 1), ours.encode(x))
    assert acts.count_nonzero() > 20
    torch.testing.assert_close(theirs.decode(acts, inputs).transpose(0, 1), ours.reconstruct(x), rtol=1e-4, atol=1e-5)


def test_circuit_tracer_is_told_the_hooks_and_the_kind(loaded: LoadedModel, tmp_path: Path):
    config = yaml.safe_load((make_tiny_dictionary(tmp_path, loaded, "clt") / "config.yaml").read_text())
    assert config["model_kind"] == "cross_layer_transcoder"
    assert (config["feature_input_hook"], config["feature_output_hook"]) == ("mlp.hook_in", "hook_mlp_out")


def test_a_missing_dictionary_is_named(tmp_path: Path):
    with pytest.raises(InputError, match="no dictionary in"):
        load_transcoder(tmp_path / "nothing", CPU)


def test_a_dictionary_of_a_later_schema_is_refused(loaded: LoadedModel, tmp_path: Path):
    path = make_tiny_dictionary(tmp_path, loaded, "plt") / "dictionary.json"
    path.write_text(path.read_text().replace('"schema": 1', '"schema": 99'))
    with pytest.raises(InputError, match="schema 99.*update CLT Lab"):
        read_meta(path.parent)
