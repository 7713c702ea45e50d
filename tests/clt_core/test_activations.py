"""What MLPs read and write."""

from pathlib import Path

import pytest
import torch

from clt_core.activations import mlp_inputs_outputs
from clt_core.events import Events
from clt_core.models import load


@pytest.mark.parametrize("name", ["tiny_llama_dir", "tiny_gpt2_dir"])
def test_inputs_and_outputs_are_those_of_each_mlp(name: str, request: pytest.FixtureRequest):
    directory: Path = request.getfixturevalue(name)
    model = load(str(directory), directory, device=torch.device("cpu"), events=Events()).hooked()
    weights = dict(model.named_parameters())
    tokens = torch.randint(0, 400, (2, 7))
    x, m = mlp_inputs_outputs(model, tokens)
    _, cache = model.run_with_cache(tokens)
    for layer in range(3):
        normalized = cache[f"blocks.{layer}.ln2.hook_normalized"]
        expected = (
            normalized
            if name == "tiny_llama_dir"
            else normalized * weights[f"blocks.{layer}.ln2.w"] + weights[f"blocks.{layer}.ln2.b"]
        )
        torch.testing.assert_close(x[:, :, layer], expected)
        torch.testing.assert_close(m[:, :, layer], cache[f"blocks.{layer}.hook_mlp_out"])


def test_no_hooks_are_left_on_the_model(tiny_llama_dir: Path):
    model = load(str(tiny_llama_dir), tiny_llama_dir, device=torch.device("cpu"), events=Events()).hooked()
    mlp_inputs_outputs(model, torch.zeros(1, 2, dtype=torch.long))
    assert not any(module._forward_pre_hooks for module in model.modules())
