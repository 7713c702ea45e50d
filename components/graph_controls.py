"""The bar over the link graph: how many nodes and edges it shows."""

import math
from typing import Any, NamedTuple

import dash_mantine_components as dmc
import numpy as np
from dash import html
from dash.development.base_component import Component

from clt_core.graphs import Kind
from components.graph_view import GraphView, keep_for

N_FIRST_NODES = 300
EDGE_STEPS = (200, 500, 2000)
DEFAULT_EDGES = "500"

KEEP_HELP = (
    "Shows the most influential nodes until together they carry this share of the influence on the explained logits. "
    "Tokens and logits are always shown."
)
EDGES_HELP = "Draws the strongest edges between shown nodes. The selected node's edges are all drawn."


class Limits(NamedTuple):
    """What the controls of a graph start with and reach to."""

    keep: float
    """Cumulative influence of the nodes shown at first, in percent."""

    most: float
    """The largest cumulative influence of a feature or error, in percent."""

    n_edges: int


def limits(view: GraphView) -> Limits:
    """The limits of `view`, rounded up so that no node is lost."""
    prunable = view.influence[(view.kind == Kind.FEATURE) | (view.kind == Kind.ERROR)]
    most = max(10.0, _percent_up(float(np.max(prunable, initial=0.0))))
    return Limits(keep=min(most, _percent_up(keep_for(view, N_FIRST_NODES))), most=most, n_edges=view.n_edges)


def _percent_up(share: float) -> float:
    return math.ceil(1000 * share) / 10


def controls(reach: Limits, *, keep: str, errors: str, edges: str, fit: str, copy: str) -> Component:
    """The bar, whose parts get the given ids."""
    named: Any = {"aria-label": "Edges"}
    return html.Div(
        [
            html.Div(
                [
                    html.Span("Influence", className="control-label"),
                    dmc.Slider(
                        id=keep,
                        value=reach.keep,
                        min=5,
                        max=reach.most,
                        step=0.1,
                        updatemode="drag",
                        size="sm",
                        className="graph-slider",
                        thumbLabel="Influence",
                        label={"function": "graphPercent"},  # type: ignore[arg-type]  # Mantine's way to name a JavaScript function
                    ),
                ],
                className="control",
                title=KEEP_HELP,
            ),
            html.Div(
                [
                    html.Span("Edges", className="control-label"),
                    dmc.SegmentedControl(
                        id=edges,
                        data=_edge_choices(reach.n_edges),
                        value=_first_choice(reach.n_edges),
                        size="xs",
                        **named,
                    ),
                ],
                className="control",
                title=EDGES_HELP,
            ),
            dmc.Switch(id=errors, label="Errors", checked=True, size="xs"),
            dmc.Button("Fit", id=fit, size="compact-xs", variant="default"),
            dmc.Button("Copy link", id=copy, size="compact-xs", variant="default"),
        ],
        className="graph-controls",
    )


def _edge_choices(n_edges: int) -> list[dict[str, str]]:
    steps = [{"value": str(n), "label": f"{n:,}"} for n in EDGE_STEPS if n < n_edges]
    return [*steps, {"value": "all", "label": "All"}]


def _first_choice(n_edges: int) -> str:
    return DEFAULT_EDGES if int(DEFAULT_EDGES) < n_edges else "all"
