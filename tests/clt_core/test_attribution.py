"""Every edge of a graph is the effect of an intervention on the base model; bad input leaves nothing behind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from circuit_tracer.graph import compute_graph_scores, prune_graph
from torch import Tensor
from transformer_lens import HookedTransformer

from clt_core.attribution import Session, attribute, graph_id
from clt_core.config import AttributeConfig
from clt_core.dictionary import load_transcoder
from clt_core.dictionary_meta import read_meta, write_meta
from clt_core.errors import InputError
from clt_core.events import Event, Events
from clt_core.graphs import Graph, Kind, load_graph
from clt_core.models import LoadedModel, encode_prompt, load
from clt_core.replacement import build_replacement
from clt_core.tracing import largest_fitting, matrix_bytes, require_matrices, trace
from clt_core.transcoders import Transcoder
from tests.tiny_dictionaries import make_tiny_dictionary

PROMPT = "The capital of France"
CPU = torch.device("cpu")


class Case(NamedTuple):
    """A tiny model with a dictionary, in a workspace."""

    workspace: Path
    loaded: LoadedModel
    directory: Path

    def config(self, **settings) -> AttributeConfig:
        return AttributeConfig.from_dict({"prompt": PROMPT, "dictionary": self.directory.name, "device": "cpu"} | settings)

    def graph(self, **settings) -> Graph:
        meta = attribute(self.config(**settings), self.workspace, Events(), loaded=self.loaded)
        return load_graph(self.workspace / "graphs" / meta.id)


@pytest.fixture(scope="module")
def tiny_models(tiny_llama_dir: Path, tiny_gpt2_dir: Path, tmp_path_factory) -> dict[str, LoadedModel]:
    models_dir = tmp_path_factory.mktemp("loaded")
    directories = {"llama": tiny_llama_dir, "gpt2": tiny_gpt2_dir}
    return {name: load(str(path), models_dir, device=CPU, events=Events()) for name, path in directories.items()}


@pytest.fixture(params=["llama-plt", "llama-clt", "llama-clt-2", "gpt2-plt", "gpt2-clt"])
def any_case(request, tiny_models, tmp_path: Path) -> Case:
    model, architecture, *window = request.param.split("-")
    written = int(window[0]) if window else None
    return Case(tmp_path, tiny_models[model], make_tiny_dictionary(tmp_path, tiny_models[model], architecture, window=written))


@pytest.fixture
def case(tiny_models, tmp_path: Path) -> Case:
    """A Llama with a CLT that writes to two layers."""
    return Case(tmp_path, tiny_models["llama"], make_tiny_dictionary(tmp_path, tiny_models["llama"], "clt", window=2))


class Run(NamedTuple):
    """What passes through the base model read at its MLPs, and their logits at the last position less the mean."""

    mlp_in: Tensor
    """[layer, run, position, d_model]"""

    logits: Tensor
    """[run, token]"""


class Frozen:
    """The base model with attention patterns, norm scales and MLP outputs as on the prompt: it is linear then."""

    def __init__(self, hooked: HookedTransformer, token_ids: list[int]):
        self.hooked, self.tokens = hooked, torch.tensor([token_ids])
        _, cache = hooked.run_with_cache(self.tokens)
        self.frozen = {name: cache[name] for name in cache if name.endswith(("hook_pattern", "hook_scale"))}
        self.embed = hooked.embed(self.tokens)
        self.mlp_out = torch.stack([cache[f"blocks.{layer}.hook_mlp_out"] for layer in range(hooked.cfg.n_layers)])
        self.clean = self.run(self.embed, self.mlp_out)

    @torch.no_grad()
    def run(self, embed: Tensor, mlp_out: Tensor) -> Run:
        """Passes with these token embeddings [run, position, d_model] and MLP outputs [layer, run, position, d_model]."""
        values = {name: value.expand(len(embed), *value.shape[1:]) for name, value in self.frozen.items()}
        values |= {"hook_embed": embed} | {f"blocks.{layer}.hook_mlp_out": out for layer, out in enumerate(mlp_out)}
        mlp_in: list[Tensor] = []
        mlps = [module for name, module in self.hooked.named_modules() if name.endswith(".mlp")]
        handles = [mlp.register_forward_pre_hook(lambda _, x: mlp_in.append(x[0])) for mlp in mlps]
        hooks: list[tuple[str | Callable, Callable]] = [(name, lambda _, hook: values[hook.name]) for name in values]
        logits = self.hooked.run_with_hooks(self.tokens.expand(len(embed), -1), fwd_hooks=hooks)[:, -1]
        for handle in handles:
            handle.remove()
        return Run(torch.stack(mlp_in), logits - logits.mean(-1, keepdim=True))


def written_by_each(graph: Graph, frozen: Frozen, transcoder: Transcoder) -> tuple[Tensor, Tensor]:
    """What each node adds to the token embeddings and to the MLP outputs."""
    embed = torch.zeros(graph.n_nodes, *frozen.embed.shape[1:])
    mlp_out = torch.zeros(len(frozen.mlp_out), graph.n_nodes, *frozen.embed.shape[1:])
    error = frozen.mlp_out[:, 0] - transcoder.reconstruct(frozen.clean.mlp_in[:, 0].transpose(0, 1)).transpose(0, 1)
    for node in range(graph.n_nodes):
        layer, position, index = int(graph.layer[node]), int(graph.position[node]), int(graph.index[node])
        if graph.kind[node] == Kind.TOKEN:
            embed[node, position] = frozen.hooked.W_E[index]
        elif graph.kind[node] == Kind.FEATURE:
            rows = transcoder.W_dec[layer][index]
            mlp_out[layer : layer + len(rows), node, position] = float(graph.activation[node]) * rows
        elif graph.kind[node] == Kind.ERROR and position > 0:
            mlp_out[layer, node, position] = error[layer, position]
    return embed, mlp_out


def read_by_each(graph: Graph, run: Run, transcoder: Transcoder) -> Tensor:
    """[run, node] Pre-activation less bias of each feature of the graph, then each logit less the mean."""
    features = graph.kind == Kind.FEATURE
    layer, position, index = (torch.tensor(getattr(graph, name)[features]).long() for name in ("layer", "position", "index"))
    pre = torch.einsum("frd,fd->rf", run.mlp_in[layer, :, position], torch.stack(list(transcoder.W_enc))[layer, index])
    return torch.cat([pre, run.logits[:, torch.tensor(graph.index[graph.kind == Kind.LOGIT]).long()]], 1)


def dense(graph: Graph) -> Tensor:
    """[target, source] Weight of each edge; only the rows of features and logits, which have edges."""
    adjacency = torch.zeros(graph.n_nodes, graph.n_nodes)
    adjacency[graph.target.astype(int), graph.source.astype(int)] = torch.tensor(graph.weight)
    return adjacency[torch.tensor((graph.kind == Kind.FEATURE) | (graph.kind == Kind.LOGIT))]


@torch.no_grad()
def test_every_edge_equals_the_effect_of_doubling_its_source_in_the_frozen_base_model(any_case: Case):
    graph, transcoder = any_case.graph(), load_transcoder(any_case.directory, CPU)
    frozen = Frozen(any_case.loaded.hooked(), encode_prompt(any_case.loaded, PROMPT))
    embed, mlp_out = written_by_each(graph, frozen, transcoder)
    doubled = read_by_each(graph, frozen.run(frozen.embed + embed, frozen.mlp_out + mlp_out), transcoder)
    effect = doubled - read_by_each(graph, frozen.clean, transcoder)
    torch.testing.assert_close(dense(graph), effect.T, atol=1e-3, rtol=1e-3)


@torch.no_grad()
def test_edges_and_the_constant_part_add_up_to_what_each_node_reads(any_case: Case):
    graph, transcoder = any_case.graph(), load_transcoder(any_case.directory, CPU)
    frozen = Frozen(any_case.loaded.hooked(), encode_prompt(any_case.loaded, PROMPT))
    constant = transcoder.b_dec[:, None, None].expand_as(frozen.mlp_out).clone()
    constant[:, :, 0] = frozen.mlp_out[:, :, 0]
    read = read_by_each(graph, frozen.run(torch.zeros_like(frozen.embed), constant), transcoder)[0]
    expected = read_by_each(graph, frozen.clean, transcoder)[0]
    torch.testing.assert_close(dense(graph).sum(1) + read, expected, atol=1e-3, rtol=1e-3)


def test_the_saved_arrays_are_circuit_tracers_graph(any_case: Case):
    graph, config = any_case.graph(), any_case.config()
    model = build_replacement(any_case.loaded, any_case.directory)
    traced = trace(model, encode_prompt(any_case.loaded, PROMPT), config, Events())
    pruned = prune_graph(traced, config.node_threshold, config.edge_threshold)
    adjacency = traced.adjacency_matrix.numpy()
    np.testing.assert_array_equal(np.stack(np.nonzero(adjacency)), np.stack([graph.target, graph.source]))
    np.testing.assert_array_equal(adjacency[graph.target, graph.source], graph.weight)
    np.testing.assert_array_equal(pruned.node_mask.numpy(), graph.kept)
    np.testing.assert_array_equal(pruned.edge_mask.numpy()[graph.target, graph.source], graph.edge_kept)
    assert (graph.meta.replacement_score, graph.meta.completeness_score) == compute_graph_scores(traced)


def test_the_arrays_say_what_each_node_is(case: Case):
    graph = case.graph()
    n_positions, n_layers = len(graph.meta.tokens), 3
    assert (graph.kind == Kind.ERROR).sum() == n_layers * n_positions
    assert graph.index[graph.kind == Kind.TOKEN].tolist() == encode_prompt(case.loaded, PROMPT)
    logits = graph.kind == Kind.LOGIT
    np.testing.assert_allclose(graph.activation[logits], [logit["probability"] for logit in graph.meta.logits])
    assert set(graph.layer[logits]) == {n_layers}
    assert set(graph.influence[logits]) == {0}
    assert (graph.activation[graph.kind == Kind.FEATURE] > 1).all()  # their threshold
    assert graph.kept[graph.source[graph.edge_kept]].all()


def test_a_limited_graph_holds_the_most_influential_features_and_the_same_edges_between_them(case: Case):
    whole, part = case.graph(), case.graph(max_feature_nodes=8, batch_size=2)
    assert (part.kind == Kind.FEATURE).sum() == 8 < part.meta.n_active == (whole.kind == Kind.FEATURE).sum()
    weights = {edge_key(whole, edge): whole.weight[edge] for edge in range(whole.n_edges)}
    for edge in range(part.n_edges):
        assert weights[edge_key(part, edge)] == pytest.approx(part.weight[edge], abs=1e-4)


def edge_key(graph: Graph, edge: int) -> tuple[int, ...]:
    ends = graph.source[edge], graph.target[edge]
    return tuple(int(array[node]) for node in ends for array in (graph.kind, graph.layer, graph.position, graph.index))


def test_a_graph_of_every_edge_keeps_none_that_touches_a_dropped_node(case: Case):
    graph = case.graph(node_threshold=0.3, edge_threshold=1.0)
    assert graph.kept[graph.source[graph.edge_kept]].all()
    assert graph.kept[graph.target[graph.edge_kept]].all()


def test_asking_for_more_logits_than_there_are_tokens_gives_all_of_them(case: Case):
    graph = case.graph(max_n_logits=100_000, desired_logit_prob=1.0)
    assert (graph.kind == Kind.LOGIT).sum() <= case.loaded.cfg.d_vocab


def test_the_same_request_has_the_same_id_and_replaces_its_graph(case: Case):
    assert case.graph().meta.id == case.graph().meta.id != case.graph(max_n_logits=3).meta.id
    assert len(list((case.workspace / "graphs").iterdir())) == 2


def test_the_id_starts_with_words_of_the_prompt():
    config = AttributeConfig(prompt="The 1st, of: ÅÄÖ …", dictionary="tiny")
    assert graph_id(config, "hash").startswith("the-1st-of-tiny-")
    assert graph_id(replace(config, prompt="日本"), "hash").startswith("prompt-tiny-")
    assert len(graph_id(replace(config, prompt="a" * 500, dictionary="b" * 100), "hash")) <= 100


def test_progress_names_the_stages_and_never_goes_back(case: Case):
    seen: list[Event] = []
    attribute(case.config(batch_size=4), case.workspace, Events(seen.append), loaded=case.loaded)
    stages = [event["stage"] for event in seen]
    fractions = [event["fraction"] for event in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    for stage in ("load the model", "forward pass", "attribute (4 of", "prune and score", "save"):
        assert any(found.startswith(stage) for found in stages), stage


def test_an_unknown_dictionary_is_refused_with_the_names_of_those_that_exist(case: Case):
    with pytest.raises(InputError, match=r"no dictionary 'other' in the workspace .* it has tiny-clt"):
        case.graph(dictionary="other")


def test_a_workspace_without_dictionaries_says_to_train_one(tmp_path: Path):
    with pytest.raises(InputError, match="none yet, so train one first"):
        attribute(AttributeConfig(prompt="a", dictionary="other"), tmp_path, Events())


def test_a_dictionary_of_another_model_is_refused_with_the_names_of_both(case: Case, tiny_models):
    with pytest.raises(InputError, match=r"belongs to the model .*tiny-rope .* not to .*tiny-gpt2"):
        build_replacement(tiny_models["gpt2"], case.directory)


def test_a_dictionary_whose_model_has_changed_is_refused(case: Case):
    write_meta(replace(read_meta(case.directory), model_hash="0" * 64), case.directory)
    with pytest.raises(InputError, match="hash 000000000000"):
        case.graph()


@pytest.mark.parametrize(("prompt", "message"), [("word " * 100, "the context of"), ("<|endoftext|>", "empty")])
def test_a_prompt_that_does_not_fit_the_model_is_refused(case: Case, prompt: str, message: str):
    with pytest.raises(InputError, match=message):
        case.graph(prompt=prompt)


@pytest.mark.parametrize("architecture", ["plt", "clt"])
def test_a_dictionary_that_never_fires_is_refused(case: Case, architecture):
    make_tiny_dictionary(case.workspace, case.loaded, architecture, threshold=1e6, name="silent")
    with pytest.raises(InputError, match="no feature of silent is active on this prompt"):
        case.graph(dictionary="silent")


def test_a_failure_leaves_no_graph_and_a_session_that_still_works(case: Case):
    session = Session(case.workspace)
    session.adopt(case.loaded)
    expected = session.attribute(case.config(), Events())
    with pytest.raises(ZeroDivisionError):
        session.attribute(case.config(max_n_logits=2), Events(fail_in_the_middle))
    assert [path.name for path in (case.workspace / "graphs").iterdir()] == [expected.id]
    again = session.attribute(case.config(), Events())
    assert (again.replacement_score, again.n_active) == (expected.replacement_score, expected.n_active)


def fail_in_the_middle(event: Event) -> None:
    if event["stage"].startswith("attribute"):
        raise ZeroDivisionError


def test_passes_that_need_more_memory_than_there_is_are_refused(case: Case):
    with pytest.raises(InputError, match="shorten the prompt, or set batch_size below 1000000000"):
        case.graph(batch_size=10**9)


def test_a_graph_that_needs_more_memory_than_there_is_is_refused_with_a_number_that_fits():
    free = matrix_bytes(n_features=100, n_active=5000, n_fixed=50)
    assert largest_fitting(free, n_active=5000, n_fixed=50) == 100
    with pytest.raises(InputError, match="set max_feature_nodes to 100 or less"):
        require_matrices(free, wanted=101, n_active=5000, n_fixed=50)
    with pytest.raises(InputError, match="shorten the prompt"):
        require_matrices(1000, wanted=1, n_active=5000, n_fixed=50)


def test_a_session_keeps_models_of_two_dictionaries_and_drops_the_one_least_recently_used(case: Case):
    session = Session(case.workspace)
    session.adopt(case.loaded)
    for name in ("one", "two", "three"):
        make_tiny_dictionary(case.workspace, case.loaded, "plt", name=name)
    for name in ("one", "two", "one", "three"):
        session.attribute(case.config(dictionary=name), Events())
    assert session.kept_dictionaries == ["one", "three"]


def test_a_session_sees_that_a_dictionary_was_trained_again(case: Case):
    session = Session(case.workspace)
    session.adopt(case.loaded)
    before = session.attribute(case.config(), Events())
    for path in case.directory.iterdir():
        path.unlink()
    case.directory.rmdir()
    make_tiny_dictionary(case.workspace, case.loaded, "plt", name=case.directory.name)
    after = session.attribute(case.config(), Events())
    assert (before.architecture, after.architecture) == ("clt", "plt")
    assert session.kept_dictionaries == [case.directory.name]


def test_a_preview_shows_tokens_and_the_likely_next_ones(case: Case):
    shown = Session(case.workspace).preview(case.loaded.reference, PROMPT)
    assert "".join(token["text"] for token in shown["tokens"][1:]) == PROMPT
    logits = case.loaded.hooked()(torch.tensor([[token["id"] for token in shown["tokens"]]]))[0, -1]
    top = logits.softmax(-1).topk(10).values.tolist()
    assert [entry["probability"] for entry in shown["next"]] == pytest.approx(top)
    assert shown["warnings"] == []


@pytest.mark.parametrize(
    ("prompt", "warning"),
    [("The ", "ends with white space"), ("The\x07 end", r"\x07"), ("a<|endoftext|>b", "special tokens")],
)
def test_a_preview_warns_of_what_changes_the_prediction(case: Case, prompt: str, warning: str):
    session = Session(case.workspace)
    session.adopt(case.loaded)
    assert warning in session.preview(case.loaded.reference, prompt)["warnings"][0]
