"""Dictionaries as cards and in detail."""

from urllib.parse import quote

from dash import dcc, html
from dash.development.base_component import Component

from components.job_views import facts
from components.library import stat
from components.quantities import count, decimal, duration, moment, percent, size
from store.dictionaries import DictionaryRow

NAMES = {"plt": "per-layer", "clt": "cross-layer"}


def dictionary_href(name: str) -> str:
    """The address of a dictionary's details."""
    return f"/dictionaries?name={quote(name)}"


def shape(row: DictionaryRow) -> str:
    """Layers × features, and the window of a clt that has one."""
    window = f" · window {row.meta.window}" if row.meta.window else ""
    return f"{row.meta.n_layers} layers × {count(row.meta.n_features)} features{window}"


def dictionary_card(row: DictionaryRow, *, selected: bool = False) -> dcc.Link:
    """A dictionary in a few lines, which leads to its details."""
    head: list[Component] = [
        html.Span(row.meta.name, className="card-title clip"),
        html.Span(row.meta.architecture.upper(), className=f"kind {row.meta.architecture}"),
    ]
    figures = [
        ("expl. variance", decimal(row.mean_explained_variance)),
        ("L0 a layer", decimal(row.mean_l0, 1)),
        ("tokens", count(row.meta.training.get("n_tokens"))),
        ("size", size(row.size_bytes)),
    ]
    return dcc.Link(
        [
            html.Div(head, className="card-head"),
            html.Div([stat(name, value) for name, value in figures], className="stats"),
            html.Div([html.Span(shape(row), className="clip"), html.Span(n_graphs(row))], className="card-foot"),
        ],
        href=dictionary_href(row.meta.name),
        className="card link-card selected" if selected else "card link-card",
    )


def n_graphs(row: DictionaryRow) -> str:
    """How many saved graphs use the dictionary."""
    return "1 graph" if row.n_graphs == 1 else f"{row.n_graphs} graphs"


def what_is_deleted(row: DictionaryRow) -> str:
    """What deleting the dictionary takes and leaves."""
    left = {0: "No graph was made with it", 1: "Its graph stays, without examples"}
    stay = left.get(row.n_graphs, f"Its {row.n_graphs} graphs stay, without examples")
    return f"{row.meta.name}, {size(row.size_bytes)}, and its features will be gone for good. {stay}."


def dictionary_facts(row: DictionaryRow) -> html.Dl:
    """All that is known of a dictionary, save for the figures by layer."""
    meta, training, metrics = row.meta, row.meta.training, row.meta.metrics
    return facts(
        {
            "Kind": f"{NAMES[meta.architecture]} transcoder ({meta.architecture.upper()})",
            "Shape": shape(row),
            "Activation": meta.activation,
            "Base model": meta.model,
            "Reads, writes": f"{meta.input_hook} → {meta.output_hook}",
            "Text": training.get("text"),
            "Trained on": f"{count(training.get('n_tokens'))} tokens in {duration(training.get('seconds'))}",
            "Measured on": f"{count(metrics.get('n_tokens'))} held-out tokens",
            "Explained variance": decimal(row.mean_explained_variance, 3),
            "L0 a layer": decimal(row.mean_l0, 1),
            "Dead features": percent(metrics.get("dead"), 1),
            "L0 asymmetry": decimal(metrics.get("l0_asymmetry")),
            "Size": size(row.size_bytes),
            "Made": moment(meta.provenance.get("created")),
        }
    )
