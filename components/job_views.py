"""Jobs as people see them: state, progress, time, what came of them."""

import time
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import dash_mantine_components as dmc
from dash import dcc, html
from dash.development.base_component import Component

from components.icons import Icon, icon
from components.quantities import MISSING, ago, duration, percent
from store.jobs import Job

LIVE = ("queued", "running")
STATES = ("queued", "running", "done", "failed", "cancelled", "lost")
COLORS = {"queued": "gray", "running": "blue", "done": "teal", "failed": "red", "cancelled": "gray", "lost": "orange"}
ICONS: dict[str, Icon] = {"done": "done", "failed": "error", "lost": "warning", "cancelled": "cancel"}
N_STAGES = 12
KINDS = {"fetch": "model", "train": "training", "evaluate": "evaluation", "attribute": "graph", "preview": "preview"}


def state_badge(state: str) -> dmc.Badge:
    """The state as a small coloured word."""
    return dmc.Badge(state, color=COLORS[state], variant="light", size="sm", radius="sm", className="state")


def elapsed(job: Job, now: float | None = None) -> float | None:
    """Seconds that the job has run, or ran; None before it starts."""
    if job.started is None:
        return None
    return (job.finished or now or time.time()) - job.started


def progress_bar(job: Job) -> dmc.Progress:
    """The share of the job that is done."""
    return dmc.Progress(
        value=100 * job.fraction,
        color=COLORS[job.state],
        size="sm",
        radius="xl",
        className="bar",
        animated=job.state == "running",
    )


def stage_text(job: Job) -> str:
    """What the job is doing, waits for, or ended with."""
    if job.state == "queued":
        return "waits for the job before it" if job.after else "waits for its turn"
    if job.cancelling:
        return "is being cancelled"
    if job.state == "running":
        return job.stage or "starting"
    return headline(job.error) or job.stage or job.state


def headline(error: str | None) -> str:
    """The first line of an error; lines of a log may follow it."""
    return error.splitlines()[0] if error else ""


def target(job: Job) -> str:
    """The address of what the job made, or of the job itself."""
    result = job.result or {}
    if job.state == "done" and "graph" in result:
        return f"/graph/{quote(result['graph'])}"
    if job.state == "done" and "dictionary" in result:
        return f"/dictionaries?name={quote(result['dictionary'])}"
    return job_href(job.id)


def job_href(job_id: str) -> str:
    """The address of a job's details."""
    return f"/jobs?job={quote(job_id)}"


def job_line(job: Job) -> html.Div:
    """One live job in a list: title, stage, bar, time."""
    return html.Div(
        [
            html.Div(
                [dcc.Link(job.title, href=target(job), className="line-title"), state_badge(job.state)], className="line-head"
            ),
            progress_bar(job),
            html.Div(
                [
                    html.Span(stage_text(job), className="clip"),
                    html.Span(f"{percent(job.fraction)} · {duration(elapsed(job))}"),
                ],
                className="line-foot",
            ),
        ],
        className="job-line",
    )


def step(number: int, job: Job) -> html.Li:
    """One step of a chain of jobs: where it is, and how it went."""
    mark = icon(ICONS[job.state]) if job.state in ICONS else html.Span(str(number))
    title: Component = dcc.Link(job.title, href=target(job)) if job.state == "done" else html.Span(job.title)
    body: list[Component] = [html.Div([title, html.Span(step_time(job), className="numbers")], className="step-title")]
    if job.state != "done":
        body.append(html.Div(stage_text(job), className="step-stage"))
    if job.state == "running":
        body.append(progress_bar(job))
    return html.Li(
        [html.Span(mark, className="step-mark"), html.Div(body, className="step-body")], className=f"step {job.state}"
    )


def step_time(job: Job) -> str:
    """Per cent and time of a running job, the time of one that has ended."""
    if job.state == "running":
        return f"{percent(job.fraction)} · {duration(elapsed(job))}"
    return duration(elapsed(job)) if job.started else ""


def job_row(job: Job) -> dict[str, Any]:
    """The job as a row of the grid."""
    return {
        "id": job.id,
        "title": job.title,
        "kind": KINDS.get(job.kind, job.kind),
        "state": job.state,
        "stage": stage_text(job),
        "fraction": round(job.fraction, 3),
        "elapsed": duration(elapsed(job)),
        "seconds": elapsed(job) or 0,
        "attempt": job.attempt,
        "created": ago(job.created),
        "created_at": job.created,
    }


def facts(pairs: dict[str, str | None]) -> html.Dl:
    """Names and values, one pair a line."""
    return html.Dl(
        [html.Div([html.Dt(name), html.Dd(value if value else MISSING, title=value or "")]) for name, value in pairs.items()],
        className="facts",
    )


def job_detail(job: Job, *, stages: Sequence[dict[str, Any]], log: str, parameters: str) -> html.Div:
    """Everything that is kept of a job: `stages` are its progress events, `log` the last lines of its log."""
    parts: list[Component] = [
        html.Div([html.H2(job.title), state_badge(job.state)], className="section-head"),
        progress_bar(job),
        html.Div([html.Span(stage_text(job)), html.Span(step_time(job), className="numbers")], className="line-foot"),
    ]
    if job.error:
        parts.append(html.Pre(job.error, className=f"log error {job.state}"))
    if job.state == "done" and target(job) != job_href(job.id):
        parts.append(dcc.Link([icon("open", size=14), "Open the result"], href=target(job), className="button"))
    return html.Div(
        [
            *parts,
            facts({"Submitted": ago(job.created), "Attempt": str(job.attempt), "Lane": job.lane, "Id": job.id}),
            html.H3("Stages"),
            stage_list(stages) if stages else html.P("None yet.", className="muted"),
            html.H3("Log"),
            html.Pre(log, className="log") if log else html.P("Nothing yet.", className="muted"),
            html.H3("Parameters"),
            html.Pre(parameters, className="log"),
        ]
    )


def stage_list(events: Sequence[dict[str, Any]]) -> html.Ol:
    """Each stage once, with the time from its first word to the next stage's; digits that count up are no new stage."""
    firsts: list[dict[str, Any]] = []
    for event in events:
        if not firsts or wording(event["stage"]) != wording(firsts[-1]["stage"]):
            firsts.append(event)
        else:
            firsts[-1] = {**event, "time": firsts[-1]["time"]}
    ends = [following["time"] for following in firsts[1:]] + [events[-1]["time"]]
    items = [
        html.Li([html.Span(first["stage"], className="clip"), html.Span(duration(end - first["time"]), className="numbers")])
        for first, end in zip(firsts, ends, strict=True)
    ]
    return html.Ol(items[-N_STAGES:], className="stages")


def wording(stage: str) -> str:
    """The stage without its digits."""
    return "".join(character for character in stage if not character.isdigit())
