"""Language models: fetched, loaded through TransformerLens without folding, tokenised with BOS first."""

import fcntl
import hashlib
import re
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import torch
from safetensors import SafetensorError
from torch import Tensor
from transformer_lens import HookedTransformer, HookedTransformerConfig
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedModel, PreTrainedTokenizerFast

from clt_core import conversion, references
from clt_core.errors import InputError
from clt_core.events import Events
from clt_core.files import replacing
from clt_core.gguf_models import convert_gguf
from clt_core.hub_models import fetch_hub
from clt_core.smollm2 import fetch_gguf


@dataclass(frozen=True, eq=False, kw_only=True)
class LoadedModel:
    """A language model in memory."""

    reference: str
    """What named it."""

    hash: str
    """SHA-256 over names, shapes and values of the weights as they are on disk, whatever dtype they are loaded in."""

    cfg: HookedTransformerConfig
    state_dict: dict[str, Tensor]
    """Weights by TransformerLens name, nothing folded; every model that `hooked` makes shares them."""

    tokenizer: PreTrainedTokenizerFast
    directory: Path
    """Its Hugging Face directory."""

    @property
    def bos(self) -> int:
        """The id of BOS, with which every sequence starts."""
        bos = self.tokenizer.bos_token_id
        assert isinstance(bos, int)  # load_tokenizer accepts no other
        return bos

    @overload
    def hooked(self) -> HookedTransformer: ...
    @overload
    def hooked(self, kind: type[conversion.Hooked]) -> conversion.Hooked: ...
    def hooked(self, kind: type[HookedTransformer] = HookedTransformer) -> HookedTransformer:
        """A new TransformerLens model of class `kind` on these weights: no copy, no gradients, evaluation mode."""
        return conversion.build(kind, self.cfg, self.state_dict, self.tokenizer)


def fetch(reference: str, models_dir: Path, events: Events) -> Path:
    """The local Hugging Face directory of a model.  smollm2 and .gguf files are dequantised into `models_dir` once.

    Raises:
        InputError: if the reference names no model, or it cannot be fetched.
    """
    parsed = references.parse(reference)
    if parsed.kind == "directory":
        return Path(parsed.value)
    if parsed.kind == "hub":
        return fetch_hub(parsed.value, events)
    target = models_dir / _directory_name(parsed)
    with _only_one(models_dir):
        if target.is_dir():
            return target
        for left_behind in models_dir.glob(f".{target.name}.*"):
            shutil.rmtree(left_behind)
        with replacing(target) as directory, tempfile.TemporaryDirectory(dir=models_dir, prefix=f".{target.name}.") as scratch:
            gguf = Path(parsed.value) if parsed.kind == "gguf" else fetch_gguf(Path(scratch), events.part(0, 0.6))
            convert_gguf(gguf, directory, events.part(0 if parsed.kind == "gguf" else 0.6, 1))
    events.progress(1.0, f"{target.name} is ready")
    return target


def load(
    reference: str, models_dir: Path, *, device: torch.device, dtype: torch.dtype = torch.float32, events: Events
) -> LoadedModel:
    """The model that `reference` names, on `device`, checked to predict what Hugging Face's own code predicts.

    Raises:
        InputError: if it cannot be fetched or read, or its architecture or tokenizer is not supported.
    """
    directory = fetch(reference, models_dir, events.part(0, 0.5))
    events.progress(0.5, "loading the tokenizer")
    tokenizer = load_tokenizer(directory)
    events.progress(0.6, "loading the weights")
    model = _hugging_face_model(directory)
    weights_hash = _hash(dict(model.named_parameters()))
    model.to(device=device, dtype=dtype).eval()  # type: ignore[arg-type]  # transformers wraps `to` without its types
    cfg, state_dict = conversion.convert(model)
    conversion.set_names(cfg, reference, directory, tokenizer)
    loaded = LoadedModel(
        reference=reference, hash=weights_hash, cfg=cfg, state_dict=state_dict, tokenizer=tokenizer, directory=directory
    )
    events.progress(0.8, "checking the logits")
    conversion.check_logits(model, loaded.hooked())
    return loaded


def resolve_device(device: str) -> torch.device:
    """The device that auto, cpu or cuda means on this machine.

    Raises:
        InputError: for another name, or for cuda on a machine without it.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise InputError(f"device must be auto, cpu or cuda, got {device!r}")
    if device == "cuda" and not torch.cuda.is_available():
        raise InputError("device is cuda, but this machine has no usable GPU: choose auto or cpu")
    return torch.device("cuda" if device != "cpu" and torch.cuda.is_available() else "cpu")


def load_tokenizer(directory: Path) -> PreTrainedTokenizerFast:
    """The tokenizer in `directory`.

    Raises:
        InputError: if there is none, or it has no BOS token or no fast implementation.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(directory, local_files_only=True)
    except (OSError, ValueError) as error:
        raise InputError(f"there is no usable tokenizer in {directory}: save the model's tokenizer there") from error
    if not isinstance(tokenizer, PreTrainedTokenizerFast):
        raise InputError(f"the tokenizer in {directory} has no fast implementation: save one with a tokenizer.json")
    if tokenizer.bos_token_id is None:
        raise InputError(
            f"the tokenizer in {directory} has no BOS token, which every prompt here starts with: "
            "use a model that has one, or set bos_token in the tokenizer_config.json of a local copy"
        )
    return tokenizer


def encode_prompt(model: LoadedModel, prompt: str) -> list[int]:
    """The tokens of `prompt`, BOS first, also if the prompt starts with the text of BOS itself.

    Raises:
        InputError: for an empty prompt, one longer than the model's context, and one with half a character or a token
            that the model has no embedding for.
    """
    try:
        prompt.encode()
    except UnicodeEncodeError as error:
        raise InputError(f"character {error.start + 1} of the prompt is no Unicode text: take it out") from error
    ids = model.tokenizer.encode(prompt, add_special_tokens=False)
    ids = ids[1:] if ids[:1] == [model.bos] else ids
    if not prompt.strip() or not ids:
        raise InputError("the prompt is empty: write the text whose next token is of interest")
    if len(ids) + 1 > model.cfg.n_ctx:
        raise InputError(
            f"the prompt has {len(ids) + 1} tokens with BOS, the context of {model.reference} is {model.cfg.n_ctx}: shorten it"
        )
    if max(ids) >= model.cfg.d_vocab:
        text = token_texts(model.tokenizer, [max(ids)])[0]
        raise InputError(f"the model {model.reference} has no embedding for the token {text!r}: take it out of the prompt")
    return [model.bos, *ids]


def token_texts(tokenizer: PreTrainedTokenizerFast, ids: Sequence[int]) -> list[str]:
    """One text a token; bytes that are no UTF-8 by themselves are shown as \\xNN.  Spaces and line ends stay as they are."""
    decoder = tokenizer.backend_tokenizer.decoder
    byte_level = decoder is not None and b"ByteLevel" in decoder.__getstate__()
    added = tokenizer.added_tokens_decoder
    texts = []
    for index, token in zip(ids, tokenizer.convert_ids_to_tokens(list(ids)), strict=True):
        if index in added:
            texts.append(token)
        elif token is None:
            texts.append(f"<{index}>")
        elif byte_level:
            texts.append(bytes(BYTES[char] for char in token).decode("utf-8", errors="backslashreplace"))
        else:
            texts.append(re.sub(r"<0x([0-9A-F]{2})>", _byte_text, token).replace("\u2581", " "))
    return texts


def _byte_text(match: re.Match[str]) -> str:
    """The text of a byte token such as <0x0A>."""
    return bytes([int(match[1], 16)]).decode("utf-8", errors="backslashreplace")


def _byte_alphabet() -> dict[str, int]:
    """The byte that each character of a byte-level vocabulary stands for: printable ones themselves, others from U+0100 on."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {chr(byte): byte for byte in printable} | {chr(0x100 + n): byte for n, byte in enumerate(others)}


BYTES = _byte_alphabet()


def _hugging_face_model(directory: Path) -> PreTrainedModel:
    """The model in `directory`, in the dtype that it was saved in.

    Raises:
        InputError: if it cannot be read or lacks weights.
    """
    try:
        loaded: Any = AutoModelForCausalLM.from_pretrained(
            directory, dtype="auto", local_files_only=True, output_loading_info=True
        )
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().split("\n")[0]
        raise InputError(f"{directory} holds no causal language model that can be read: {reason}") from error
    model, info = loaded
    missing = sorted(info["missing_keys"])
    if missing:
        raise InputError(f"the model in {directory} lacks {len(missing)} weights, such as {missing[0]}: fetch or save it again")
    return model


def _hash(weights: dict[str, Tensor]) -> str:
    """SHA-256 over names, dtypes, shapes and bytes, whatever the order of `weights`."""

    def digest(name: str) -> bytes:
        tensor = weights[name].detach().contiguous()
        values: Any = tensor.reshape(-1).view(torch.uint8).numpy()
        return f"{name} {tensor.dtype} {list(tensor.shape)} {hashlib.sha256(values).hexdigest()}\n".encode()

    with ThreadPoolExecutor() as pool:
        return hashlib.sha256(b"".join(pool.map(digest, sorted(weights)))).hexdigest()


def _directory_name(reference: references.Reference) -> str:
    """Name of the directory of a dequantised model: the same as long as the .gguf file is the same."""
    if reference.kind == "smollm2":
        return "smollm2"
    path = Path(reference.value)
    stat = path.stat()
    identity = hashlib.sha256(f"{path} {stat.st_size} {stat.st_mtime_ns}".encode()).hexdigest()[:8]
    return re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") + f"-{identity}"


@contextmanager
def _only_one(models_dir: Path) -> Iterator[None]:
    """Keeps other processes from fetching into `models_dir` meanwhile."""
    models_dir.mkdir(parents=True, exist_ok=True)
    with (models_dir / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
