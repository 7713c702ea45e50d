"""The inspector's card of a node: what it is, what it does on this prompt, and what is known of it."""

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from clt_core.dictionary_meta import DictionaryMeta
from clt_core.graphs import Kind
from components.feature_card import feature_card, figure, remark
from components.graph_labels import logit_texts, percent, title
from components.graph_view import GraphView
from components.heatmap import visible
from store.features import FeatureRow

NOTHING_SELECTED = (
    "Click a node, or focus the graph and use the arrow keys, to see what it stands for and what it is linked to."
)


def empty_card() -> Component:
    """The card while nothing is selected."""
    return html.Div(html.P(NOTHING_SELECTED), className="graph-card-empty")


def unknown_card(node: str) -> Component:
    """The card for an id that names none of the shown graph's nodes."""
    return remark(f"This graph has no node {node}, or pruning removed it.")


def node_card(
    view: GraphView, number: int, feature: FeatureRow | str = "", dictionary: DictionaryMeta | None = None
) -> Component:
    """The card of node `number`; `feature` may say why nothing is known, `dictionary` is None if it is gone."""
    kind = Kind(int(view.kind[number]))
    bodies = {Kind.ERROR: _error, Kind.TOKEN: _token, Kind.LOGIT: _logit}
    if kind is Kind.FEATURE:
        activation = float(view.activation[number])
        body = [*feature_card(feature, activation=activation), _writes(view, number, dictionary)]
    else:
        body = bodies[kind](view, number)
    return html.Div([_heading(view, number, kind), *body], className="graph-card")


def _heading(view: GraphView, number: int, kind: Kind) -> Component:
    position = int(view.position[number])
    influence = float(view.mass[number])
    parts = [
        html.Span(className=f"graph-mark mark-{kind.name.lower()}"),
        html.H3(title(view, number)),
        html.Span(visible(view.meta.tokens[position]), className="graph-chip", title=f"Token at position {position}"),
    ]
    if kind is not Kind.LOGIT:
        explanation = "Share of the influence on the explained logits that comes through this node, of the unpruned graph."
        parts.append(html.Span(f"influence {percent(influence)}", className="quiet", title=explanation))
    return html.Div(parts, className="graph-card-heading")


def _writes(view: GraphView, number: int, dictionary: DictionaryMeta | None) -> Component:
    """Which layers' MLP outputs the feature's decoder writes to."""
    first, last = int(view.layer[number]), view.meta.n_layers - 1
    if view.meta.architecture == "plt":
        text = f"Decoder: writes to the MLP output of layer {first} only (a per-layer transcoder)."
    elif dictionary is None:
        text = f"Decoder: writes to the MLP outputs of layer {first} and later ones (a cross-layer transcoder)."
    else:
        end = last if dictionary.window is None else min(last, first + dictionary.window - 1)
        text = f"Decoder: writes to the MLP outputs of layers {first} to {end} (a cross-layer transcoder)."
    return html.P(text, className="quiet")


def _error(view: GraphView, number: int) -> list[Component]:
    layer, token = int(view.layer[number]), visible(view.meta.tokens[view.position[number]])
    text = (
        f"The part of the MLP output of layer {layer} at “{token}” that the dictionary does not reconstruct. It is the true "
        "output minus the reconstruction, so nobody knows what it computes: its edges are effects left unexplained."
    )
    return [remark(text), html.P("An error node has no inputs: the graph does not say what causes it.", className="quiet")]


def _token(view: GraphView, number: int) -> list[Component]:
    position = int(view.position[number])
    figures = [
        figure("position", str(position), "Position in the prompt; the beginning-of-sequence token is 0."),
        figure("vocabulary id", str(int(view.index[number])), "Number of the token in the model's vocabulary."),
    ]
    text = "The token's embedding: where the graph begins. Its edges are what reaches features and logits straight from it."
    return [html.Div(figures, className="graph-figures"), html.P(text, className="quiet")]


def _logit(view: GraphView, number: int) -> list[Component]:
    probability = float(view.activation[number])
    figures = [
        figure("next token", visible(logit_texts(view)[number]), "The token whose logit this node is."),
        figure("probability", percent(probability), "Probability that the base model gives to this token."),
        figure("vocabulary id", str(int(view.index[number])), "Number of the token in the model's vocabulary."),
    ]
    text = "The token's logit, less the mean logit: what the graph explains. Its inputs are the direct effects on it."
    return [
        html.Div(figures, className="graph-figures"),
        dmc.Progress(value=round(100 * probability, 2), size="sm"),
        html.P(text, className="quiet"),
    ]
