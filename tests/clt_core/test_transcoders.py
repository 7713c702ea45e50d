import pytest
import torch

from clt_core.transcoders import Transcoder, jumprelu


@pytest.fixture(params=[1, 2, None], ids=["plt", "window 2", "clt"])
def transcoder(request: pytest.FixtureRequest) -> Transcoder:
    torch.manual_seed(0)
    transcoder = Transcoder(n_layers=3, n_features=5, d_model=4, window=request.param)
    with torch.no_grad():
        for parameter in transcoder.parameters():
            parameter.copy_(torch.randn_like(parameter))
        transcoder.threshold.abs_()
    return transcoder


def test_the_reconstruction_equals_the_sum_written_out(transcoder: Transcoder):
    x = torch.randn(6, 3, 4)
    acts = transcoder.encode(x)
    expected = transcoder.b_dec.repeat(6, 1, 1)
    for token in range(6):
        for source in range(3):
            for target in range(source, min(3, source + (transcoder.window or 3))):
                expected[token, target] = (
                    expected[token, target] + acts[token, source] @ transcoder.W_dec[source][:, target - source]
                )
    torch.testing.assert_close(transcoder.reconstruct(x), expected)


def test_an_activation_is_its_pre_activation_above_the_threshold_and_else_zero(transcoder: Transcoder):
    x = torch.randn(6, 3, 4)
    for layer in range(3):
        pre = x[:, layer] @ transcoder.W_enc[layer].T + transcoder.b_enc[layer]
        expected = torch.where(pre > transcoder.threshold[layer], pre, 0.0)
        torch.testing.assert_close(transcoder.encode(x)[:, layer], expected)


def test_tokens_on_which_nothing_fires_are_reconstructed_by_the_bias_alone(transcoder: Transcoder):
    with torch.no_grad():
        transcoder.threshold.fill_(1e9)
    x = torch.randn(6, 3, 4)
    torch.testing.assert_close(transcoder.reconstruct(x), transcoder.b_dec.expand(6, 3, 4))


def test_the_support_holds_every_entry_within_half_a_bandwidth_of_firing(transcoder: Transcoder):
    pre = torch.randn(7, 5)
    support = transcoder.support(pre, 0, bandwidth=0.5)
    expected = (pre > transcoder.threshold[0] - 0.25).nonzero()
    torch.testing.assert_close(torch.stack([support.tokens, support.features], 1), expected)


def test_the_threshold_gradient_is_the_derivative_of_the_mean_loss_over_many_samples():
    torch.manual_seed(0)
    pre = torch.randn(2_000_000, dtype=torch.float64)
    threshold = torch.tensor(0.4, dtype=torch.float64, requires_grad=True)

    def loss(at: torch.Tensor) -> torch.Tensor:
        return (jumprelu(pre, at, 0.1) - 1.0).square().mean()

    (gradient,) = torch.autograd.grad(loss(threshold), threshold)
    with torch.no_grad():
        difference = (loss(threshold + 0.05) - loss(threshold - 0.05)) / 0.1
    torch.testing.assert_close(gradient, difference, rtol=0.05, atol=0)


def test_norms_are_over_all_targets_together_or_the_sum_of_each(transcoder: Transcoder):
    weight = transcoder.W_dec[0]
    torch.testing.assert_close(transcoder.decoder_norms(0, "concat"), weight.flatten(1).norm(dim=1))
    torch.testing.assert_close(transcoder.decoder_norms(0, "separate"), weight.norm(dim=2).sum(1))


def test_the_norm_of_a_zero_decoder_has_a_gradient():
    transcoder = Transcoder(n_layers=1, n_features=2, d_model=3, window=1)
    transcoder.decoder_norms(0, "concat").sum().backward()
    assert transcoder.W_dec[0].grad is not None
    assert transcoder.W_dec[0].grad.isfinite().all()
