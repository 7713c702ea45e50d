"""What a dictionary knows of one feature: how often it fires, where it fires most, what it makes more or less likely."""

from collections.abc import Sequence

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from components.graph_labels import percent
from components.heatmap import heatmap, visible
from store.features import Example, FeatureRow, TokenValue

N_EXAMPLES = 8

N_LOGITS = 5
"""Tokens a side that are shown without being asked for."""


def feature_card(feature: FeatureRow | str, *, activation: float) -> list[Component]:
    """The card's parts under its title; `activation` is the one on the graph's prompt, a text says why nothing is known."""
    if isinstance(feature, str):
        here = figure("activation", f"{activation:.3g}", "Activation on this prompt, at this token.")
        return [html.Div(here, className="graph-figures"), remark(f"No examples: {feature}.")]
    if feature.density <= 0:
        text = f"Dead in the sample: it fired on none of {feature.n_tokens:,} tokens, so there are no examples."
        return [_figures(feature, activation), remark(text), _logits(feature)]
    return [_figures(feature, activation), _logits(feature), _examples(feature)]


def remark(text: str) -> Component:
    """A quiet remark."""
    return dmc.Alert(text, color="gray", variant="light", p="xs", radius="md")


def figure(label: str, value: str, explanation: str) -> Component:
    """A number with its name and, on hover, what it means."""
    return html.Div(
        [html.Span(label, className="graph-figure-label"), html.Strong(value)], className="graph-figure", title=explanation
    )


def _figures(feature: FeatureRow, activation: float) -> Component:
    return html.Div(
        [
            figure("activation", f"{activation:.3g}", "Activation on this prompt, at this token."),
            figure("of max", _ratio(activation, feature.max_activation), "Activation here over the largest in the sample."),
            figure("max", f"{feature.max_activation:.3g}", f"Largest activation on {feature.n_tokens:,} tokens of text."),
            figure("density", percent(feature.density), f"Share of {feature.n_tokens:,} tokens on which the feature fires."),
        ],
        className="graph-figures",
    )


def _ratio(activation: float, maximum: float) -> str:
    return f"{100 * activation / maximum:.0f} %" if maximum > 0 else "–"


def _logits(feature: FeatureRow) -> Component:
    rows = [*feature.top_logits, *feature.bottom_logits]
    most = max((abs(row.value) for row in rows), default=0.0)
    return html.Div(
        [_bars("Makes more likely", feature.top_logits, most), _bars("Makes less likely", feature.bottom_logits, most)],
        className="logit-bars",
    )


def _bars(title: str, rows: Sequence[TokenValue], most: float) -> Component:
    bars = [_bar(row, most) for row in rows]
    more = [html.Details([html.Summary(f"{len(bars) - N_LOGITS} more"), *bars[N_LOGITS:]])] if len(bars) > N_LOGITS else []
    return html.Div([html.H4(title), *bars[:N_LOGITS], *more])


def _bar(row: TokenValue, most: float) -> Component:
    share = 100 * abs(row.value) / most if most > 0 else 0.0
    sign = "negative" if row.value < 0 else "positive"
    return html.Div(
        [html.Span(visible(row.token), className="logit-token"), html.Span(f"{row.value:+.2f}", className="logit-value")],
        className=f"logit-bar {sign}",
        style={"--share": f"{share:.0f}%"},
        title=f"{visible(row.token)}  {row.value:+.4g}: what the decoder adds to this token's logit, per unit of activation",
    )


def _examples(feature: FeatureRow) -> Component:
    shown = feature.examples[:N_EXAMPLES]
    return html.Div([html.H4("Fires most on"), *(_example(example, feature.max_activation) for example in shown)])


def _example(example: Example, maximum: float) -> Component:
    peak = example.activations[example.peak]
    return html.Div(
        [
            html.Span(f"{peak:.3g}", className="example-peak", title="Activation on the outlined token"),
            heatmap(example.tokens, example.activations, example.peak, maximum),
        ],
        className="example",
    )
