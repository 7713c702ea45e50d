"""What pages reach outside themselves: the workspace of the running dashboard."""

import dash

from store.workspace import Workspace

KEY = "CLT_LAB_WORKSPACE"


def workspace() -> Workspace:
    """The workspace that the dashboard was started on."""
    return dash.get_app().server.config[KEY]
