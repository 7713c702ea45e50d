"""The question before something is gone for good."""

import dash_mantine_components as dmc
from dash import html


def confirmation(thing: str, *, id: str, text: str, yes: str, no: str) -> dmc.Modal:  # noqa: A002  # the name of the property
    """The question whether to delete a `thing`; its parts get the ids `text`, which is filled when it opens, `yes` and `no`."""
    buttons = [
        dmc.Button("Keep", id=no, variant="default", size="xs"),
        dmc.Button(f"Delete the {thing}", id=yes, color="red", size="xs"),
    ]
    body = [html.P("", id=text), html.Div(buttons, className="actions end")]
    return dmc.Modal(body, id=id, title=f"Delete this {thing}?", opened=False, centered=True, size="md", keepMounted=True)
