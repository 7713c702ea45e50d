"""What the shapes, colours and lines of the link graph mean."""

from dash import html
from dash.development.base_component import Component

MARKS = (
    ("feature", "feature", "A feature of the dictionary, active at this token; its size grows with its influence"),
    ("error", "error", "What the dictionary does not reconstruct of a layer's MLP output"),
    ("token", "token", "The embedding of a token of the prompt"),
    ("logit", "logit", "The logit of an explained next token"),
)
LINES = (
    ("positive", "raises its target", "Positive edge: the source adds to its target"),
    ("negative", "lowers its target", "Negative edge: the source takes from its target"),
)


def legend() -> Component:
    """The legend, in one line."""
    marks = [html.Span([html.Span(className=f"graph-mark mark-{name}"), text], title=tip) for name, text, tip in MARKS]
    lines = [html.Span([html.Span(className=f"graph-stroke {name}"), text], title=tip) for name, text, tip in LINES]
    strength = html.Span("width: share of the target's input", className="quiet")
    return html.Div([*marks, *lines, strength], className="graph-legend")
