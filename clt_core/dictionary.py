"""A trained transcoder on disk, in the layout that circuit-tracer's own loaders read.

CLT: `W_enc_{l}.safetensors` (W_enc_l [feature, d_model], b_enc_l, b_dec_l, threshold_l) and `W_dec_{l}.safetensors`
(W_dec_l [feature, n_layers - l, d_model]); decoders of a window are padded with zeros.  PLT: `layer_{l}.safetensors`.
Both with `config.yaml` for circuit-tracer and `dictionary.json` for us.
"""

from pathlib import Path

import torch
import yaml
from circuit_tracer.transcoder.cross_layer_transcoder import CrossLayerTranscoder
from circuit_tracer.transcoder.single_layer_transcoder import TranscoderSet
from circuit_tracer.utils.hf_utils import load_transcoder_from_hub
from safetensors.torch import load_file, save_file

from clt_core.dictionary_meta import DictionaryMeta, read_meta, write_meta
from clt_core.transcoders import Transcoder


def save_weights(transcoder: Transcoder, meta: DictionaryMeta, directory: Path) -> None:
    """Write weights, `config.yaml` and `dictionary.json` into an existing directory."""
    save = _save_plt if meta.architecture == "plt" else _save_clt
    save(transcoder, directory)
    config = {
        "model_kind": "transcoder_set" if meta.architecture == "plt" else "cross_layer_transcoder",
        "model_name": meta.model,
        "feature_input_hook": meta.input_hook,
        "feature_output_hook": meta.output_hook,
        "scan": meta.name,
    }
    (directory / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    write_meta(meta, directory)


def _save_plt(transcoder: Transcoder, directory: Path) -> None:
    for layer in range(transcoder.n_layers):
        tensors = {
            "W_enc": transcoder.W_enc[layer],
            "b_enc": transcoder.b_enc[layer],
            "W_dec": transcoder.W_dec[layer][:, 0],
            "b_dec": transcoder.b_dec[layer],
            "activation_function.threshold": transcoder.threshold[layer],
        }
        save_file({k: v.detach().cpu().contiguous() for k, v in tensors.items()}, directory / f"layer_{layer}.safetensors")


def _save_clt(transcoder: Transcoder, directory: Path) -> None:
    for layer in range(transcoder.n_layers):
        encoder = {
            f"W_enc_{layer}": transcoder.W_enc[layer],
            f"b_enc_{layer}": transcoder.b_enc[layer],
            f"b_dec_{layer}": transcoder.b_dec[layer],
            f"threshold_{layer}": transcoder.threshold[layer],
        }
        save_file({k: v.detach().cpu().contiguous() for k, v in encoder.items()}, directory / f"W_enc_{layer}.safetensors")
        decoder = torch.zeros(transcoder.n_features, transcoder.n_layers - layer, transcoder.d_model)
        decoder[:, : transcoder.n_targets(layer)] = transcoder.W_dec[layer].detach().cpu()
        save_file({f"W_dec_{layer}": decoder}, directory / f"W_dec_{layer}.safetensors")


@torch.no_grad()
def load_transcoder(directory: Path, device: torch.device) -> Transcoder:
    """The transcoder in `directory`, without the zeros that pad a window.

    Raises:
        InputError: if there is no dictionary there.
    """
    meta = read_meta(directory)
    window = 1 if meta.architecture == "plt" else meta.window
    transcoder = Transcoder(n_layers=meta.n_layers, n_features=meta.n_features, d_model=meta.d_model, window=window).to(device)
    for layer in range(meta.n_layers):
        if meta.architecture == "plt":
            tensors = load_file(directory / f"layer_{layer}.safetensors")
            threshold, W_dec = tensors["activation_function.threshold"], tensors["W_dec"][:, None]
            W_enc, b_enc, b_dec = tensors["W_enc"], tensors["b_enc"], tensors["b_dec"]
        else:
            encoder = load_file(directory / f"W_enc_{layer}.safetensors")
            W_enc, b_enc, b_dec, threshold = (encoder[f"{name}_{layer}"] for name in ("W_enc", "b_enc", "b_dec", "threshold"))
            decoder = load_file(directory / f"W_dec_{layer}.safetensors")[f"W_dec_{layer}"]
            W_dec = decoder[:, : transcoder.n_targets(layer)]
        transcoder.W_enc[layer].copy_(W_enc)
        transcoder.b_enc[layer], transcoder.threshold[layer], transcoder.b_dec[layer] = b_enc, threshold, b_dec
        transcoder.W_dec[layer].copy_(W_dec)
    return transcoder


def load_for_circuit_tracer(directory: Path, device: torch.device) -> CrossLayerTranscoder | TranscoderSet:
    """What circuit-tracer's own loader makes of the dictionary in `directory`; decoder rows are read when needed.

    Raises:
        InputError: if there is no dictionary there.
    """
    read_meta(directory)
    transcoder, _ = load_transcoder_from_hub(str(directory.resolve()), device=device, dtype=torch.float32, lazy_encoder=False)
    return transcoder
