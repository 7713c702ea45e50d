"""Loading of models, on tiny random ones."""

import errno
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from circuit_tracer.replacement_model.replacement_model_transformerlens import TransformerLensReplacementModel
from tokenizers import Tokenizer, decoders, models
from transformers import (
    AutoModelForCausalLM,
    LlamaConfig,
    LlamaForCausalLM,
    MambaConfig,
    MambaForCausalLM,
    PreTrainedTokenizerFast,
)

from clt_core import hub_models
from clt_core.errors import InputError
from clt_core.events import Events
from clt_core.models import LoadedModel, encode_prompt, fetch, load, load_tokenizer, resolve_device, token_texts
from tests.tiny_models import BOS, CONTEXT, make_tiny_llama, tiny_tokenizer

CPU = torch.device("cpu")


def loaded(directory: Path, dtype: torch.dtype = torch.float32) -> LoadedModel:
    return load(str(directory), directory.parent, device=CPU, dtype=dtype, events=Events())


@pytest.fixture(scope="module")
def tiny(tiny_llama_dir: Path) -> LoadedModel:
    return loaded(tiny_llama_dir)


@pytest.fixture
def llama_copy(tiny_llama_dir: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(tiny_llama_dir, tmp_path / "copy"))


@pytest.mark.parametrize("name", ["tiny_llama_dir", "tiny_gpt2_dir"])
def test_the_loaded_model_predicts_what_hugging_face_predicts(name: str, request: pytest.FixtureRequest):
    directory = request.getfixturevalue(name)
    tokens = torch.randint(0, 400, (2, CONTEXT))
    expected = AutoModelForCausalLM.from_pretrained(directory)(tokens).logits
    torch.testing.assert_close(loaded(directory).hooked()(tokens), expected, atol=1e-4, rtol=1e-4)


def test_a_path_with_the_name_of_an_architecture_misleads_nobody(tmp_path: Path):
    assert loaded(make_tiny_llama(tmp_path / "my-Llama-3.2-1B-gemma")).cfg.n_layers == 3


def test_scaled_rotary_angles_are_taken_over(tmp_path: Path):
    scaling = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}
    save_llama(tmp_path, rope_scaling=scaling | {"original_max_position_embeddings": 16}, head_dim=16)
    assert loaded(tmp_path).cfg.use_NTK_by_parts_rope


def test_a_long_context_is_capped(tmp_path: Path):
    save_llama(tmp_path, max_position_embeddings=100_000)
    assert loaded(tmp_path).cfg.n_ctx == 2048


def test_models_share_their_weights(tiny: LoadedModel):
    first, second = tiny.hooked(), tiny.hooked()
    pointers = {model.W_E.data_ptr() for model in (first, second)}
    assert pointers == {tiny.state_dict["embed.W_E"].data_ptr()}


def test_a_model_of_circuit_tracer_can_be_made_of_the_same_weights(tiny: LoadedModel):
    tokens = torch.arange(10)[None]
    model = tiny.hooked(TransformerLensReplacementModel)
    assert isinstance(model, TransformerLensReplacementModel)
    torch.testing.assert_close(model(tokens), tiny.hooked()(tokens))


def test_a_loaded_model_needs_no_gradients(tiny: LoadedModel):
    model = tiny.hooked()
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_the_hash_is_the_same_whatever_the_dtype(tiny: LoadedModel, tiny_llama_dir: Path):
    half = loaded(tiny_llama_dir, torch.bfloat16)
    assert half.state_dict["embed.W_E"].dtype == torch.bfloat16
    assert half.hash == tiny.hash


def test_the_hash_changes_with_one_weight(tiny: LoadedModel, llama_copy: Path):
    model = AutoModelForCausalLM.from_pretrained(llama_copy)
    model.model.norm.weight.data[3] += 1e-3
    model.save_pretrained(llama_copy)
    assert loaded(llama_copy).hash != tiny.hash


def test_an_unknown_architecture_is_named(tmp_path: Path):
    MambaForCausalLM(MambaConfig(vocab_size=400, hidden_size=32, num_hidden_layers=1)).save_pretrained(tmp_path)
    tiny_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(InputError, match="the architecture MambaForCausalLM is not supported: use one of GPT-2"):
        loaded(tmp_path)


def test_a_model_that_would_be_read_wrongly_is_refused(tmp_path: Path):
    save_llama(tmp_path, attention_bias=True)
    with pytest.raises(InputError, match="the architecture LlamaForCausalLM with these settings is not supported"):
        loaded(tmp_path)


def test_a_damaged_file_of_weights_is_refused(llama_copy: Path):
    (llama_copy / "model.safetensors").write_bytes(b"not weights")
    with pytest.raises(InputError, match="copy holds no causal language model that can be read"):
        loaded(llama_copy)


def test_a_config_of_no_known_kind_is_refused(llama_copy: Path):
    (llama_copy / "config.json").write_text('{"model_type": "abacus"}')
    with pytest.raises(InputError, match="copy holds no causal language model that can be read"):
        loaded(llama_copy)


def test_missing_weights_are_not_filled_in(llama_copy: Path):
    config = json.loads((llama_copy / "config.json").read_text())
    (llama_copy / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 4}))
    with pytest.raises(InputError, match=r"lacks 9 weights, such as model\.layers\.3"):
        loaded(llama_copy)


def test_a_missing_tokenizer_is_named(llama_copy: Path):
    for path in llama_copy.glob("*token*"):
        path.unlink()
    with pytest.raises(InputError, match="there is no usable tokenizer in .*copy: save the model's tokenizer there"):
        loaded(llama_copy)


def test_a_tokenizer_without_bos_is_refused(llama_copy: Path):
    PreTrainedTokenizerFast(tokenizer_object=tiny_tokenizer().backend_tokenizer).save_pretrained(llama_copy)
    with pytest.raises(InputError, match="has no BOS token, which every prompt here starts with: use a model that has one"):
        loaded(llama_copy)


def test_a_hub_id_without_network_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(
        InputError, match=r"nobody/nothing could not be fetched .* check the network, or name a local directory"
    ):
        fetch("nobody/nothing", tmp_path, Events())


def test_a_full_disk_is_not_taken_for_a_network_that_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def fail(*args: Any, **kwargs: Any) -> str:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(hub_models, "snapshot_download", fail)
    with pytest.raises(OSError, match="No space left"):
        fetch("nobody/nothing", tmp_path, Events())


def test_a_directory_is_used_where_it_is(tiny_llama_dir: Path, tmp_path: Path):
    assert fetch(str(tiny_llama_dir), tmp_path, Events()) == tiny_llama_dir
    assert not any(tmp_path.iterdir())


def test_a_device_is_auto_cpu_or_cuda():
    assert resolve_device("cpu") == CPU
    assert resolve_device("auto").type in ("cpu", "cuda")
    with pytest.raises(InputError, match="device must be auto, cpu or cuda, got 'tpu'"):
        resolve_device("tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_cuda_without_a_gpu_is_refused():
    with pytest.raises(InputError, match="no usable GPU: choose auto or cpu"):
        resolve_device("cuda")


def test_a_prompt_starts_with_one_bos(tiny: LoadedModel):
    ids = encode_prompt(tiny, "The capital")
    assert ids[0] == tiny.tokenizer.bos_token_id
    assert encode_prompt(tiny, BOS + "The capital") == ids


@pytest.mark.parametrize("prompt", ["", "  \n", BOS])
def test_an_empty_prompt_is_refused(tiny: LoadedModel, prompt: str):
    with pytest.raises(InputError, match="the prompt is empty"):
        encode_prompt(tiny, prompt)


def test_a_token_without_an_embedding_is_refused(tiny: LoadedModel):
    tokenizer = tiny_tokenizer()
    tokenizer.add_tokens([f"<extra {number}>" for number in range(tiny.cfg.d_vocab)])
    with pytest.raises(InputError, match=r"has no embedding for the token '<extra 399>': take it out of the prompt"):
        encode_prompt(replace(tiny, tokenizer=tokenizer), "The <extra 399>")


def test_half_a_character_is_refused(tiny: LoadedModel):
    with pytest.raises(InputError, match="character 5 of the prompt is no Unicode text"):
        encode_prompt(tiny, "The \ud83d")


def test_a_prompt_fills_the_context_but_not_more(tiny: LoadedModel):
    assert len(encode_prompt(tiny, "!" * (CONTEXT - 1))) == CONTEXT
    with pytest.raises(InputError, match="the prompt has 65 tokens with BOS, the context of .* is 64: shorten it"):
        encode_prompt(tiny, "!" * CONTEXT)


def test_texts_of_tokens_join_to_the_prompt(tiny: LoadedModel):
    prompt = "The  capital of\nFrance"
    assert "".join(token_texts(tiny.tokenizer, encode_prompt(tiny, prompt))) == BOS + prompt


def test_bytes_that_are_no_text_are_shown_as_numbers():
    tokenizer = tiny_tokenizer()
    assert token_texts(tokenizer, tokenizer.encode("é", add_special_tokens=False)) == ["\\xc3", "\\xa9"]


def test_tokens_of_a_sentencepiece_vocabulary_are_readable():
    vocab = {"<unk>": 0, "\u2581of": 1, "<0x0A>": 2, "<0xC3>": 3}
    backend = Tokenizer(models.BPE(vocab, [], byte_fallback=True))
    backend.decoder = decoders.Sequence([decoders.Replace("\u2581", " "), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend)
    assert token_texts(tokenizer, [1, 2, 3, 7]) == [" of", "\n", "\\xc3", "<7>"]


def test_the_tokenizer_of_a_directory_is_read_from_there(tiny_llama_dir: Path):
    assert load_tokenizer(tiny_llama_dir).bos_token == BOS


def save_llama(directory: Path, **settings: Any) -> None:
    """Write a random Llama with `settings` and biases that matter."""
    sizes = {
        "vocab_size": 400,
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
    }
    torch.manual_seed(0)
    values: dict[str, Any] = sizes | {"max_position_embeddings": 64} | settings
    model = LlamaForCausalLM(LlamaConfig(**values))
    for name, parameter in model.named_parameters():
        if name.endswith("bias"):
            parameter.data.normal_()
    model.save_pretrained(directory)
    tiny_tokenizer().save_pretrained(directory)
