import torch

from clt_core.standardiser import Standardiser
from clt_core.transcoders import Transcoder


def test_a_folded_transcoder_computes_between_the_models_own_units_what_it_did_between_standard_ones():
    torch.manual_seed(0)
    x, m = 5 + 3 * torch.randn(50, 3, 4), -2 + 7 * torch.randn(50, 3, 4)
    standardiser = Standardiser.fit(x, m)
    transcoder = Transcoder(n_layers=3, n_features=6, d_model=4, window=2)
    with torch.no_grad():
        for parameter in transcoder.parameters():
            parameter.copy_(torch.randn_like(parameter))
        expected = transcoder.reconstruct(standardiser.inputs(x)) * standardiser.m_scale + standardiser.m_mean
        acts = transcoder.encode(standardiser.inputs(x))
    standardiser.fold(transcoder)
    torch.testing.assert_close(transcoder.reconstruct(x), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(transcoder.encode(x), acts, rtol=1e-4, atol=1e-4)


def test_standard_inputs_and_outputs_have_a_mean_squared_length_of_d_model_in_each_layer():
    x, m = 7 + torch.randn(2, 500, 3, 4) * torch.tensor([0.1, 1.0, 50.0])[:, None]
    standardiser = Standardiser.fit(x, m)
    for standard in (standardiser.inputs(x), standardiser.outputs(m)):
        torch.testing.assert_close(standard.square().sum(2).mean(0), torch.full((3,), 4.0))
        assert standard.mean(0).abs().max() < 1e-4


def test_a_layer_that_never_varies_does_not_blow_up():
    constant = torch.ones(50, 3, 4)
    standardiser = Standardiser.fit(constant, constant)
    assert not standardiser.inputs(constant).any()
    assert not standardiser.outputs(constant).any()
