"""The demo walks from nothing to graphs, and does not do again what is done."""

from pathlib import Path

import pytest

from clt_core.config import TrainConfig, demo_preset
from clt_core.demo import quick, walk
from clt_core.events import Event, Events
from clt_core.graphs import load_graph
from clt_core.workspace import open_workspace
from tests.tiny_models import CORPUS


@pytest.fixture
def presets(tmp_path: Path, tiny_llama_dir: Path) -> list[TrainConfig]:
    """Tiny dictionaries of the tiny Llama, in place of those of the demo."""
    text = tmp_path / "text.txt"
    text.write_text("\n\n".join(f"{n}. {CORPUS[n % 4]} " * 12 for n in range(200)))
    common = {
        "model": str(tiny_llama_dir),
        "text": str(text),
        "n_features": 32,
        "n_tokens": 2048,
        "n_held_out_tokens": 512,
        "context": 16,
        "initial_l0": 8,
        "device": "cpu",
    }
    return [
        TrainConfig.from_dict({"name": "tiny-plt", "architecture": "plt"} | common),
        TrainConfig.from_dict({"name": "tiny-clt", "architecture": "clt", "window": 2} | common),
    ]


def test_the_demo_ends_in_a_graph_with_each_dictionary_and_is_kept_by_the_next_run(presets: list[TrainConfig], tmp_path: Path):
    workspace, seen, lines = open_workspace(tmp_path / "workspace"), list[Event](), list[str]()
    result = walk(presets, workspace, Events(seen.append), lines.append)
    assert result["dictionaries"] == ["tiny-plt", "tiny-clt"]
    graphs = [load_graph(workspace / "graphs" / graph) for graph in result["graphs"]]
    assert [graph.meta.architecture for graph in graphs] == ["plt", "clt"]
    assert "replacement" in lines[0]
    assert "layer" in lines[0]
    fractions = [event["fraction"] for event in seen if event["event"] == "progress"]
    assert fractions == sorted(fractions)

    again = list[str]()
    assert walk(presets, workspace, Events(), again.append)["graphs"] == result["graphs"]
    assert sum("is kept" in line for line in again) == 4
    created = [load_graph(workspace / "graphs" / graph).meta.created for graph in result["graphs"]]
    assert created == [graph.meta.created for graph in graphs]


def test_a_short_demo_is_also_evaluated_on_few_tokens():
    assert quick(demo_preset("plt", 1000)).n_held_out_tokens == 1000
    assert quick(demo_preset("plt")).n_held_out_tokens == demo_preset("plt").n_held_out_tokens
