"""Metrics of a dictionary on what a model did, written out."""

import pytest
import torch

from clt_core.batches import Sequences
from clt_core.evaluation import examine
from clt_core.events import Events
from clt_core.transcoders import Transcoder


def test_a_layer_that_never_varies_has_an_explained_variance_of_0():
    torch.manual_seed(0)
    x, m = torch.randn(2, 4, 5, 2, 3)
    m[:, :, 0] = 0.1
    transcoder = Transcoder(n_layers=2, n_features=6, d_model=3, window=1)
    read = Sequences(torch.zeros(4, 5, dtype=torch.long), torch.ones(4, 5, dtype=torch.bool), x, m)
    explained = examine(transcoder, iter([read]), 20, Events()).metrics["explained_variance"]
    flat = m[:, :, 1].flatten(0, 1)
    expected = 1 - flat.square().sum() / (flat - flat.mean(0)).square().sum()
    assert explained == pytest.approx([0, expected.item()], rel=1e-4)


def test_bos_counts_in_no_metric():
    torch.manual_seed(0)
    x, m = torch.randn(2, 4, 5, 2, 3)
    transcoder = Transcoder(n_layers=2, n_features=6, d_model=3, window=1)
    with torch.no_grad():
        for parameter in transcoder.parameters():
            parameter.normal_()
    counted = torch.ones(4, 5, dtype=torch.bool)
    counted[:, 0] = False
    tokens = torch.zeros(4, 5, dtype=torch.long)
    found = [
        examine(transcoder, iter([read]), 20, Events())
        for read in (
            Sequences(tokens, counted, x, m),
            Sequences(tokens[:, 1:], counted[:, 1:], x[:, 1:], m[:, 1:]),
        )
    ]
    assert found[0].metrics == found[1].metrics
    assert found[0].metrics["n_tokens"] == 16
    for with_bos, without in zip(found[0].examples, found[1].examples, strict=True):
        assert torch.equal(with_bos.peak, without.peak)
