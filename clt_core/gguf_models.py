"""Models in .gguf files, turned once into Hugging Face directories with float32 weights and a fast tokenizer."""

from pathlib import Path
from typing import Any

import torch
from gguf import GGUFReader, TokenType
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerBase, PreTrainedTokenizerFast

from clt_core.errors import InputError
from clt_core.events import Events

DIGITS_APART = ("smollm", "starcoder")
"""Values of tokenizer.ggml.pre that split numbers into digits before the byte-level split."""

PRE_TOKENIZERS = ("gpt-2", *DIGITS_APART)


def convert_gguf(gguf: Path, directory: Path, events: Events) -> None:
    """Write the model in `gguf` to `directory` as Hugging Face saves it: config, float32 safetensors, tokenizer.

    Raises:
        InputError: if the file is damaged, or its architecture or tokenizer is not supported.
    """
    events.progress(0.0, "reading the .gguf file")
    try:
        fields = {name: field for name, field in GGUFReader(gguf).fields.items() if name.startswith("tokenizer.")}
    except (ValueError, IndexError) as error:
        raise InputError(f"{gguf.name} cannot be read as a .gguf file ({error}): fetch it again") from error
    tokenizer = gguf_tokenizer({name: field.contents() for name, field in fields.items()}, gguf)
    events.progress(0.2, "dequantising the weights")
    try:
        model = AutoModelForCausalLM.from_pretrained(
            gguf.parent, gguf_file=gguf.name, dtype=torch.float32, local_files_only=True
        )
    except (ValueError, KeyError, NotImplementedError) as error:
        raise InputError(f"the architecture of {gguf.name} is not supported: {error}") from error
    events.progress(0.7, "writing the weights")
    model.save_pretrained(directory)
    tokenizer.save_pretrained(directory)


def gguf_tokenizer(metadata: dict[str, Any], gguf: Path) -> PreTrainedTokenizerBase:
    """The tokenizer that the `tokenizer.*` metadata of a .gguf file describe.

    Raises:
        InputError: if it is of a kind that is not supported.
    """
    kind = metadata.get("tokenizer.ggml.model")
    if kind == "gpt2":
        return byte_level_tokenizer(metadata, gguf)
    if kind == "llama":
        return AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name, local_files_only=True)
    raise InputError(f"{gguf.name} has a tokenizer of kind {kind}, supported are gpt2 and llama: use a Hugging Face directory")


def byte_level_tokenizer(metadata: dict[str, Any], gguf: Path) -> PreTrainedTokenizerFast:
    """The byte-level BPE tokenizer of a .gguf file.

    Raises:
        InputError: if it splits text in a way that is not supported.
    """
    pre = metadata.get("tokenizer.ggml.pre", "gpt-2")
    if pre not in PRE_TOKENIZERS:
        raise InputError(
            f"{gguf.name} splits text as {pre!r}, supported are {', '.join(PRE_TOKENIZERS)}: use a Hugging Face directory"
        )
    tokens: list[str] = metadata["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in metadata["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({token: index for index, token in enumerate(tokens)}, merges))
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.pre_tokenizer = (
        pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True), byte_level])
        if pre in DIGITS_APART
        else byte_level
    )
    tokenizer.decoder = decoders.ByteLevel()
    types = metadata["tokenizer.ggml.token_type"]
    tokenizer.add_special_tokens(_added(tokens, types, TokenType.CONTROL, special=True))
    tokenizer.add_tokens(_added(tokens, types, TokenType.USER_DEFINED, special=False))
    names = {"bos_token": "bos", "eos_token": "eos", "unk_token": "unknown", "pad_token": "padding"}
    ids = {name: metadata.get(f"tokenizer.ggml.{key}_token_id") for name, key in names.items()}
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        clean_up_tokenization_spaces=False,
        **{name: tokens[index] for name, index in ids.items() if index is not None},
    )


def _added(tokens: list[str], types: list[int], kind: TokenType, *, special: bool) -> list[AddedToken]:
    """The tokens of one kind, which text is split at before anything else."""
    return [
        AddedToken(token, special=special, normalized=False)
        for token, type_ in zip(tokens, types, strict=True)
        if type_ == kind
    ]
