"""Small dictionaries and graphs, written by the core as its own work would be."""

import os
import time

import numpy as np

from clt_core.dictionary_meta import DictionaryMeta, write_meta
from clt_core.graphs import Graph, GraphMeta, Kind, save_graph
from store.processes import identify
from store.workspace import Workspace


def add_dictionary(workspace: Workspace, name: str = "tiny-plt") -> None:
    directory = workspace.path / "dictionaries" / name
    directory.mkdir(parents=True)
    meta = DictionaryMeta(
        name=name,
        architecture="plt",
        window=None,
        activation="jumprelu",
        model="smollm2",
        model_hash="0",
        n_layers=3,
        n_features=5,
        d_model=4,
        input_hook="ln2.hook_normalized",
        output_hook="hook_mlp_out",
        training={"n_tokens": 1000, "seconds": 2.0, "text": "docstrings"},
        metrics={
            "explained_variance": [0.5, 0.6, 0.7],
            "l0": [2.0, 3.0, 4.0],
            "n_tokens": 100,
            "dead": 0.1,
            "l0_asymmetry": None,
        },
        provenance={"created": "2026-01-01T00:00:00+00:00"},
    )
    write_meta(meta, directory)


def add_graph(workspace: Workspace, graph_id: str = "a-graph", *, prompt: str = "The capital of France is") -> None:
    meta = GraphMeta(
        id=graph_id,
        prompt=prompt,
        tokens=["<bos>", "The"],
        model="smollm2",
        model_hash="0",
        dictionary="tiny-plt",
        architecture="plt",
        n_layers=3,
        n_features=5,
        n_active=1,
        logits=[{"token": " Paris", "probability": 0.75}],
        replacement_score=0.5,
        completeness_score=0.8,
        settings={},
        created="2026-01-01T00:00:00+00:00",
        seconds=1.0,
    )
    graph = Graph(
        meta=meta,
        kind=np.array([Kind.FEATURE, Kind.TOKEN, Kind.LOGIT], np.uint8),
        layer=np.array([1, -1, 3], np.int16),
        position=np.array([1, 1, 1], np.int16),
        index=np.array([2, 7, 9], np.int32),
        activation=np.array([1.5, 0, 0.75], np.float32),
        influence=np.array([0.5, 0.9, 0.1], np.float32),
        kept=np.array([True, True, True]),
        source=np.array([1, 0], np.uint32),
        target=np.array([0, 2], np.uint32),
        weight=np.array([0.3, 0.7], np.float32),
        edge_kept=np.array([True, True]),
    )
    save_graph(graph, workspace.path / "graphs" / graph_id)


def set_job(workspace: Workspace, job_id: str, **columns: str | float | None) -> None:
    """Set columns of a job's row, as its worker would."""
    names = ", ".join(f"{name} = ?" for name in columns)
    workspace.connection().execute(f"update jobs set {names} where id = ?", (*columns.values(), job_id))


def run_job(workspace: Workspace, job_id: str, **columns: str | float | None) -> None:
    """Make a job run in this process, so that nobody takes it for lost."""
    process = identify(os.getpid())
    set_job(workspace, job_id, state="running", started=time.time() - 5, pid=process.pid, pid_start=process.start, **columns)
