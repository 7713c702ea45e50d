"""What the model makes of a prompt before anything is attributed: its tokens, the likely next ones, warnings."""

import unicodedata
from typing import Any

import torch
from transformer_lens import HookedTransformer

from clt_core.models import LoadedModel, encode_prompt, token_texts

N_NEXT = 10


@torch.no_grad()
def preview(model: LoadedModel, prompt: str, *, hooked: HookedTransformer | None = None) -> dict[str, Any]:
    """`tokens` of `prompt` (id, text), the ten most probable `next` ones (token, probability), and `warnings` (sentences).

    `hooked` is `model.hooked()` of an earlier call, which saves building it.

    Raises:
        InputError: for a prompt that does not fit the model, as `encode_prompt` says.
    """
    ids = encode_prompt(model, prompt)
    hooked = hooked or model.hooked()
    logits = hooked(torch.tensor([ids], device=hooked.cfg.device), return_type="logits")
    top = logits[0, -1].float().softmax(-1).topk(min(N_NEXT, logits.shape[-1]))
    texts = token_texts(model.tokenizer, top.indices.tolist())
    return {
        "tokens": [{"id": i, "text": text} for i, text in zip(ids, token_texts(model.tokenizer, ids), strict=True)],
        "next": [{"token": text, "probability": p} for text, p in zip(texts, top.values.tolist(), strict=True)],
        "warnings": warnings(prompt, special=set(model.tokenizer.all_special_ids) & set(ids[1:])),
    }


def warnings(prompt: str, *, special: set[int]) -> list[str]:
    """What is unusual in a prompt, with `special` tokens besides BOS, and changes what the model predicts."""
    found = []
    if prompt != prompt.rstrip():
        found.append("The prompt ends with white space: most models write the space as part of the next word.")
    control = sorted({f"\\x{ord(c):02x}" for c in prompt if unicodedata.category(c) == "Cc" and c not in "\n\r\t"})
    if control:
        found.append(f"The prompt contains control characters: {', '.join(control)}.")
    if special:
        found.append("The prompt contains special tokens of its own; BOS is added in front in any case.")
    return found
