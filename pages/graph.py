"""/graph/<id>: the link graph of one prompt, and an inspector of the selected node.

The link graph lives in the browser: cytoscape has the nodes and the strongest edges, `assets/graph_*.js` draws the others
and the lists, and fetches the arrays once from /api/graph/<id>.bin.  The page's stores hold ids only.
"""

from typing import Any

import dash_cytoscape as cyto
from dash import ClientsideFunction, Input, Output, State, callback, clientside_callback, dcc, html, register_page
from dash.development.base_component import Component

from clt_core.errors import InputError
from clt_core.graphs import Kind
from components.graph_controls import Limits, controls, limits
from components.graph_elements import elements
from components.graph_header import header
from components.graph_inspector import empty_card, node_card, unknown_card
from components.graph_layout import place
from components.graph_legend import legend
from components.notices import empty
from pages import _graph_route, _graph_source, _services
from store import dictionaries

SOURCE = "graph-source"
SELECTION = "graph-selection"
MOUNTED = "graph-mounted"
MESSAGE = "graph-message"
CY = "graph-cy"
STAGE = "graph-stage"
UNDER = "graph-under"
OVER = "graph-over"
CARD = "graph-card"
LISTS = "graph-lists"
COUNTS = "graph-counts"
KEEP = "graph-keep"
ERRORS = "graph-errors"
EDGES = "graph-edges"
FIT = "graph-fit"
COPY = "graph-copy"

STAGE_HELP = "Link graph: arrow keys move the selection, Escape clears it, f fits the view"

register_page(__name__, path_template="/graph/<graph_id>", title="Graph | CLT Lab", name="Graph")


def layout(graph_id: str = "", node: str | None = None, **_: Any) -> Component:
    """The page of the graph `graph_id`, with `node` selected; the frame alone if no graph is named."""
    if not graph_id:
        return _frame({"graph": None, "url": None, "node": None}, None, Limits(100.0, 100.0, 0), [])
    workspace = _services.workspace()
    try:
        view = _graph_source.view(workspace, graph_id)
    except InputError as error:
        back = dcc.Link("All graphs", href="/graphs", className="button")
        return html.Div(empty("No such graph", f"{error}.", icon_name="warning", action=back), className="page centered")
    block = _graph_source.block(workspace, view)
    source = {"graph": graph_id, "url": _graph_route.address(graph_id, block.version), "node": node}
    return _frame(source, header(view), limits(view), elements(view, place(view)))


def _frame(source: dict[str, Any], head: Component | None, reach: Limits, shown: list[dict[str, Any]]) -> Component:
    bar = controls(reach, keep=KEEP, errors=ERRORS, edges=EDGES, fit=FIT, copy=COPY)
    panes = [html.Div(empty_card(), id=CARD, className="graph-pane"), html.Div(id=LISTS, className="graph-pane graph-lists")]
    return html.Div(
        [
            dcc.Store(id=SOURCE, data=source),
            dcc.Store(id=SELECTION, data={"node": source["node"]}),
            dcc.Store(id=MOUNTED),
            head,
            html.Div(
                [
                    html.Div([bar, _stage(shown), legend()], className="graph-plot"),
                    html.Div(panes, className="graph-inspector"),
                ],
                className="graph-body",
            ),
        ],
        className="graph-page",
        key=source["graph"],
    )


def _stage(shown: list[dict[str, Any]]) -> Component:
    """Where the link graph is drawn: our canvases under and over cytoscape."""
    graph = cyto.Cytoscape(
        id=CY,
        elements=shown,
        layout={"name": "preset", "fit": False},
        stylesheet=[],
        style={"width": "100%", "height": "100%"},
        autoRefreshLayout=False,
        autoungrabify=True,
        boxSelectionEnabled=False,
        minZoom=0.05,
        maxZoom=4,
    )
    counts = html.Span(id=COUNTS, className="graph-counts", role="status")
    message = html.Div("Loading the graph…", id=MESSAGE, className="graph-message", role="status")
    return html.Div(
        [html.Div(id=UNDER, className="graph-layer"), graph, html.Div(id=OVER, className="graph-layer"), counts, message],
        id=STAGE,
        className="graph-stage",
        tabIndex="0",
        role="application",
        **{"aria-label": STAGE_HELP},  # type: ignore[arg-type]  # pyright cannot tell aria-* from the other properties
    )


@callback(Output(CARD, "children"), Input(SELECTION, "data"), State(SOURCE, "data"))
def show_node(selection: dict[str, Any], source: dict[str, Any]) -> Component:
    """What the selected node is."""
    node = selection["node"]
    if node is None:
        return empty_card()
    workspace = _services.workspace()
    view = _graph_source.view(workspace, source["graph"])
    number = view.numbers.get(node)
    if number is None:
        return unknown_card(node)
    if view.kind[number] != Kind.FEATURE:
        return node_card(view, number)
    row = dictionaries.get_dictionary(workspace, view.meta.dictionary)
    return node_card(view, number, _graph_source.feature(workspace, view, number), row.meta if row else None)


clientside_callback(
    ClientsideFunction("graph", "mount"), Output(MOUNTED, "data"), Output(MESSAGE, "children"), Input(SOURCE, "data")
)
clientside_callback(
    ClientsideFunction("graph", "filter"),
    Output(COUNTS, "children"),
    Input(MOUNTED, "data"),
    Input(KEEP, "value"),
    Input(ERRORS, "checked"),
    Input(EDGES, "value"),
    State(SOURCE, "data"),
)
clientside_callback(ClientsideFunction("graph", "fit"), Output(FIT, "title"), Input(FIT, "n_clicks"), prevent_initial_call=True)
clientside_callback(
    ClientsideFunction("graph", "copyLink"), Output(COPY, "children"), Input(COPY, "n_clicks"), prevent_initial_call=True
)
