"""Text, and sequences of tokens packed from it."""

import json
from itertools import islice
from pathlib import Path

import pyarrow
import pyarrow.parquet
import pytest
import zstandard

from clt_core.docstrings import docstrings_path
from clt_core.errors import InputError
from clt_core.text import documents, is_held_out, packed, text_hash
from tests.tiny_models import BOS, tiny_tokenizer

TOKENIZER = tiny_tokenizer()
BOS_ID = TOKENIZER.encode(BOS)[0]
LINES = [f"Sentence {number} of the array." for number in range(400)]


@pytest.fixture
def jsonl(tmp_path: Path) -> Path:
    path = tmp_path / "text.jsonl"
    path.write_text("".join(json.dumps({"text": line}) + "\n" for line in LINES))
    return path


def sequences(source: Path, held_out: bool = False, seed: int = 0, context: int = 16, repeat: bool = False) -> list[list[int]]:
    found = packed(TOKENIZER, str(source), source.parent, context=context, held_out=held_out, seed=seed, repeat=repeat)
    return [sequence.tolist() for sequence in islice(found, 2000)]


def test_a_jsonl_file_holds_a_document_a_line(jsonl: Path):
    assert list(documents(str(jsonl), jsonl.parent)) == LINES


def test_a_parquet_file_holds_a_document_a_row(tmp_path: Path):
    path = tmp_path / "text.parquet"
    pyarrow.parquet.write_table(pyarrow.table({"text": ["one", None, "two"]}), path)
    assert list(documents(str(path), tmp_path)) == ["one", "two"]


def test_a_short_txt_file_is_one_document_and_a_long_one_is_split_at_paragraphs(tmp_path: Path):
    (tmp_path / "a.txt").write_text("one\n\ntwo")
    assert list(documents(str(tmp_path / "a.txt"), tmp_path)) == ["one\n\ntwo"]
    paragraphs = [str(number) * 9000 for number in range(5)]
    (tmp_path / "b.txt").write_text("\n\n".join(paragraphs))
    found = list(documents(str(tmp_path / "b.txt"), tmp_path))
    assert len(found) == 3
    assert "\n\n".join(found) == "\n\n".join(paragraphs)


def test_docstrings_are_read_from_the_file_that_keeps_them(tmp_path: Path):
    with zstandard.open(docstrings_path(tmp_path), "wt", encoding="utf-8") as file:
        file.write('{"text": "kept"}\n')
    assert list(documents("docstrings", tmp_path)) == ["kept"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.jsonl", '{"text": "a"}\n{"text"\n', r"line 2 of .*a\.jsonl is not JSON"),
        ("a.jsonl", '{"text": "a"}\n\n{"body": "b"}\n', r"line 3 of .*a\.jsonl must be an object with a string under \"text\""),
        ("a.jsonl", '["text"]\n', r"line 1 of .*a\.jsonl must be an object"),
        ("a.jsonl", "", r"a\.jsonl holds no text: name another one"),
        ("a.txt", " \n\n ", r"a\.txt holds no text: name another one"),
        ("a.txt", b"caf\xe9", r"a\.txt is not UTF-8 text \(byte 3\): convert it"),
        ("a.parquet", "text", r"a\.parquet cannot be read as parquet"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, name: str, content: str | bytes, message: str):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(InputError, match=message):
        list(documents(str(path), tmp_path))


@pytest.mark.parametrize("table", [{"body": ["a"]}, {"text": [1]}])
def test_a_parquet_file_without_text_is_refused(tmp_path: Path, table: dict[str, list[object]]):
    pyarrow.parquet.write_table(pyarrow.table(table), tmp_path / "a.parquet")
    with pytest.raises(InputError, match=r"a\.parquet must have a column text of strings, it has"):
        list(documents(str(tmp_path / "a.parquet"), tmp_path))


def test_a_dataset_without_network_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    for read in (lambda: next(documents("nobody/nothing", tmp_path)), lambda: text_hash("nobody/nothing", tmp_path)):
        with pytest.raises(InputError, match="the dataset nobody/nothing could not be fetched .* check the id and the network"):
            read()


def test_sequences_start_with_bos_and_hold_the_documents_one_after_another(tmp_path: Path):
    path = tmp_path / "a.jsonl"
    kept = [line for line in LINES if not is_held_out(line)][:40]
    path.write_text("".join(json.dumps({"text": line}) + "\n" for line in kept))
    found = sequences(path)
    assert {len(sequence) for sequence in found} == {16}
    assert {sequence[0] for sequence in found} == {BOS_ID}
    assert not any(sequence[1] == BOS_ID for sequence in found)
    text = TOKENIZER.decode([token for sequence in found for token in sequence if token != BOS_ID])
    assert sum(line in text for line in kept) >= len(kept) - 1


def test_bos_stands_between_documents(jsonl: Path):
    tokens = [token for sequence in sequences(jsonl, context=64) for token in sequence[1:]]
    trained = sum(not is_held_out(line) for line in LINES)
    assert trained * 0.8 < tokens.count(BOS_ID) <= trained


def test_the_order_depends_on_the_seed_alone(jsonl: Path):
    assert sequences(jsonl, seed=1) == sequences(jsonl, seed=1)
    assert sequences(jsonl, seed=1) != sequences(jsonl, seed=2)


def test_a_document_is_never_on_both_sides(jsonl: Path):
    held_out = {line for line in LINES if is_held_out(line)}
    assert 5 < len(held_out) < 40
    text = TOKENIZER.decode([token for sequence in sequences(jsonl, held_out=True) for token in sequence])
    assert any(line in text for line in held_out)
    assert not any(line in text for line in LINES if line not in held_out)


def test_a_text_ends_unless_it_is_to_repeat(jsonl: Path):
    once = sequences(jsonl, context=64)
    again = sequences(jsonl, context=64, repeat=True)
    assert len(again) == 2000 > len(once)
    assert again[: len(once)] == once
    assert again[len(once) : 2 * len(once)] != once


def test_a_text_that_fills_no_sequence_is_refused(tmp_path: Path):
    (tmp_path / "a.txt").write_text("few words")
    with pytest.raises(InputError, match=r"does not fill one sequence of 64 tokens: name a longer text"):
        sequences(tmp_path / "a.txt", held_out=is_held_out("few words"), context=64)


def test_the_hash_of_a_text_is_that_of_its_file(jsonl: Path):
    before = text_hash(str(jsonl), jsonl.parent)
    assert before == text_hash(str(jsonl), jsonl.parent)
    jsonl.write_text('{"text": "another"}\n')
    assert text_hash(str(jsonl), jsonl.parent) != before
