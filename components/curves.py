"""Figures as plain dictionaries: what plotly.js takes, without loading plotly here.

Colours of text, lines and background come from the stylesheet, so that figures follow dark and light at once.
"""

from collections.abc import Sequence
from typing import Any

Figure = dict[str, Any]

BLUE, TEAL, ORANGE = "#4c8dde", "#2fa89a", "#d98a3d"
CONFIG: Any = {"displayModeBar": False, "responsive": True}
FONT = {"family": "system-ui, sans-serif", "size": 11}


def layout(x: str, *, zero: bool = True) -> Figure:
    """The frame of a small figure with a named x axis."""
    axis = {"gridwidth": 1, "zeroline": False, "nticks": 6, "fixedrange": True, "ticks": ""}
    return {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": FONT,
        "margin": {"l": 32, "r": 8, "t": 8, "b": 36},
        "showlegend": False,
        "hovermode": "x unified",
        "hoverlabel": {"font": FONT},
        "xaxis": {**axis, "title": {"text": x, "standoff": 6, "font": FONT}, "showgrid": False},
        "yaxis": {**axis, "rangemode": "tozero" if zero else "normal"},
    }


def by_layer(values: Sequence[float], *, name: str, color: str = BLUE) -> Figure:
    """Bars of one figure of each layer."""
    bars = {
        "type": "bar",
        "x": list(range(len(values))),
        "y": list(values),
        "marker": {"color": color},
        "hovertemplate": f"{name} %{{y:.3f}}<extra></extra>",
    }
    frame = layout("layer")
    return {"data": [bars], "layout": {**frame, "bargap": 0.3}}


def against_tokens(metrics: Sequence[dict[str, Any]], key: str, *, name: str, color: str = BLUE, zero: bool = True) -> Figure:
    """A curve of `key` over the tokens trained on."""
    points = [event for event in metrics if event.get(key) is not None]
    line = {
        "type": "scatter",
        "mode": "lines" if len(points) > 1 else "markers",
        "x": [event.get("tokens", event["step"]) for event in points],
        "y": [event[key] for event in points],
        "line": {"color": color, "width": 1.8},
        "marker": {"color": color, "size": 6},
        "hovertemplate": f"{name} %{{y:.4g}}<extra></extra>",
    }
    return {"data": [line], "layout": layout("tokens", zero=zero)}
