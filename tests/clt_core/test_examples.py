import torch

from clt_core.examples import AFTER, BEFORE, N_EXAMPLES, LayerExamples


def kept_after(acts: torch.Tensor, sizes: list[int]) -> LayerExamples:
    """What is kept of all sequences, handed over a few at a time."""
    kept, first = LayerExamples(acts.shape[2], torch.device("cpu")), 0
    for part in acts.split(sizes):
        kept.add(part, first)
        first += len(part)
    return kept


def random_acts() -> torch.Tensor:
    torch.manual_seed(0)
    return torch.relu(torch.randn(40, 30, 6) - 1)


def test_the_strongest_sequences_are_kept_as_a_full_sort_would_find_them():
    acts = random_acts()
    kept = kept_after(acts, [3, 17, 20])
    strongest = acts.amax(1).sort(0, descending=True)
    torch.testing.assert_close(kept.peak, strongest.values[:N_EXAMPLES])
    assert torch.equal(kept.sequence.long(), strongest.indices[:N_EXAMPLES])


def test_each_window_holds_the_activations_around_its_peak_and_zeros_outside_the_sequence():
    acts = random_acts()
    kept = kept_after(acts, [3, 17, 20])
    for example in range(N_EXAMPLES):
        for feature in range(6):
            sequence, peak = int(kept.sequence[example, feature]), int(kept.position[example, feature])
            expected = [
                float(acts[sequence, p, feature]) if 0 <= p < 30 else 0.0 for p in range(peak - BEFORE, peak + AFTER + 1)
            ]
            assert kept.window[example, feature].tolist() == expected


def test_counts_and_sums_are_over_all_tokens():
    acts = random_acts()
    kept = kept_after(acts, [40])
    assert torch.equal(kept.n_fired, (acts > 0).sum((0, 1)))
    torch.testing.assert_close(kept.total, acts.double().sum((0, 1)))


def test_a_feature_that_never_fires_has_no_examples():
    acts = random_acts()
    acts[:, :, 2] = 0
    kept = kept_after(acts, [20, 20])
    assert not kept.peak[:, 2].any()
    assert kept.n_fired[2] == 0
