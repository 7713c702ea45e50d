"""What is around every page: navigation, the job that this browser follows, the notices, the clock.

Jobs live in the workspace's table.  Here a background callback follows one to show its progress quickly; it owns
nothing and may end at any time.  The truth on screen comes from the clock, which reads the table every second.
"""

import os
import time
from collections.abc import Callable
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update
from dash.development.base_component import Component

from components.icons import Icon, icon
from components.job_views import COLORS, LIVE, stage_text, target
from components.theme import THEME
from pages import _live, _services
from pages._clicks import require_click
from pages._errors import NOTICES
from store import jobs, lanes

JOB = "shell-job"
"""Store: id of the job that this browser last submitted; pages write it, all tabs share it."""

REVISION = "shell-revision"
"""Store: changes when something in the workspace did, with every second of a job; live things take it as input."""

LIBRARY = "shell-library"
"""Store: changes when graphs or dictionaries did; lists of them take it as input."""

CLOCK = "shell-clock"
ALIVE = "shell-alive"
OFFLINE = "shell-offline"
FOLLOWED = "shell-followed"
N_LIVE = "shell-n-live"
STRIP = "shell-strip"
STRIP_PULSE = "shell-strip-pulse"
STRIP_TITLE = "shell-strip-title"
STRIP_STAGE = "shell-strip-stage"
STRIP_BAR = "shell-strip-bar"
STRIP_CANCEL = "shell-strip-cancel"
STRIP_CLOSE = "shell-strip-close"
LOCATION = "_pages_location"

PARENT = os.getpid()

LINKS: list[tuple[str, Icon, str]] = [
    ("/", "home", "Home"),
    ("/graphs/new", "new", "New graph"),
    ("/graphs", "library", "Graphs"),
    ("/dictionaries", "dictionary", "Dictionaries"),
    ("/jobs", "jobs", "Jobs"),
]
LINK_IDS = [f"shell-link-{number}" for number in range(len(LINKS))]

INDEX = """<!DOCTYPE html>
<html lang="en">
<head>{%metas%}<meta name="color-scheme" content="light dark"><title>{%title%}</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml"><script src="/assets/head.js"></script>{%css%}</head>
<body>{%app_entry%}<footer>{%config%}{%scripts%}{%renderer%}</footer></body>
</html>"""


def layout() -> dmc.MantineProvider:
    """The frame of every page."""
    return dmc.MantineProvider(
        [
            dcc.Store(id=JOB, storage_type="local"),
            dcc.Store(id=REVISION),
            dcc.Store(id=LIBRARY),
            dcc.Store(id=ALIVE),
            dcc.Store(id=FOLLOWED),
            dcc.Interval(id=CLOCK, interval=1000),
            dmc.NotificationContainer(id=NOTICES, position="bottom-right", limit=4),
            html.Div("The dashboard does not answer. What is shown may be out of date.", id=OFFLINE, className="offline"),
            dmc.AppShell(
                [header(), navigation(), dmc.AppShellMain(dash.page_container)],
                header={"height": 44},
                navbar={"width": 84, "breakpoint": 0},
                padding=0,
            ),
        ],
        theme=THEME,
        defaultColorScheme="auto",
    )


def header() -> dmc.AppShellHeader:
    """Name, workspace, the followed job, the switch of dark and light."""
    path = str(_services.workspace().path)
    return dmc.AppShellHeader(
        [
            dcc.Link([html.Span(className="logo"), "CLT Lab"], href="/", className="brand"),
            html.Span(html.Bdi(path), className="workspace clip", title=f"workspace: {path}"),
            strip(),
            dmc.ColorSchemeToggle(
                lightIcon=icon("sun"),
                darkIcon=icon("moon"),
                variant="subtle",
                color="gray",
                size="md",
                **labelled("dark or light"),
            ),
        ],
        className="header",
    )


def labelled(text: str) -> Any:
    """What a button without text is called by a screen reader."""
    return {"aria-label": text}


def strip() -> html.Div:
    """The followed job in one line; hidden when there is none."""
    return html.Div(
        [
            html.Span(id=STRIP_PULSE, className="pulse"),
            dcc.Link("", id=STRIP_TITLE, href="/jobs", className="strip-title clip"),
            html.Span("", id=STRIP_STAGE, className="strip-stage clip"),
            dmc.Progress(id=STRIP_BAR, value=0, size="sm", radius="xl", className="strip-bar"),
            dmc.Button("Cancel", id=STRIP_CANCEL, variant="subtle", color="gray", size="compact-xs"),
            dmc.ActionIcon(
                icon("cancel", size=12), id=STRIP_CLOSE, variant="subtle", color="gray", size="sm", **labelled("dismiss")
            ),
        ],
        id=STRIP,
        className="strip",
        hidden=True,
    )


def navigation() -> dmc.AppShellNavbar:
    """Links to the pages."""
    links: list[Component] = []
    for id_, (href, name, text) in zip(LINK_IDS, LINKS, strict=True):
        live = [html.Span("", id=N_LIVE, className="n-live")] if href == "/jobs" else []
        links.append(dcc.Link([icon(name, size=20), html.Span(text), *live], id=id_, href=href, className="nav-link"))
    return dmc.AppShellNavbar(html.Nav(links), className="navigation")


def tick(_n: int | None, known: str | None, known_library: str | None) -> tuple[Any, Any, Any, float]:
    """The state of the workspace, after workers that are gone were noticed and workers that are needed were started."""
    workspace = _services.workspace()
    jobs.reap(workspace)
    lanes.ensure_workers(workspace)
    n_live = len(jobs.list_jobs(workspace, states=LIVE))
    revision = _live.revision(workspace)
    library = _live.library_revision(workspace)
    changed, library_changed = revision != known, library != known_library
    return (
        revision if changed else no_update,
        str(n_live or "") if changed else no_update,
        library if library_changed else no_update,
        time.time(),
    )


def show_strip(_revision: str | None, job_id: str | None) -> tuple[Any, ...]:
    """The followed job as the table has it."""
    job = _live.current(_services.workspace(), job_id)
    if job is None:
        return (True, *[no_update] * 7)
    live = job.state in LIVE
    title = f"{job.title}: open" if job.state == "done" else job.title
    stage = stage_text(job) if job.state != "done" else "done"
    return False, title, target(job), stage, 100 * job.fraction, COLORS[job.state], live, not live or job.cancelling


def follow(set_progress: Callable[[list[Any]], None], job_id: str | None) -> str | None:
    """Relay the progress of a job until it ends.  Runs in a process of its own, which leaves when the dashboard does."""
    workspace = _services.workspace()
    while (job := _live.current(workspace, job_id)) is not None and job.state in LIVE:
        if os.getppid() != PARENT:
            os._exit(0)  # A fork holds the dashboard's port: staying would keep the next dashboard from starting.
        set_progress([stage_text(job), 100 * job.fraction])
        time.sleep(0.2)
    return job.state if job else None


def cancel(n: int | None, job_id: str | None) -> bool:
    """Ask the followed job to stop."""
    require_click(n)
    workspace = _services.workspace()
    job = _live.current(workspace, job_id)
    if job is not None and job.state in LIVE:
        jobs.cancel(workspace, job.id)
    return True


def dismiss(n: int | None) -> None:
    """Follow no job."""
    require_click(n)


def register(app: Dash) -> None:
    """Connect the callbacks of the shell to `app`."""
    clock, alive, job = Input(CLOCK, "n_intervals"), Output(ALIVE, "data"), Input(JOB, "data")
    revision, library = Output(REVISION, "data"), Output(LIBRARY, "data")
    known = State(REVISION, "data"), State(LIBRARY, "data")
    app.callback(revision, Output(N_LIVE, "children"), library, alive, clock, *known)(tick)
    app.callback(
        Output(STRIP, "hidden"),
        Output(STRIP_TITLE, "children"),
        Output(STRIP_TITLE, "href"),
        Output(STRIP_STAGE, "children"),
        Output(STRIP_BAR, "value"),
        Output(STRIP_BAR, "color"),
        Output(STRIP_CLOSE, "disabled"),
        Output(STRIP_CANCEL, "disabled"),
        Input(REVISION, "data"),
        job,
    )(show_strip)
    app.callback(
        Output(FOLLOWED, "data"),
        job,
        background=True,
        interval=400,
        progress=[Output(STRIP_STAGE, "children"), Output(STRIP_BAR, "value")],
        running=[(Output(STRIP_PULSE, "className"), "pulse on", "pulse")],
        cancel=[Input(STRIP_CANCEL, "n_clicks")],
        prevent_initial_call=True,
    )(follow)
    app.callback(
        Output(STRIP_CANCEL, "disabled", allow_duplicate=True),
        Input(STRIP_CANCEL, "n_clicks"),
        State(JOB, "data"),
        prevent_initial_call=True,
    )(cancel)
    app.callback(Output(JOB, "data", allow_duplicate=True), Input(STRIP_CLOSE, "n_clicks"), prevent_initial_call=True)(dismiss)
    app.clientside_callback(
        ClientsideFunction("shell", "activeLinks"), *[Output(id_, "className") for id_ in LINK_IDS], Input(LOCATION, "pathname")
    )
    app.clientside_callback(ClientsideFunction("shell", "offline"), Output(OFFLINE, "className"), clock, State(ALIVE, "data"))
