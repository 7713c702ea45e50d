"""What happens to an exception in a callback: the log gets the traceback, the person a notice, or a page that says so."""

import logging
from typing import Any

from dash import ctx, html, set_props

from clt_core.errors import InputError
from components.notices import empty, toast
from pages import _services
from store.workspace import disk_full, is_disk_full

logger = logging.getLogger(__name__)

NOTICES = "shell-notices"

PAGE = "_pages_content"
"""Where Dash puts the page of an address."""


def report(error: Exception) -> list[Any] | None:
    """Show `error`: a sentence to act on for an InputError, a defect of ours otherwise.

    It takes the place of a page that could not be made, and is a notice where a part of one fails.
    """
    if is_disk_full(error):
        error = disk_full(_services.workspace().path)
    if not isinstance(error, InputError):
        logger.error("a callback failed", exc_info=error)
    text = str(error) if isinstance(error, InputError) else f"{type(error).__name__}: {error}"
    outputs = ctx.outputs_list
    if isinstance(outputs, list) and outputs[0]["id"] == PAGE:
        known = isinstance(error, InputError)
        return [failed_page(text if known else f"{text}. The output of app.py has the details"), {"title": "CLT Lab"}]
    if isinstance(error, InputError):
        content = toast(text, tone="warning", title="Please check")
    else:
        content = toast(text, tone="error", title="This did not work; the log has the details")
    set_props(NOTICES, {"sendNotifications": content})
    return None


def failed_page(text: str) -> html.Div:
    """What stands in the place of a page that could not be made."""
    links = html.Div(
        [html.A("Try again", href="", className="button"), html.A("Home", href="/", className="button")], className="actions"
    )
    return html.Div(
        empty("This page could not be shown", f"{text}.", icon_name="error", action=links),
        className="page centered",
        role="alert",
    )
