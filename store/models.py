"""Models that are in the workspace."""

from dataclasses import dataclass
from pathlib import Path

from clt_core.files import read_json
from store.listing import listing
from store.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class ModelRow:
    """A model in a list."""

    reference: str
    """What other settings call it."""

    name: str
    directory: Path
    n_layers: int
    d_model: int


def list_models(workspace: Workspace) -> list[ModelRow]:
    """The models in the workspace, by name."""
    return list(listing(workspace.path / "models", "config.json", _read_row).values())


def _read_row(directory: Path) -> ModelRow:
    config = read_json(directory / "config.json")
    return ModelRow(
        reference=directory.name if directory.name == "smollm2" else str(directory),
        name=directory.name,
        directory=directory,
        n_layers=config["num_hidden_layers"] if "num_hidden_layers" in config else config["n_layer"],
        d_model=config["hidden_size"] if "hidden_size" in config else config["n_embd"],
    )
