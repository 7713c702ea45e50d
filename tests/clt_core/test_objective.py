from typing import Literal

import pytest
import torch

from clt_core.config import TrainConfig
from clt_core.objective import initialise, objective
from clt_core.transcoders import Transcoder


def random_transcoder(window: int | None) -> Transcoder:
    torch.manual_seed(0)
    transcoder = Transcoder(n_layers=3, n_features=8, d_model=4, window=window).double()
    with torch.no_grad():
        for parameter in transcoder.parameters():
            parameter.copy_(torch.randn_like(parameter))
        transcoder.threshold.abs_().mul_(0.3)
    return transcoder


def written_out(transcoder: Transcoder, x: torch.Tensor, m: torch.Tensor, config: TrainConfig, sparsity: float) -> torch.Tensor:
    """The objective as the mathematics says it: dense, one token, source and target at a time."""
    loss = torch.zeros((), dtype=x.dtype)
    for token in range(len(x)):
        outputs = list(transcoder.b_dec)
        for source in range(3):
            pre = transcoder.W_enc[source] @ x[token, source] + transcoder.b_enc[source]
            theta = transcoder.threshold[source]
            near = ((pre - theta).abs() < config.bandwidth / 2).double()
            value = pre * (pre > theta)
            # The rectangle's gradient for the threshold, as a term whose value is zero.
            acts = value - near * theta.detach() / config.bandwidth * (theta - theta.detach())
            weight = transcoder.W_dec[source]
            joint, single = weight.square().sum((1, 2)).sqrt(), weight.square().sum(2).sqrt().sum(1)
            norms = joint if config.decoder_norm == "concat" else single
            for slot in range(weight.shape[1]):
                outputs[source + slot] = outputs[source + slot] + acts @ weight[:, slot]
            loss = loss + sparsity * torch.tanh(config.tanh_scale * acts * norms).sum()
            loss = loss + config.dead_penalty * (torch.relu(theta - pre) * norms).sum()
        loss = loss + (torch.stack(outputs) - m[token]).square().sum()
    return loss / len(x)


@pytest.mark.parametrize("decoder_norm", ["concat", "separate"])
@pytest.mark.parametrize("window", [1, 2, None])
def test_value_and_every_gradient_equal_the_objective_written_out(
    window: int | None, decoder_norm: Literal["concat", "separate"]
):
    transcoder = random_transcoder(window)
    config = TrainConfig(name="x", n_features=8, initial_l0=2, decoder_norm=decoder_norm, dead_penalty=0.1, bandwidth=0.8)
    x, m = torch.randn(2, 7, 3, 4, dtype=torch.float64)
    loss = objective(transcoder, x, m, config, sparsity=0.7).loss
    expected = written_out(transcoder, x, m, config, 0.7)
    torch.testing.assert_close(loss, expected, rtol=1e-9, atol=0)
    parameters = list(transcoder.parameters())
    for ours, theirs in zip(torch.autograd.grad(loss, parameters), torch.autograd.grad(expected, parameters), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-6, atol=1e-9)


def test_l0_and_fired_count_the_features_above_their_threshold():
    transcoder = random_transcoder(1)
    x, m = torch.randn(2, 7, 3, 4, dtype=torch.float64)
    result = objective(transcoder, x, m, TrainConfig(name="x", n_features=8, initial_l0=2), sparsity=1.0)
    active = transcoder.encode(x) > 0
    torch.testing.assert_close(result.l0, active.double().sum(2).mean(0))
    assert torch.equal(result.fired, active.any(0))


@pytest.mark.parametrize("n_features", [8, 200])
def test_at_the_start_the_wanted_number_of_features_fires_whatever_the_size(n_features: int):
    torch.manual_seed(0)
    x, m = torch.randn(2, 100, 3, 4)
    transcoder = Transcoder(n_layers=3, n_features=n_features, d_model=4, window=None)
    config = TrainConfig(name="x", architecture="clt", n_features=n_features, initial_l0=4)
    initialise(transcoder, x, m, config, torch.Generator().manual_seed(0))
    l0 = (transcoder.encode(x) > 0).float().sum(2).mean(0)
    torch.testing.assert_close(l0, torch.full((3,), 4.0), rtol=0.1, atol=0)
