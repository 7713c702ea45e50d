"""Graphs: the saved ones with their scores; open one, delete one."""

from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, callback, dcc, html, no_update

from components.confirmation import confirmation
from components.grid import grid
from components.icons import icon
from components.library import graph_href, graph_row
from components.notices import empty
from pages import _services, _shell
from pages._clicks import require_click
from store.graphs import delete_graph, list_graphs

dash.register_page(__name__, path="/graphs", title="Graphs | CLT Lab", order=2)

GRID = "graphs-grid"
SEARCH = "graphs-search"
LOCATION = "graphs-location"
NOTHING = "graphs-nothing"
TABLE = "graphs-table"
OPEN = "graphs-open"
DELETE = "graphs-delete"
CONFIRM = "graphs-confirm"
CONFIRM_TEXT = "graphs-confirm-text"
CONFIRM_YES = "graphs-confirm-yes"
CONFIRM_NO = "graphs-confirm-no"

NUMBER = {"type": "rightAligned", "cellClass": ["numbers", "ag-right-aligned-cell"], "width": 118}
COLUMNS: list[dict[str, Any]] = [
    {
        "field": "prompt",
        "headerName": "Prompt",
        "flex": 3,
        "minWidth": 220,
        "cellRenderer": "GraphLink",
        "tooltipField": "prompt",
    },
    {"field": "token", "headerName": "Top next token", "width": 150, "cellRenderer": "Token"},
    {
        "field": "probability",
        "headerName": "p",
        **NUMBER,
        "width": 84,
        "valueFormatter": {"function": "d3.format('.3f')(params.value)"},
    },
    {
        "field": "replacement",
        "headerName": "Replacement",
        **NUMBER,
        "valueFormatter": {"function": "d3.format('.3f')(params.value)"},
    },
    {
        "field": "completeness",
        "headerName": "Completeness",
        **NUMBER,
        "valueFormatter": {"function": "d3.format('.3f')(params.value)"},
    },
    {"field": "nodes", "headerName": "Nodes", **NUMBER, "width": 92},
    {"field": "edges", "headerName": "Edges", **NUMBER, "width": 92},
    {"field": "dictionary", "headerName": "Dictionary", "flex": 1, "minWidth": 160},
    {"field": "created_at", "headerName": "Made", "width": 112, "cellRenderer": "Ago", "sort": "desc"},
]


def layout(**_: str) -> html.Div:
    """The table, and what can be done with the selected graph."""
    search = dmc.TextInput(
        id=SEARCH,
        placeholder="Text in prompt, token or dictionary",
        size="xs",
        w=300,
        debounce=250,
        **_shell.labelled("search"),
    )
    actions = [
        dmc.Button("Open", id=OPEN, size="xs", leftSection=icon("open", size=14), disabled=True),
        dmc.Button("Delete", id=DELETE, size="xs", variant="default", leftSection=icon("trash", size=14), disabled=True),
        dcc.Link([icon("new", size=14), "New graph"], href="/graphs/new", className="button"),
    ]
    bar = html.Div([html.H1("Graphs"), search, html.Div(actions, className="actions")], className="bar-head")
    table = html.Div(grid(GRID, COLUMNS, empty="No graph has this text."), id=TABLE, className="fill", hidden=True)
    location = dcc.Location(id=LOCATION, refresh="callback-nav")
    question = confirmation("graph", id=CONFIRM, text=CONFIRM_TEXT, yes=CONFIRM_YES, no=CONFIRM_NO)
    return html.Div([location, bar, html.Div(id=NOTHING), table, question], className="page tall")


@callback(Output(GRID, "rowData"), Output(NOTHING, "children"), Output(TABLE, "hidden"), Input(_shell.LIBRARY, "data"))
def show_graphs(_library: str | None) -> tuple[list[dict[str, Any]], Any, bool]:
    """Every saved graph, or how to get the first."""
    rows = [graph_row(row) for row in list_graphs(_services.workspace())]
    link = dcc.Link("New graph", href="/graphs/new", className="button")
    nothing = empty(
        "No graph yet", "Graphs are kept here with their scores once they are computed.", icon_name="library", action=link
    )
    return rows, None if rows else nothing, not rows


@callback(Output(GRID, "dashGridOptions"), Input(SEARCH, "value"), State(GRID, "dashGridOptions"), prevent_initial_call=True)
def filter_graphs(text: str | None, options: dict[str, Any]) -> dict[str, Any]:
    """Leave the rows that have every word of `text` in some column."""
    return {**options, "quickFilterText": text or ""}


@callback(Output(OPEN, "disabled"), Output(DELETE, "disabled"), Input(GRID, "selectedRows"))
def enable_actions(selected: Any) -> tuple[bool, bool]:
    """A graph must be selected to open or delete it."""
    return not selected_row(selected), not selected_row(selected)


def selected_row(selected: Any) -> dict[str, Any]:
    """The selected row; empty if there is none.  Before the grid is drawn, its selection is an object of ids."""
    return selected[0] if isinstance(selected, list) and selected else {}


@callback(
    Output(LOCATION, "href"),
    Input(OPEN, "n_clicks"),
    State(GRID, "selectedRows"),
    prevent_initial_call=True,
)
def open_graph(n: int | None, selected: Any) -> Any:
    """Go to the selected graph."""
    require_click(n)
    row = selected_row(selected)
    return graph_href(row["id"]) if row else no_update


@callback(
    Output(CONFIRM, "opened"),
    Output(CONFIRM_TEXT, "children"),
    Input(DELETE, "n_clicks"),
    State(GRID, "selectedRows"),
    prevent_initial_call=True,
)
def ask_delete(n: int | None, selected: Any) -> tuple[bool, str]:
    """Ask before the selected graph is deleted."""
    require_click(n)
    row = selected_row(selected)
    return bool(row), f"The graph of “{row.get('prompt', '')}” will be gone for good."


@callback(Output(CONFIRM, "opened", allow_duplicate=True), Input(CONFIRM_NO, "n_clicks"), prevent_initial_call=True)
def keep(n: int | None) -> bool:
    """Delete nothing."""
    require_click(n)
    return False


@callback(
    Output(CONFIRM, "opened", allow_duplicate=True),
    Output(GRID, "rowData", allow_duplicate=True),
    Output(GRID, "selectedRows"),
    Input(CONFIRM_YES, "n_clicks"),
    State(GRID, "selectedRows"),
    prevent_initial_call=True,
)
def delete(n: int | None, selected: Any) -> tuple[bool, list[dict[str, Any]], list[Any]]:
    """Delete the selected graph."""
    require_click(n)
    workspace = _services.workspace()
    if row := selected_row(selected):
        delete_graph(workspace, row["id"])
    return False, [graph_row(row) for row in list_graphs(workspace)], []
