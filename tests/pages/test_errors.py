import logging

import pytest
from dash import Dash, Input, Output, html

from clt_core.errors import InputError
from pages._errors import NOTICES, report


def answer(error: Exception) -> dict:
    """What a browser gets from a callback that raises `error`."""
    app = Dash("app", on_error=report)
    app.layout = html.Div([html.Button(id="in"), html.Div(id="out")])

    @app.callback(Output("out", "children"), Input("in", "n_clicks"))
    def fails(n: int | None) -> None:
        raise error

    body = {
        "output": "out.children",
        "outputs": {"id": "out", "property": "children"},
        "inputs": [{"id": "in", "property": "n_clicks", "value": 1}],
        "changedPropIds": ["in.n_clicks"],
    }
    return app.server.test_client().post("/_dash-update-component", json=body).get_json()


def test_input_that_can_be_mended_is_a_warning_with_its_sentence(caplog: pytest.LogCaptureFixture):
    (notice,) = answer(InputError("the prompt is empty: write one"))["sideUpdate"][NOTICES]["sendNotifications"]
    assert (notice["message"], notice["color"]) == ("the prompt is empty: write one", "yellow")
    assert not caplog.records


def test_a_defect_is_logged_with_its_traceback_and_shown_until_closed(caplog: pytest.LogCaptureFixture):
    with caplog.at_level(logging.ERROR):
        (notice,) = answer(KeyError("layer"))["sideUpdate"][NOTICES]["sendNotifications"]
    assert "KeyError" in notice["message"]
    assert notice["autoClose"] is False
    assert caplog.records[0].exc_info is not None
