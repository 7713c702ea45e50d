"""What the model makes of a prompt before any graph: its tokens, its next-token guesses, warnings."""

from typing import Any

from dash import html
from dash.development.base_component import Component

from components.heatmap import visible as with_signs
from components.notices import notice
from components.quantities import count, percent


def visible(token: str) -> str:
    """The token with what cannot be seen made visible, ∅ for one of nothing."""
    return with_signs(token) or "∅"


def token_chips(tokens: list[dict[str, Any]]) -> html.Div:
    """The tokens in order; the tooltip has index and id."""
    chips = [
        html.Span(
            visible(token["text"]), className="chip bos" if index == 0 else "chip", title=f"token {index} · id {token['id']}"
        )
        for index, token in enumerate(tokens)
    ]
    return html.Div(chips, className="chips")


def next_token_bars(guesses: list[dict[str, Any]]) -> html.Div:
    """The most probable next tokens, as bars on one scale from 0 to 1."""
    rows = [
        html.Div(
            [
                html.Span(visible(guess["token"]), className="guess-token", title=repr(guess["token"])),
                html.Span(html.Span(style={"width": f"{100 * guess['probability']:.2f}%"}), className="guess-bar"),
                html.Span(percent(guess["probability"], 1), className="numbers"),
            ],
            className="guess",
        )
        for guess in guesses[:10]
    ]
    return html.Div(rows, className="guesses")


def prompt_preview(preview: dict[str, Any]) -> html.Div:
    """Warnings, tokens and next tokens of a prompt."""
    parts: list[Component] = [notice(warning, tone="warning") for warning in preview["warnings"]]
    parts += [
        html.H4(["Tokens ", html.Span(count(len(preview["tokens"])), className="muted")]),
        token_chips(preview["tokens"]),
        html.H4("Next token"),
        next_token_bars(preview["next"]),
    ]
    return html.Div(parts)


def preview_waiting(stage: str) -> html.Div:
    """The place of the preview while the engine works; a cold engine loads the model first, which takes seconds."""
    widths = (34, 62, 50, 78, 22, 56)
    chips = html.Div([html.Span(className="chip ghost", style={"width": width}) for width in widths], className="chips")
    return html.Div([html.Div([html.Span(className="spinner"), stage], className="waiting"), chips])
