"""Clicks that are clicks.

Dash calls a callback when its button appears on the screen, `prevent_initial_call` or not, if an output of it was there
before, as the shell's are.  Without this rule opening a page would do what its buttons do.
"""

from dash.exceptions import PreventUpdate


def require_click(n_clicks: int | None) -> None:
    """Leave the callback, changing nothing, unless the button was clicked.

    Raises:
        PreventUpdate: if it was not.
    """
    if not n_clicks:
        raise PreventUpdate
