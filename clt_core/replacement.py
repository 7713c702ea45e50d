"""circuit-tracer's replacement model: a language model whose MLPs are explained by a dictionary."""

from pathlib import Path

import torch
from circuit_tracer.replacement_model.replacement_model_transformerlens import TransformerLensReplacementModel

from clt_core.config import SLUG
from clt_core.dictionary import load_for_circuit_tracer
from clt_core.dictionary_meta import DictionaryMeta, read_meta
from clt_core.errors import InputError
from clt_core.models import LoadedModel


class ReplacementModel(TransformerLensReplacementModel):
    """circuit-tracer's model without its finaliser, which resets hooks and complains when the interpreter goes down."""

    def __del__(self) -> None:
        pass


def find_dictionary(workspace: Path, name: str) -> Path:
    """Directory of the dictionary `name` of the workspace.

    Raises:
        InputError: if there is none of that name; the message lists those that exist.
    """
    directory = workspace / "dictionaries" / name
    if SLUG.fullmatch(name) and (directory / "dictionary.json").is_file():
        return directory
    names = sorted(path.parent.name for path in directory.parent.glob("[!.]*/dictionary.json"))
    known = f"it has {', '.join(names)}" if names else "it has none yet, so train one first"
    raise InputError(f"there is no dictionary {name!r} in the workspace {workspace}: {known}")


def require_same_model(meta: DictionaryMeta, loaded: LoadedModel) -> None:
    """Raise InputError, naming both models, unless the dictionary was trained on the weights of `loaded`."""
    if meta.model_hash != loaded.hash:
        raise InputError(
            f"dictionary {meta.name} belongs to the model {meta.model} (hash {meta.model_hash[:12]}), not to "
            f"{loaded.reference} (hash {loaded.hash[:12]}): use a dictionary that was trained on this model, or train one"
        )


def build_replacement(loaded: LoadedModel, directory: Path) -> ReplacementModel:
    """The model with the dictionary in `directory`; it shares the weights of `loaded` and is fed tokens, not text.

    Raises:
        InputError: if there is no dictionary there, or it was trained on another model.
    """
    require_same_model(read_meta(directory), loaded)
    # The weights are in before the configuration, which renames modules; each dictionary gets a model of its own, because
    # a second configuration would wrap the MLPs twice.
    model = loaded.hooked(ReplacementModel)
    model._configure_replacement_model(load_for_circuit_tracer(directory, torch.device(loaded.cfg.device or "cpu")))
    return model
