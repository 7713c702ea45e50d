"""Models in .gguf files; a whole one is tested with smollm2."""

from pathlib import Path
from typing import Any

import pytest

from clt_core.errors import InputError
from clt_core.events import Events
from clt_core.gguf_models import gguf_tokenizer
from clt_core.models import fetch

METADATA: dict[str, Any] = {
    "tokenizer.ggml.model": "gpt2",
    "tokenizer.ggml.pre": "gpt-2",
    "tokenizer.ggml.tokens": ["<s>", "a", "b", "1", "2", "ab", "12", "Ġ", "<tool>"],
    "tokenizer.ggml.token_type": [3, 1, 1, 1, 1, 1, 1, 1, 4],
    "tokenizer.ggml.merges": ["a b", "1 2"],
    "tokenizer.ggml.bos_token_id": 0,
}


def test_merges_and_special_tokens_are_taken_over():
    tokenizer = gguf_tokenizer(METADATA, Path("a.gguf"))
    assert tokenizer.encode("<s>ab 12<tool>a") == [0, 5, 7, 6, 8, 1]
    assert tokenizer.bos_token == "<s>"
    assert tokenizer.all_special_ids == [0]


def test_numbers_are_split_where_the_file_says_so():
    tokenizer = gguf_tokenizer(METADATA | {"tokenizer.ggml.pre": "smollm"}, Path("a.gguf"))
    assert tokenizer.encode("ab12") == [5, 3, 4]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tokenizer.ggml.pre": "poem"}, r"a\.gguf splits text as 'poem', supported are gpt-2, smollm, starcoder"),
        ({"tokenizer.ggml.model": "bert"}, r"a\.gguf has a tokenizer of kind bert, supported are gpt2 and llama"),
    ],
)
def test_another_tokenizer_is_refused(change: dict[str, Any], message: str):
    with pytest.raises(InputError, match=message):
        gguf_tokenizer(METADATA | change, Path("a.gguf"))


@pytest.mark.parametrize("content", [b"", b"not a model at all, but long enough to be read"])
def test_a_damaged_file_is_refused_and_nothing_is_left(tmp_path: Path, content: bytes):
    (tmp_path / "Broken Model.gguf").write_bytes(content)
    with pytest.raises(InputError, match=r"Broken Model\.gguf cannot be read as a \.gguf file"):
        fetch(str(tmp_path / "Broken Model.gguf"), tmp_path / "models", Events())
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".lock"]
