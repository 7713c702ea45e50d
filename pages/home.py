"""Home: what to do first in an empty workspace; what is new and what runs in one that is in use."""

import time
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import Input, Output, callback, dcc, html
from dash.development.base_component import Component

from components.dictionary_views import dictionary_card
from components.icons import icon
from components.job_views import LIVE, job_line
from components.library import graph_card
from components.notices import empty
from components.start import demo_result, demo_steps, demo_summary, introduction, plan, stopped_step
from pages import _services, _shell
from pages._clicks import require_click
from store import demo, jobs, lanes
from store.dictionaries import list_dictionaries
from store.graphs import list_graphs
from store.jobs import Job
from store.workspace import Workspace

dash.register_page(__name__, path="/", title="Home | CLT Lab", order=0)

ROOT = "home-root"
SIDE = "home-side"
INTRODUCTION = "home-introduction"
DEMO = "home-demo"
BUILD = "home-build"
STEPS = "home-steps"
SUMMARY = "home-summary"
RETRY = "home-retry"
RECENT = "home-recent"
DONE = "home-done"
GRAPHS = "home-graphs"
RUNNING = "home-running"
DICTIONARIES = "home-dictionaries"

N_RECENT = 6
DAY = 86400


def layout(**_: str) -> html.Div:
    """The page; the parts that change are filled by callbacks."""
    main = html.Div([html.Div(introduction(), id=INTRODUCTION), html.Div(id=DONE), demo_part(), graphs_part()])
    return html.Div(html.Div([main, side_part()], id=ROOT, className="start"), className="page home")


def demo_part() -> html.Section:
    """The demo: the button that starts it, its steps, how far it is."""
    build = dmc.Button("Build the demo", id=BUILD, leftSection=icon("play", size=14), size="sm", display="none")
    retry = dmc.Button("Retry", id=RETRY, leftSection=icon("retry", size=14), size="xs", variant="light", display="none")
    title = html.Div([html.H2("The demo"), html.Span("", id=SUMMARY, className="muted numbers")], className="section-head")
    body = [title, html.Div(plan(), id=STEPS), html.Div([build, retry], className="actions")]
    return html.Section(body, id=DEMO, className="card demo", hidden=True)


def graphs_part() -> html.Section:
    """The latest graphs."""
    new = dcc.Link([icon("new", size=14), "New graph"], href="/graphs/new", className="button")
    return html.Section(
        [head("Recent graphs", "/graphs", "All graphs", action=new), html.Div(id=GRAPHS)], id=RECENT, hidden=True
    )


def side_part() -> html.Div:
    """Running jobs and dictionaries."""
    running = html.Section([head("Running", "/jobs", "All jobs"), html.Div(id=RUNNING)])
    cards = html.Div(id=DICTIONARIES, className="cards one")
    return html.Div(
        [running, html.Section([head("Dictionaries", "/dictionaries", "All dictionaries"), cards])], id=SIDE, hidden=True
    )


def head(title: str, href: str, text: str, *, action: Component | None = None) -> html.Div:
    """Title of a section, the way to all of it, and what can be done there."""
    right = [dcc.Link(text, href=href), *([action] if action else [])]
    return html.Div([html.H2(title), html.Div(right, className="section-links")], className="section-head")


def demo_jobs(workspace: Workspace) -> list[Job]:
    """The demo's jobs, first to last; of jobs that do the same, the latest."""
    latest = {job.title: job for job in jobs.list_jobs(workspace, group=demo.GROUP)[::-1]}
    by_id = {job.id: job for job in latest.values()}

    def n_before(job: Job) -> int:
        needed = by_id.get(job.after or "")
        return 1 + n_before(needed) if needed else 0

    return sorted(latest.values(), key=n_before)


def is_empty(workspace: Workspace) -> bool:
    """Whether nothing has been made in the workspace yet."""
    return not list_dictionaries(workspace) and not list_graphs(workspace)


def is_current(steps: list[Job]) -> bool:
    """Whether the demo is under way, or stopped less than a day ago."""
    if any(job.state in LIVE for job in steps):
        return True
    latest = max((job.finished or job.created for job in steps), default=0.0)
    return any(job.state != "done" for job in steps) and time.time() - latest < DAY


@callback(
    Output(DEMO, "hidden"),
    Output(INTRODUCTION, "hidden"),
    Output(STEPS, "children"),
    Output(SUMMARY, "children"),
    Output(BUILD, "display"),
    Output(RETRY, "display"),
    Input(_shell.REVISION, "data"),
)
def show_demo(_revision: str | None) -> tuple[Any, ...]:
    """The demo in an empty workspace, and while it is under way."""
    workspace = _services.workspace()
    steps, nothing_yet = demo_jobs(workspace), is_empty(workspace)
    if nothing_yet and all(job.state == "done" for job in steps):
        steps = []  # What they made was deleted: the demo can be built anew.
    shown = nothing_yet or is_current(steps)
    retry = "inline-flex" if stopped_step(steps) else "none"
    body = demo_steps(steps) if steps else plan()
    return not shown, not nothing_yet, body, demo_summary(steps), "none" if steps else "inline-flex", retry


@callback(
    Output(ROOT, "className"),
    Output(RECENT, "hidden"),
    Output(SIDE, "hidden"),
    Output(DONE, "children"),
    Output(GRAPHS, "children"),
    Output(RUNNING, "children"),
    Output(DICTIONARIES, "children"),
    Input(_shell.REVISION, "data"),
)
def show_recent(_revision: str | None) -> tuple[Any, ...]:
    """What a workspace in use holds and does."""
    workspace = _services.workspace()
    nothing_yet, steps = is_empty(workspace), demo_jobs(workspace)
    running = [job for job in jobs.list_jobs(workspace, states=LIVE) if job not in steps]
    return (
        "start" if nothing_yet else "columns",
        nothing_yet,
        nothing_yet,
        demo_result(steps, graphs={row.meta.id for row in list_graphs(workspace)}, now=time.time()),
        recent_graphs(workspace),
        [job_line(job) for job in running[::-1]]
        or html.P("Nothing else runs." if steps else "Nothing runs.", className="muted"),
        [dictionary_card(row) for row in list_dictionaries(workspace)[:N_RECENT]],
    )


def recent_graphs(workspace: Workspace) -> html.Div:
    """The latest graphs, or how to get one."""
    rows = list_graphs(workspace)[:N_RECENT]
    if rows:
        return html.Div([graph_card(row) for row in rows], className="cards")
    link = dcc.Link("New graph", href="/graphs/new", className="button")
    return empty("No graph yet", "Write a prompt, choose a dictionary, and see what leads to the next token.", action=link)


@callback(Output(_shell.JOB, "data", allow_duplicate=True), Input(BUILD, "n_clicks"), prevent_initial_call=True)
def build_demo(n: int | None) -> str | None:
    """Submit the demo's jobs, and follow the first."""
    require_click(n)
    workspace = _services.workspace()
    submitted = demo.submit_demo(workspace)
    lanes.ensure_workers(workspace)
    return next(iter(submitted), None)


@callback(Output(_shell.JOB, "data", allow_duplicate=True), Input(RETRY, "n_clicks"), prevent_initial_call=True)
def retry_demo(n: int | None) -> str | None:
    """Queue the step that stopped the demo again, and those that waited for it."""
    require_click(n)
    workspace = _services.workspace()
    stopped = stopped_step(demo_jobs(workspace))
    if stopped is None:
        return None
    jobs.retry(workspace, stopped.id)
    lanes.ensure_workers(workspace)
    return stopped.id
