"""Icons: shapes of the stylesheet, coloured as the text around them."""

from typing import Any, Literal

from dash import html

Icon = Literal[
    "home",
    "library",
    "new",
    "dictionary",
    "jobs",
    "sun",
    "moon",
    "cancel",
    "retry",
    "open",
    "trash",
    "warning",
    "error",
    "done",
    "info",
    "play",
]


def icon(name: Icon, *, size: int = 16) -> html.Span:
    """The icon `name`, `size` pixels wide; hidden from screen readers, so text must stand beside it."""
    hidden: Any = {"aria-hidden": "true"}
    return html.Span(className=f"icon icon-{name}", style={"width": size, "height": size}, **hidden)
