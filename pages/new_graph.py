"""New graph: a prompt, what the model makes of it, a dictionary, the settings; then the job until the graph is there."""

import json
from dataclasses import asdict
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, callback, dcc, html, no_update

from clt_core.config import DEMO_PROMPT, AttributeConfig
from components.dictionary_views import shape
from components.icons import icon
from components.job_views import COLORS, LIVE, headline, job_href, job_line, target
from components.notices import empty, notice
from components.prompt_preview import preview_waiting, prompt_preview
from components.quantities import decimal
from components.settings_form import settings_inputs, settings_values
from pages import _services, _shell
from pages._clicks import require_click
from store import jobs, lanes
from store.dictionaries import DictionaryRow, get_dictionary, list_dictionaries
from store.jobs import Job
from store.workspace import Workspace

dash.register_page(__name__, path="/graphs/new", title="New graph | CLT Lab", order=1)

PROMPT = "new_graph-prompt"
DICTIONARY = "new_graph-dictionary"
DICTIONARY_NOTE = "new_graph-dictionary-note"
SUBMIT = "new_graph-submit"
CANCEL = "new_graph-cancel"
JOB = "new_graph-job"
WATCHED = "new_graph-watched"
PREVIEW_JOB = "new_graph-preview-job"
PREVIEW = "new_graph-preview"
PREVIEW_SHOWN = "new_graph-preview-shown"
PREVIEW_CLOCK = "new_graph-preview-clock"
LOCATION = "new_graph-location"
STATUS = "new_graph-status"
SETTING = "new_graph-setting"

SETTINGS = ["max_n_logits", "desired_logit_prob", "max_feature_nodes", "node_threshold", "edge_threshold", "batch_size"]
N_TITLE = 48
"""Characters of a prompt in the title of its job."""


def layout(prompt: str = DEMO_PROMPT, dictionary: str | None = None, **_: str) -> html.Div:
    """The form, filled with `prompt` and `dictionary`, beside the preview."""
    rows = list_dictionaries(_services.workspace())
    names = [row.meta.name for row in rows]
    newest = max(rows, key=lambda row: row.meta.provenance.get("created", ""), default=None)
    chosen = dictionary if dictionary in names else newest and newest.meta.name
    stores = [
        dcc.Store(id=JOB, storage_type="session"),
        dcc.Store(id=WATCHED),
        dcc.Location(id=LOCATION, refresh="callback-nav"),
        dcc.Store(id=PREVIEW_JOB),
        dcc.Store(id=PREVIEW_SHOWN),
        dcc.Interval(id=PREVIEW_CLOCK, interval=250, disabled=True),
    ]
    form = html.Div([prompt_part(prompt), dictionary_part(rows, chosen), settings_part(), submit_part()], className="form")
    side = html.Div(
        [
            html.Div(id=STATUS),
            html.Section([html.H2("Preview"), html.Div(nothing_to_preview(chosen), id=PREVIEW)], className="card preview"),
        ]
    )
    return html.Div([*stores, html.H1("New graph"), html.Div([form, side], className="columns even")], className="page")


def prompt_part(prompt: str) -> html.Section:
    """The prompt, and what of its next token is explained."""
    area = dmc.Textarea(
        id=PROMPT,
        value=prompt,
        debounce=400,
        autosize=True,
        minRows=3,
        maxRows=12,
        label="Prompt",
        description="The graph explains the token that comes after it: the most probable ones, until they reach "
        "the share of probability below.",
        classNames={"input": "prompt-input"},
    )
    return html.Section(area)


def dictionary_part(rows: list[DictionaryRow], chosen: str | None) -> html.Section:
    """The choice of the dictionary, or how to get one."""
    choices = [{"value": row.meta.name, "label": f"{row.meta.name} ({row.meta.architecture.upper()})"} for row in rows]
    select = dmc.Select(
        id=DICTIONARY,
        data=choices,
        value=chosen,
        label="Dictionary",
        description="The transcoders whose features become the nodes; it also decides the base model.",
        allowDeselect=False,
        searchable=len(choices) > 8,
        display="block" if rows else "none",
    )
    train = dcc.Link("Train a dictionary", href="/dictionaries", className="button")
    missing = [] if rows else [empty("No dictionary yet", "A graph needs one.", icon_name="dictionary", action=train)]
    return html.Section([select, html.Div(id=DICTIONARY_NOTE, className="muted note"), *missing])


def settings_part() -> dmc.Accordion:
    """The settings that have defaults."""
    inputs = settings_inputs(AttributeConfig, type_id=SETTING, names=SETTINGS)
    return dmc.Accordion(
        dmc.AccordionItem(
            [dmc.AccordionControl("Settings"), dmc.AccordionPanel(html.Div(inputs, className="fields"))],
            value="settings",
        ),
        variant="separated",
        chevronPosition="left",
    )


def submit_part() -> html.Div:
    """What can be done with the form."""
    submit = dmc.Button("Compute graph", id=SUBMIT, leftSection=icon("play", size=14), disabled=True)
    return html.Div([submit, dmc.Button("Cancel", id=CANCEL, variant="default", display="none")], className="actions")


def nothing_to_preview(name: str | None) -> html.P:
    """The place of the preview while there is no prompt or no dictionary."""
    text = "Write a prompt to see its tokens and what the model would say next."
    return html.P(
        text if name else "A dictionary decides the model that the preview asks; there is none yet.", className="muted"
    )


@callback(Output(DICTIONARY_NOTE, "children"), Output(SUBMIT, "disabled"), Input(DICTIONARY, "value"), Input(PROMPT, "value"))
def show_choice(name: str | None, prompt: str | None) -> tuple[str, bool]:
    """What the dictionary is, and whether the form can be submitted."""
    row = get_dictionary(_services.workspace(), name) if name else None
    if row is None:
        return "", True
    explained = decimal(row.mean_explained_variance)
    return f"{row.meta.model} · {shape(row)} · explained variance {explained}", not (prompt or "").strip()


@callback(
    Output(PREVIEW_JOB, "data"),
    Output(PREVIEW, "children"),
    Input(PROMPT, "value"),
    Input(DICTIONARY, "value"),
    State(PREVIEW_JOB, "data"),
)
def ask_preview(prompt: str | None, name: str | None, before: str | None) -> tuple[str | None, Any]:
    """Ask the engine for a preview; one that is no longer wanted is cancelled."""
    workspace = _services.workspace()
    if before is not None and (old := jobs.get(workspace, before)) is not None and old.state == "queued":
        jobs.cancel(workspace, before)
    row = get_dictionary(workspace, name) if name else None
    if row is None or not (prompt or "").strip():
        return None, nothing_to_preview(name)
    job = jobs.submit(workspace, "preview", {"model": row.meta.model, "prompt": prompt}, title="Preview of a prompt")
    lanes.ensure_worker(workspace, lanes.lane_of("preview"))
    return job, no_update if before else preview_waiting("Asking the model")


@callback(Output(PREVIEW_CLOCK, "disabled"), Input(PREVIEW_JOB, "data"), Input(PREVIEW_SHOWN, "data"))
def stop_clock(wanted: str | None, shown: str | None) -> bool:
    """Whether there is nothing to wait for.

    The clock stops for the preview that is wanted, not for the last answer: that may be to a prompt changed since.
    """
    return wanted is None or wanted == shown


@callback(
    Output(PREVIEW, "children", allow_duplicate=True),
    Output(PREVIEW_SHOWN, "data"),
    Input(PREVIEW_CLOCK, "n_intervals"),
    State(PREVIEW_JOB, "data"),
    prevent_initial_call=True,
)
def show_preview(_n: int | None, job_id: str | None) -> tuple[Any, Any]:
    """The preview as soon as it is there."""
    job = jobs.get(_services.workspace(), job_id) if job_id else None
    if job is None:
        return no_update, job_id
    if job.state in LIVE:
        return slow_preview(job), no_update
    return preview_result(job), job_id


def slow_preview(job: Job) -> Any:
    """What to show while the preview is being made: at first what was there, then why it takes long."""
    if job.state == "running" and job.stage:
        return preview_waiting(job.stage)
    return no_update


def preview_result(job: Job) -> html.Div | dmc.Alert:
    """The preview, or why there is none."""
    if job.state == "done" and job.result is not None:
        return prompt_preview(job.result)
    return notice(job.error or f"The preview was {job.state}.", tone="warning", title="No preview")


@callback(
    Output(JOB, "data"),
    Output(_shell.JOB, "data", allow_duplicate=True),
    Input(SUBMIT, "n_clicks"),
    State(PROMPT, "value"),
    State(DICTIONARY, "value"),
    State({"type": SETTING, "field": ALL}, "id"),
    State({"type": SETTING, "field": ALL}, "value"),
    prevent_initial_call=True,
)
def submit(
    n: int | None, prompt: str | None, name: str | None, ids: list[dict[str, str]], values: list[Any]
) -> tuple[str, str]:
    """Submit the job that computes the graph, and follow it."""
    require_click(n)
    entered = {id_["field"]: value for id_, value in zip(ids, values, strict=True)}
    job = submit_graph(_services.workspace(), prompt or "", name or "", entered)
    return job, job


def submit_graph(workspace: Workspace, prompt: str, name: str, entered: dict[str, Any]) -> str:
    """Id of the job that computes the graph; the live one if the same graph is being computed.

    Raises:
        InputError: if the prompt, the dictionary or a setting will not do.
    """
    config = AttributeConfig.from_dict({"prompt": prompt, "dictionary": name, **settings_values(AttributeConfig, entered)})
    params = asdict(config)
    key = "attribute " + json.dumps(params, sort_keys=True)
    job = jobs.submit(workspace, "attribute", params, title=f"Graph of “{shortened(prompt)}”", key=key)
    lanes.ensure_worker(workspace, lanes.lane_of("attribute"))
    return job


def shortened(prompt: str) -> str:
    """The end of a prompt, which the graph is about, on one line."""
    text = " ".join(prompt.split())
    return text if len(text) <= N_TITLE else "…" + text[1 - N_TITLE :]


@callback(
    Output(STATUS, "children"),
    Output(CANCEL, "display"),
    Output(WATCHED, "data"),
    Output(LOCATION, "href"),
    Input(_shell.REVISION, "data"),
    Input(JOB, "data"),
    State(WATCHED, "data"),
)
def show_status(_revision: str | None, job_id: str | None, watched: str | None) -> tuple[Any, ...]:
    """The submitted job; one that was seen to run leads to its graph when it is done."""
    job = jobs.get(_services.workspace(), job_id) if job_id else None
    if job is None:
        return None, "none", None, no_update
    if job.state in LIVE:
        return html.Div(job_line(job), className="card"), "inline-flex", job.id, no_update
    return job_outcome(job), "none", None, target(job) if job.state == "done" and watched == job.id else no_update


def job_outcome(job: Job) -> html.Div | dmc.Alert:
    """How the job ended, and where to go from there."""
    if job.state == "done":
        return html.Div(
            [icon("done"), html.Span(job.title), dcc.Link("Open", href=target(job), className="button")], className="banner"
        )
    link = dcc.Link("Show the job", href=job_href(job.id))
    text = headline(job.error) or f"The job was {job.state}."
    return dmc.Alert(
        [html.P(text), link], title=f"{job.title}: {job.state}", color=COLORS[job.state], variant="light", icon=icon("warning")
    )


@callback(Output(CANCEL, "disabled"), Input(CANCEL, "n_clicks"), State(JOB, "data"), prevent_initial_call=True)
def cancel(n: int | None, job_id: str | None) -> bool:
    """Ask the submitted job to stop."""
    require_click(n)
    if job_id:
        jobs.cancel(_services.workspace(), job_id)
    return False
