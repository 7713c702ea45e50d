"""A text whose tokens are shaded by how strongly a feature fires on them."""

import re
from collections.abc import Sequence

from dash import html
from dash.development.base_component import Component

SIGNS = {"\n": "↵", "\t": "⇥", "\r": "␍"}
INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u00a0\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def visible(token: str) -> str:
    """`token` with what cannot be seen made visible: a leading space is ·, a new line ↵, other such characters \\u{…}."""
    n_spaces = len(token) - len(token.lstrip(" "))
    return "·" * n_spaces + _with_signs(token[n_spaces:])


def heatmap(tokens: Sequence[str], activations: Sequence[float], peak: int, maximum: float) -> Component:
    """The tokens as text, each with a background as strong as its activation over `maximum`, the peak outlined."""
    pairs = zip(tokens, activations, strict=True)
    return html.Div([_token(token, value, maximum, n == peak) for n, (token, value) in enumerate(pairs)], className="heatmap")


def _token(token: str, value: float, maximum: float, is_peak: bool) -> Component:
    """Spaces between words stay spaces: only a token of nothing but space shows them."""
    shown = _with_signs(token) if token.strip(" ") else visible(token)
    if value <= 0:
        return html.Span(shown)
    intensity = min(value / maximum, 1.0) if maximum > 0 else 0.0
    return html.Span(
        shown,
        className="heatmap-on heatmap-peak" if is_peak else "heatmap-on",
        style={"--intensity": f"{100 * intensity:.0f}%"},
        title=f"{visible(token)}  {value:.3g}",
    )


def _with_signs(text: str) -> str:
    return INVISIBLE.sub(lambda match: SIGNS.get(match[0], f"\\u{{{ord(match[0]):x}}}"), text)
