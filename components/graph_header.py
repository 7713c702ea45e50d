"""Head of the Graph page: the prompt, what is explained, with which dictionary, and how far the graph can be trusted."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from clt_core.graphs import GraphMeta
from components.feature_card import figure
from components.graph_labels import percent
from components.graph_view import GraphView
from components.heatmap import visible

HYPOTHESIS = "This graph is a hypothesis: it has not been tested on the base model yet."
REPLACEMENT = (
    "Replacement score of the unpruned graph: the share of the influence on the explained logits that comes from tokens "
    "through features, and not from error nodes. 100 % would mean that the dictionary accounts for everything."
)
COMPLETENESS = (
    "Completeness score of the unpruned graph: how much of the nodes' input, weighted by their influence, comes from features "
    "and tokens and not from error nodes. It gives credit for a node whose inputs are mostly explained."
)
N_TARGETS = 5
"""Explained tokens that are shown; a chip counts the others."""

SIZE = "Nodes and edges left after pruning. Active features is how many fire on the prompt before the strongest were chosen."


def header(view: GraphView) -> Component:
    """The head of the page, without its buttons."""
    meta = view.meta
    return html.Div(
        [
            html.H1(meta.prompt, className="graph-title"),
            html.Div([prompt(meta), html.Span("→", className="quiet"), targets(meta)], className="graph-prompt"),
            html.Div([*_facts(view), html.Span(HYPOTHESIS, className="graph-stance", role="note")], className="graph-facts"),
        ],
        className="graph-header",
    )


def prompt(meta: GraphMeta) -> Component:
    """The prompt's tokens as chips."""
    chips = [html.Span(visible(token), className="graph-chip", title=f"position {n}") for n, token in enumerate(meta.tokens)]
    return html.Div(chips, className="graph-chips")


def targets(meta: GraphMeta) -> Component:
    """The explained next tokens and their probabilities, most probable first."""
    chips = [
        html.Span(
            [html.Strong(visible(str(logit["token"]))), f" {percent(float(logit['probability']))}"],
            className="graph-chip graph-chip-target",
            style={"--share": f"{100 * float(logit['probability']):.0f}%"},
            title="Explained next token and the base model's probability of it",
        )
        for logit in meta.logits[:N_TARGETS]
    ]
    rest = [f"{visible(str(logit['token']))} {percent(float(logit['probability']))}" for logit in meta.logits[N_TARGETS:]]
    more = [html.Span(f"+{len(rest)}", className="graph-chip", title="Also explained:\n" + "\n".join(rest))] if rest else []
    return html.Div([*chips, *more], className="graph-chips")


def _facts(view: GraphView) -> list[Component]:
    meta = view.meta
    counts = f"{view.n_nodes:,} nodes · {view.n_edges:,} edges"
    return [
        figure(
            "dictionary", f"{meta.dictionary} ({meta.architecture.upper()})", "Dictionary whose features the graph is made of."
        ),
        figure("of", meta.model, "The base model."),
        _score("replacement", meta.replacement_score, REPLACEMENT),
        _score("completeness", meta.completeness_score, COMPLETENESS),
        figure("kept", counts, f"{SIZE} Here: {meta.n_active:,} active features."),
    ]


def _score(label: str, value: float, explanation: str) -> Component:
    return dmc.Tooltip(
        figure(label, f"{value:.2f}", ""),
        label=explanation,
        multiline=True,
        w=320,
        withArrow=True,
        openDelay=150,
        position="bottom",
    )
