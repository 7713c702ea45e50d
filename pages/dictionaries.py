"""Dictionaries: the trained transcoders, how good each is, layer by layer; train another and watch it; delete one."""

from dataclasses import asdict
from typing import Any

import dash
import dash_mantine_components as dmc
from dash import ALL, Input, Output, State, callback, dcc, html

from clt_core.config import TrainConfig, demo_preset
from clt_core.errors import InputError
from components.confirmation import confirmation
from components.curves import CONFIG, ORANGE, TEAL, against_tokens, by_layer
from components.dictionary_views import dictionary_card, dictionary_facts, what_is_deleted
from components.icons import icon
from components.job_views import LIVE, job_line
from components.notices import empty, notice
from components.settings_form import settings_inputs, settings_values
from pages import _services, _shell
from pages._clicks import require_click
from store import jobs, lanes
from store.demo import training_key
from store.dictionaries import DictionaryRow, delete_dictionary, get_dictionary, list_dictionaries
from store.workspace import Workspace

dash.register_page(__name__, path="/dictionaries", title="Dictionaries | CLT Lab", order=3)

NAME = "dictionaries-name"
CARDS = "dictionaries-cards"
TRAINING = "dictionaries-training"
TRAINING_JOB = "dictionaries-training-job"
LOSS = "dictionaries-loss"
EXPLAINED = "dictionaries-explained"
L0 = "dictionaries-l0"
DEMO_PLT = "dictionaries-demo-plt"
DEMO_CLT = "dictionaries-demo-clt"
SETTING = "dictionaries-setting"
TRAIN = "dictionaries-train"
LOCATION = "dictionaries-location"
DELETE = "dictionaries-delete"
CONFIRM = "dictionaries-confirm"
CONFIRM_TEXT = "dictionaries-confirm-text"
CONFIRM_YES = "dictionaries-confirm-yes"
CONFIRM_NO = "dictionaries-confirm-no"

TALL, LOW = {"height": 220}, {"height": 160}
BASIC = ["name", "architecture", "window", "model", "text", "n_features", "n_tokens", "device"]
EXPERT = ["batch_tokens", "context", "learning_rate", "sparsity", "tanh_scale", "decoder_norm", "dead_penalty", "bandwidth"]
EXPERT += ["initial_l0", "seed"]


def layout(name: str | None = None, **_: str) -> html.Div:
    """The dictionaries, the details of the one called `name`, and the forms that train one."""
    row = get_dictionary(_services.workspace(), name) if name else None
    gone = notice(f"There is no dictionary {name!r}: it may have been deleted.", tone="warning")
    main = [*([gone] if name and row is None else []), html.Div(id=CARDS), training_part(), detail_part(row)]
    return html.Div(
        [
            dcc.Store(id=NAME, data=name),
            dcc.Location(id=LOCATION, refresh="callback-nav"),
            html.H1("Dictionaries"),
            html.Div([html.Div(main), train_part()], className="columns"),
            confirmation("dictionary", id=CONFIRM, text=CONFIRM_TEXT, yes=CONFIRM_YES, no=CONFIRM_NO),
        ],
        className="page",
    )


def detail_part(row: DictionaryRow | None) -> html.Section:
    """One dictionary: its figures by layer, what is known of it and what can be done with it; hidden without one."""
    delete = dmc.Button("Delete", id=DELETE, size="xs", variant="default", leftSection=icon("trash", size=14))
    if row is None:
        return html.Section(delete, hidden=True)
    metrics = row.meta.metrics
    charts = [
        chart(
            "Explained variance by layer, held out", by_layer(metrics.get("explained_variance", []), name="explained variance")
        ),
        chart("Active features a token (L0) by layer, held out", by_layer(metrics.get("l0", []), name="L0", color=TEAL)),
    ]
    new = dcc.Link("New graph with it", href=f"/graphs/new?dictionary={row.meta.name}", className="button")
    head = html.Div([html.H2(row.meta.name), delete, new], className="section-head")
    return html.Section([head, html.Div(charts, className="charts"), dictionary_facts(row)], className="card")


def chart(title: str, figure: dict[str, Any]) -> html.Div:
    """A figure that does not change, with its title."""
    return html.Div([html.H4(title), dcc.Graph(figure=figure, config=CONFIG, style=TALL)])


def training_part() -> html.Section:
    """The training that runs, with its curves; hidden while none does."""
    curves = [(LOSS, "Loss"), (EXPLAINED, "Explained variance"), (L0, "Active features a token (L0)")]
    charts = [html.Div([html.H4(title), dcc.Graph(id=id_, config=CONFIG, style=LOW)]) for id_, title in curves]
    body = [html.H2("Training"), html.Div(id=TRAINING_JOB), html.Div(charts, className="charts three")]
    return html.Section(body, id=TRAINING, className="card", hidden=True)


def train_part() -> html.Div:
    """The forms that train a dictionary."""
    note = (
        "On SmolLM2 135M, with the documentation of the installed Python packages. "
        "About ten minutes each on two CPU cores, seconds on a GPU."
    )
    buttons = [
        dmc.Button("Train demo PLT", id=DEMO_PLT, size="xs"),
        dmc.Button("Train demo CLT", id=DEMO_CLT, size="xs", variant="light"),
    ]
    demo = [html.H2("Train the demo dictionaries"), html.P(note, className="muted"), html.Div(buttons, className="actions")]
    expert = dmc.AccordionItem(
        [dmc.AccordionControl("Optimisation and sparsity"), dmc.AccordionPanel(fields(EXPERT))], value="expert"
    )
    advanced = [
        html.H2("Train with your settings"),
        fields(BASIC),
        dmc.Accordion(expert, chevronPosition="left", variant="separated"),
        html.Div(dmc.Button("Train", id=TRAIN, size="xs"), className="actions"),
    ]
    return html.Div([html.Section(demo, className="card"), html.Section(advanced, className="card")])


def fields(names: list[str]) -> html.Div:
    """Inputs of some settings of training, one a row."""
    return html.Div(settings_inputs(TrainConfig, type_id=SETTING, names=names), className="fields")


@callback(Output(CARDS, "children"), Input(_shell.LIBRARY, "data"), State(NAME, "data"))
def show_cards(_library: str | None, name: str | None) -> html.Div:
    """Every dictionary, or how to get the first."""
    rows = list_dictionaries(_services.workspace())
    if not rows:
        return empty("No dictionary yet", "Train the demo's, or one with your own settings.", icon_name="dictionary")
    return html.Div([dictionary_card(row, selected=row.meta.name == name) for row in rows], className="cards")


@callback(
    Output(TRAINING, "hidden"),
    Output(TRAINING_JOB, "children"),
    Output(LOSS, "figure"),
    Output(EXPLAINED, "figure"),
    Output(L0, "figure"),
    Input(_shell.REVISION, "data"),
)
def show_training(_revision: str | None) -> tuple[Any, ...]:
    """The training that runs, or is next, with its curves so far."""
    workspace = _services.workspace()
    live = jobs.list_jobs(workspace, states=LIVE, kinds=["train"])
    job = min(live, key=lambda job: (job.state != "running", job.created), default=None)
    events = jobs.events(workspace, job.id) if job else []
    metrics = thinned([event for event in events if event["event"] == "metrics"])
    return (
        job is None,
        job_line(job) if job else None,
        against_tokens(metrics, "loss", name="loss", color=ORANGE),
        against_tokens(metrics, "explained_variance", name="explained variance"),
        against_tokens(metrics, "l0", name="L0", color=TEAL),
    )


def thinned(events: list[dict[str, Any]], n: int = 400) -> list[dict[str, Any]]:
    """At most about `n` of the events, evenly, the last always among them."""
    step = max(1, len(events) // n)
    return events[::-1][::step][::-1]


@callback(Output(_shell.JOB, "data", allow_duplicate=True), Input(DEMO_PLT, "n_clicks"), prevent_initial_call=True)
def train_demo_plt(n: int | None) -> str:
    """Train the demo's per-layer transcoder."""
    require_click(n)
    return submit_training(_services.workspace(), demo_preset("plt"))


@callback(Output(_shell.JOB, "data", allow_duplicate=True), Input(DEMO_CLT, "n_clicks"), prevent_initial_call=True)
def train_demo_clt(n: int | None) -> str:
    """Train the demo's cross-layer transcoder."""
    require_click(n)
    return submit_training(_services.workspace(), demo_preset("clt"))


@callback(
    Output(_shell.JOB, "data", allow_duplicate=True),
    Input(TRAIN, "n_clicks"),
    State({"type": SETTING, "field": ALL}, "id"),
    State({"type": SETTING, "field": ALL}, "value"),
    prevent_initial_call=True,
)
def train(n: int | None, ids: list[dict[str, str]], values: list[Any]) -> str:
    """Train a dictionary with the settings of the form."""
    require_click(n)
    entered = {id_["field"]: value for id_, value in zip(ids, values, strict=True)}
    return submit_training(_services.workspace(), TrainConfig.from_dict(settings_values(TrainConfig, entered)))


def submit_training(workspace: Workspace, config: TrainConfig) -> str:
    """Id of the job that trains the dictionary; the live one if it is being trained.

    Raises:
        InputError: if there is a dictionary of that name: graphs may depend on it.
    """
    if get_dictionary(workspace, config.name) is not None:
        raise InputError(f"there is a dictionary {config.name} already: choose another name")
    kind = config.architecture.upper()
    job = jobs.submit(workspace, "train", asdict(config), title=f"Train {kind} {config.name}", key=training_key(config.name))
    lanes.ensure_worker(workspace, lanes.lane_of("train"))
    return job


@callback(
    Output(CONFIRM, "opened"),
    Output(CONFIRM_TEXT, "children"),
    Input(DELETE, "n_clicks"),
    State(NAME, "data"),
    prevent_initial_call=True,
)
def ask_delete(n: int | None, name: str | None) -> tuple[bool, str]:
    """Ask before the dictionary is deleted."""
    require_click(n)
    row = get_dictionary(_services.workspace(), name or "")
    return row is not None, what_is_deleted(row) if row else ""


@callback(Output(CONFIRM, "opened", allow_duplicate=True), Input(CONFIRM_NO, "n_clicks"), prevent_initial_call=True)
def keep(n: int | None) -> bool:
    """Delete nothing."""
    require_click(n)
    return False


@callback(
    Output(CONFIRM, "opened", allow_duplicate=True),
    Output(LOCATION, "href"),
    Input(CONFIRM_YES, "n_clicks"),
    State(NAME, "data"),
    prevent_initial_call=True,
)
def delete(n: int | None, name: str | None) -> tuple[bool, str]:
    """Delete the dictionary, and show the others."""
    require_click(n)
    delete_dictionary(_services.workspace(), name or "")
    return False, "/dictionaries"
