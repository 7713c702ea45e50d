"""Random language models of three layers, as Hugging Face directories with a real byte-level BPE tokenizer.

Keep 'llama' and 'gemma' out of the names of their directories: circuit-tracer reads models by path in some tests.
"""

from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, PreTrainedModel, PreTrainedTokenizerFast

BOS = "<|endoftext|>"
N_LAYERS = 3
D_MODEL = 32
CONTEXT = 64
CORPUS = (
    "The capital of France is Paris. The capital of Italy is Rome. The capital of Spain is Madrid.",
    "Return the sum of the elements of the array over the given axis, as a new array of the same type.",
    "Permission is hereby granted, free of charge, to any person obtaining a copy of this software.",
    "If the file does not exist, an error is raised; the caller must close the file when it is done.",
)


def tiny_tokenizer() -> PreTrainedTokenizerFast:
    """A byte-level BPE tokenizer of 400 tokens, BOS among them, learnt from a few sentences."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        min_frequency=1,
        show_progress=False,
        special_tokens=["<pad>", BOS],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    tokenizer.train_from_iterator(CORPUS, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=BOS, eos_token=BOS, pad_token="<pad>", clean_up_tokenization_spaces=False
    )


def make_tiny_llama(directory: Path) -> Path:
    """Write a random Llama with grouped-query attention to `directory`, which is returned."""
    config = LlamaConfig(
        vocab_size=400,
        hidden_size=D_MODEL,
        intermediate_size=64,
        num_hidden_layers=N_LAYERS,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=CONTEXT,
        rope_theta=500.0,
        bos_token_id=1,
        eos_token_id=1,
    )
    torch.manual_seed(0)
    return _write(LlamaForCausalLM(config), directory)


def make_tiny_gpt2(directory: Path) -> Path:
    """Write a random GPT-2 to `directory`, which is returned."""
    config = GPT2Config(
        vocab_size=400, n_embd=D_MODEL, n_layer=N_LAYERS, n_head=4, n_positions=CONTEXT, bos_token_id=1, eos_token_id=1
    )
    torch.manual_seed(0)
    return _write(GPT2LMHeadModel(config), directory)


def _write(model: PreTrainedModel, directory: Path) -> Path:
    """Save `model` with weights large enough that every layer matters, and the tokenizer beside it."""
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim == 2:
                parameter.mul_(8)
    model.save_pretrained(directory)
    tiny_tokenizer().save_pretrained(directory)
    return directory
