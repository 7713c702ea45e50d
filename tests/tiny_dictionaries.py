"""Random dictionaries for tiny models, in a workspace."""

from pathlib import Path
from typing import Literal

import torch

from clt_core.dictionary import save_weights
from clt_core.dictionary_meta import DictionaryMeta
from clt_core.models import LoadedModel
from clt_core.transcoders import Transcoder

N_FEATURES = 16


@torch.no_grad()
def make_tiny_dictionary(
    workspace: Path,
    loaded: LoadedModel,
    architecture: Literal["plt", "clt"],
    *,
    window: int | None = None,
    threshold: float = 1.0,
    name: str | None = None,
) -> Path:
    """Write a random dictionary, of which about one feature in six is active on a token, and return its directory."""
    cfg, name = loaded.cfg, name or f"tiny-{architecture}"
    torch.manual_seed(1)
    written = 1 if architecture == "plt" else window
    transcoder = Transcoder(n_layers=cfg.n_layers, n_features=N_FEATURES, d_model=cfg.d_model, window=written)
    for parameter in transcoder.parameters():
        parameter.normal_(std=cfg.d_model**-0.5)
    transcoder.threshold.fill_(threshold)
    meta = DictionaryMeta(
        name=name,
        architecture=architecture,
        window=window,
        activation="jumprelu",
        model=loaded.reference,
        model_hash=loaded.hash,
        n_layers=cfg.n_layers,
        n_features=N_FEATURES,
        d_model=cfg.d_model,
        input_hook="mlp.hook_in",
        output_hook="hook_mlp_out",
    )
    directory = workspace / "dictionaries" / name
    directory.mkdir(parents=True)
    save_weights(transcoder, meta, directory)
    return directory
