"""The page for addresses that lead nowhere."""

import dash
from dash import dcc, html

from components.notices import empty

dash.register_page(__name__, path="/not-found", title="Not found | CLT Lab", order=99)


def layout(**_: str) -> html.Div:
    """What is wrong, and where to go instead."""
    links = html.Div(
        [dcc.Link("Home", href="/", className="button"), dcc.Link("Graphs", href="/graphs", className="button")],
        className="actions",
    )
    text = "This address belongs to no page. It may come from another workspace, or what it led to was deleted."
    return html.Div(empty("Not found", text, icon_name="warning", action=links), className="page centered")
