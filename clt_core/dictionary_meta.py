"""What is known of a dictionary besides its weights: `dictionary.json` in its directory.  No torch here."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from clt_core.errors import InputError
from clt_core.files import read_json, require_schema, write_json

SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class DictionaryMeta:
    """Description of a trained transcoder."""

    name: str
    """Name of its directory."""

    architecture: str
    """plt or clt."""

    window: int | None
    """Layers that a clt feature writes to, its own included; None means every later layer."""

    activation: str
    """jumprelu."""

    model: str
    """Reference of the base model."""

    model_hash: str
    """Hash of the base model's weights."""

    n_layers: int
    n_features: int
    """Features a layer."""

    d_model: int

    input_hook: str
    """TransformerLens name, within a block, of what the encoder reads."""

    output_hook: str
    """TransformerLens name, within a block, of what the decoder writes."""

    training: dict[str, Any] = field(default_factory=dict)
    """The TrainConfig, with the device that auto meant, and the seconds that it took."""

    metrics: dict[str, Any] = field(default_factory=dict)
    """Held out: explained_variance and l0, lists by layer; n_tokens; dead (share of features); l0_asymmetry."""

    provenance: dict[str, Any] = field(default_factory=dict)
    """created (ISO 8601, UTC), torch (its version), text_hash."""

    schema: int = SCHEMA


def write_meta(meta: DictionaryMeta, directory: Path) -> None:
    """Write `dictionary.json` in `directory`."""
    write_json(directory / "dictionary.json", asdict(meta))


def read_meta(directory: Path) -> DictionaryMeta:
    """The description of the dictionary in `directory`.

    Raises:
        InputError: if there is no dictionary there, or one of a later schema.
    """
    path = directory / "dictionary.json"
    if not path.is_file():
        raise InputError(f"there is no dictionary in {directory}: train one first, or check the name")
    values = read_json(path)
    require_schema(path, values["schema"], newest=SCHEMA)
    return DictionaryMeta(**values)
