"""What names a model or a text."""

from pathlib import Path

import pytest

from clt_core.errors import InputError
from clt_core.references import Reference, TextReference, parse, parse_text


def test_smollm2_is_a_name_of_its_own():
    assert parse("smollm2") == Reference("smollm2", "smollm2")


@pytest.mark.parametrize("name", ["gpt2", "openai-community/gpt2", "meta-llama/Llama-3.2-1B"])
def test_a_hugging_face_id_is_recognised(name: str):
    assert parse(name) == Reference("hub", name)


def test_a_directory_with_a_config_is_a_model_and_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "config.json").write_text("{}")
    monkeypatch.chdir(tmp_path)
    assert parse("mine") == Reference("directory", str(tmp_path / "mine"))


def test_a_gguf_file_is_recognised(tmp_path: Path):
    (tmp_path / "a.gguf").touch()
    assert parse(str(tmp_path / "a.gguf")) == Reference("gguf", str(tmp_path / "a.gguf"))


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("", "there is no model at ''"),
        ("no/such/directory", "there is no model at 'no/such/directory': name a Hugging Face id, a directory"),
        ("/no/such", "there is no model at '/no/such'"),
        ("missing.gguf", "there is no file missing.gguf: check the path"),
        ("two words", "there is no model at 'two words'"),
    ],
)
def test_what_cannot_be_a_model_is_refused(reference: str, message: str):
    with pytest.raises(InputError, match=message):
        parse(reference)


def test_a_directory_without_config_is_refused(tmp_path: Path):
    with pytest.raises(InputError, match=r"has no config\.json: name a directory that a Hugging Face model was saved in"):
        parse(str(tmp_path))


def test_another_file_is_refused(tmp_path: Path):
    (tmp_path / "weights.bin").touch()
    with pytest.raises(InputError, match=r"weights\.bin is not a model: name a \.gguf file"):
        parse(str(tmp_path / "weights.bin"))


def test_docstrings_files_and_dataset_ids_are_texts(tmp_path: Path):
    (tmp_path / "a.jsonl").touch()
    assert parse_text("docstrings") == TextReference("docstrings", "docstrings")
    assert parse_text(str(tmp_path / "a.jsonl")) == TextReference("file", str(tmp_path / "a.jsonl"))
    assert parse_text("stas/openwebtext-10k") == TextReference("hub", "stas/openwebtext-10k")


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        ("missing.txt", r"there is no file missing\.txt: check the path of the text"),
        ("", "'' is not a text: name docstrings"),
        ("/tmp", "'/tmp' is not a text: name docstrings"),
        ("a/b/c.csv", "is not a text: name docstrings"),
    ],
)
def test_what_cannot_be_a_text_is_refused(reference: str, message: str):
    with pytest.raises(InputError, match=message):
        parse_text(reference)
