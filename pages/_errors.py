"""What happens to an exception in a callback: the log gets the traceback, the person a notice."""

import logging

from dash import set_props

from clt_core.errors import InputError
from components.notices import toast

logger = logging.getLogger(__name__)

NOTICES = "shell-notices"


def report(error: Exception) -> None:
    """Show `error` as a notice: a sentence to act on for an InputError, a defect of ours otherwise."""
    if isinstance(error, InputError):
        content = toast(str(error), tone="warning", title="Please check")
    else:
        logger.error("a callback failed", exc_info=error)
        content = toast(f"{type(error).__name__}: {error}", tone="error", title="This did not work; the log has the details")
    set_props(NOTICES, {"sendNotifications": content})
