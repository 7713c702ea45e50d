"""Jobs: all work of the workspace, how far it is, what it says; cancel and retry."""

import json
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, State, callback, dcc, html, no_update

from components.grid import grid
from components.icons import icon
from components.job_views import LIVE, STATES, job_detail, job_row
from components.notices import empty
from pages import _services, _shell
from pages._clicks import require_click
from store import jobs, lanes
from store.job_rows import ENDED_BADLY
from store.jobs import Job
from store.workspace import Workspace

dash.register_page(__name__, path="/jobs", title="Jobs | CLT Lab", order=4)

GRID = "jobs-grid"
FILTER = "jobs-filter"
SELECTED = "jobs-selected"
DETAIL = "jobs-detail"
CANCEL = "jobs-cancel"
RETRY = "jobs-retry"

N_LOG_LINES = 40

COLUMNS: list[dict[str, Any]] = [
    {"field": "title", "headerName": "Job", "flex": 3, "minWidth": 140, "tooltipField": "title"},
    {"field": "kind", "headerName": "Kind", "width": 92},
    {"field": "state", "headerName": "State", "width": 100, "cellRenderer": "State"},
    {"field": "stage", "headerName": "Stage", "flex": 3, "minWidth": 120, "tooltipField": "stage"},
    {"field": "fraction", "headerName": "Done", "width": 116, "cellRenderer": "Progress"},
    {"field": "seconds", "headerName": "Time", "width": 92, "cellRenderer": "Elapsed", "type": "rightAligned"},
    {"field": "attempt", "headerName": "Try", "width": 58, "type": "rightAligned"},
    {"field": "created_at", "headerName": "Submitted", "width": 102, "cellRenderer": "Ago", "sort": "desc"},
]


def layout(job: str | None = None, state: str = "all", **_: str) -> html.Div:
    """The table of jobs beside the details of `job`."""
    choices = [{"value": name, "label": name} for name in ("all", *STATES)]
    states = dmc.SegmentedControl(id=FILTER, data=choices, value=state if state in STATES else "all", size="xs")
    actions = [
        dmc.Button("Cancel", id=CANCEL, size="xs", variant="default", disabled=True),
        dmc.Button("Retry", id=RETRY, size="xs", variant="default", leftSection=icon("retry", size=14), disabled=True),
    ]
    bar = html.Div([html.H1("Jobs"), states, html.Div(actions, className="actions")], className="bar-head")
    side = html.Div(nothing_selected(), id=DETAIL, className="card detail")
    table = html.Div(grid(GRID, COLUMNS, empty="No jobs here.", selected=job), className="fill")
    return html.Div(
        [dcc.Store(id=SELECTED, data=job), bar, html.Div([table, side], className="columns jobs")], className="page tall"
    )


def nothing_selected() -> html.Div:
    """The place of the details while no job is selected."""
    return empty("No job selected", "Select one to see its stages, log and parameters.", icon_name="jobs")


@callback(Output(GRID, "rowData"), Input(_shell.REVISION, "data"), Input(FILTER, "value"))
def show_jobs(_revision: str | None, state: str) -> list[dict[str, Any]]:
    """The jobs of one state, or all, newest first."""
    states = None if state == "all" else [state]
    return [job_row(job) for job in jobs.list_jobs(_services.workspace(), states=states)]


@callback(Output(SELECTED, "data"), Input(GRID, "selectedRows"), prevent_initial_call=True)
def select(selected: Any) -> Any:
    """Id of the job selected in the table; the one before stays while the table shows no selection."""
    return selected[0]["id"] if isinstance(selected, list) and selected else no_update


@callback(
    Output(DETAIL, "children"),
    Output(CANCEL, "disabled"),
    Output(RETRY, "disabled"),
    Input(_shell.REVISION, "data"),
    Input(SELECTED, "data"),
)
def show_detail(_revision: str | None, job_id: str | None) -> tuple[Any, bool, bool]:
    """The selected job, and what can be done with it."""
    workspace = _services.workspace()
    job = jobs.get(workspace, job_id) if job_id else None
    if job is None:
        return nothing_selected(), True, True
    return detail(workspace, job), job.state not in LIVE or job.cancelling, job.state not in ENDED_BADLY


def detail(workspace: Workspace, job: Job) -> html.Div:
    """Everything that is kept of a job."""
    stages = [event for event in jobs.events(workspace, job.id) if event["event"] == "progress"]
    parameters = json.dumps(job.params, indent=2, ensure_ascii=False)
    return job_detail(job, stages=stages, log=jobs.log_tail(workspace, job.id, N_LOG_LINES), parameters=parameters)


@callback(
    Output(CANCEL, "disabled", allow_duplicate=True),
    Input(CANCEL, "n_clicks"),
    State(SELECTED, "data"),
    prevent_initial_call=True,
)
def cancel(n: int | None, job_id: str | None) -> bool:
    """Ask the selected job to stop."""
    require_click(n)
    if job_id:
        jobs.cancel(_services.workspace(), job_id)
    return True


@callback(
    Output(RETRY, "disabled", allow_duplicate=True),
    Output(_shell.JOB, "data", allow_duplicate=True),
    Input(RETRY, "n_clicks"),
    State(SELECTED, "data"),
    prevent_initial_call=True,
)
def retry(n: int | None, job_id: str | None) -> tuple[bool, Any]:
    """Queue the selected job again, and follow it."""
    require_click(n)
    if not job_id:
        return True, no_update
    workspace = _services.workspace()
    jobs.retry(workspace, job_id)
    lanes.ensure_workers(workspace)
    return True, job_id
