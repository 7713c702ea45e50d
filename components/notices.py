"""What a page says when there is nothing to show, when something is wrong, and the notices that come and go."""

from typing import Any, Literal

import dash_mantine_components as dmc
from dash import html
from dash.development.base_component import Component

from components.icons import Icon, icon

Tone = Literal["info", "warning", "error", "done"]
COLORS: dict[Tone, str] = {"info": "blue", "warning": "yellow", "error": "red", "done": "teal"}


def notice(text: str, *, tone: Tone = "info", title: str | None = None) -> dmc.Alert:
    """A sentence that stays on the page."""
    return dmc.Alert(text, title=title, color=COLORS[tone], variant="light", icon=icon(tone), className="notice")


def empty(title: str, text: str, *, icon_name: Icon = "info", action: Component | None = None) -> html.Div:
    """A place with nothing in it yet: what will be here, and how it gets there."""
    parts: list[Component] = [icon(icon_name, size=28), html.H3(title), html.P(text)]
    return html.Div([*parts, *([action] if action else [])], className="empty")


def toast(text: str, *, tone: Tone, title: str) -> list[dict[str, Any]]:
    """A notice at the edge of the window, as NotificationContainer takes it; errors stay until they are closed."""
    return [
        {
            "action": "show",
            "id": f"{tone}-{text}"[:120],
            "title": title,
            "message": text,
            "color": COLORS[tone],
            "autoClose": False if tone == "error" else 9000,
        }
    ]
