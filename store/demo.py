"""The demonstration: from an empty workspace to two graphs of one prompt, as a chain of jobs."""

from dataclasses import asdict

from clt_core.config import DEMO_PROMPT, AttributeConfig, TrainConfig, demo_preset
from store.dictionaries import get_dictionary
from store.graphs import list_graphs
from store.jobs import submit
from store.models import list_models
from store.workspace import Workspace

GROUP = "demo"


def submit_demo(workspace: Workspace) -> list[str]:
    """Ids of the jobs that the demonstration still needs, in order; each waits for the one before.

    What the workspace has is not made again, and jobs that are queued or running are not submitted twice.
    """
    ids: list[str] = []
    for kind, params, title in missing(workspace):
        after = ids[-1] if ids else None
        key = training_key(str(params["name"])) if kind == "train" else f"{GROUP}: {title}"
        ids.append(submit(workspace, kind, params, title=title, after=after, group=GROUP, key=key))
    return ids


def training_key(name: str) -> str:
    """What keeps a dictionary from being trained twice at once, wherever that is asked for."""
    return f"train {name}"


def missing(workspace: Workspace) -> list[tuple[str, dict[str, object], str]]:
    """Kind, parameters and title of the parts of the demonstration that the workspace does not have yet."""
    plt, clt = demo_preset("plt"), demo_preset("clt")
    parts: list[tuple[str, dict[str, object], str]] = []
    if not any(model.reference == plt.model for model in list_models(workspace)):
        parts.append(("fetch", {"model": plt.model}, f"Fetch {plt.model}"))
    for config in (plt, clt):
        parts += _missing_of(workspace, config)
    return parts


def _missing_of(workspace: Workspace, config: TrainConfig) -> list[tuple[str, dict[str, object], str]]:
    parts: list[tuple[str, dict[str, object], str]] = []
    if get_dictionary(workspace, config.name) is None:
        parts.append(("train", asdict(config), f"Train {config.name}"))
    graphs = [row.meta for row in list_graphs(workspace)]
    if not any(meta.prompt == DEMO_PROMPT and meta.dictionary == config.name for meta in graphs):
        request = AttributeConfig(prompt=DEMO_PROMPT, dictionary=config.name)
        parts.append(("attribute", asdict(request), f"Attribute “{DEMO_PROMPT}” with {config.name}"))
    return parts
