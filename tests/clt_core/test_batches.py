from collections.abc import Iterator

import torch

from clt_core.batches import Sequences, shuffled_batches


def numbered(n_parts: int) -> Iterator[Sequences]:
    """Sequences whose activations are the running number of their token, and whose first token does not count."""
    number = 0
    for _ in range(n_parts):
        tokens = torch.arange(number, number + 20).reshape(4, 5)
        number += 20
        counted = torch.ones_like(tokens, dtype=torch.bool)
        counted[:, 0] = False
        x = tokens[:, :, None, None].float().expand(4, 5, 2, 3)
        yield Sequences(tokens, counted, x, -x)


def test_every_counted_token_comes_once_and_no_other():
    batches = list(shuffled_batches(numbered(10), batch_tokens=8, generator=torch.Generator(), mixed_tokens=32))
    seen = torch.cat([batch.x[:, 0, 0] for batch in batches]).tolist()
    assert sorted(seen) == [n for n in range(200) if n % 5]
    assert {len(batch.x) for batch in batches} == {8}


def test_inputs_and_outputs_of_a_token_stay_together_and_tokens_are_mixed():
    batch = next(shuffled_batches(numbered(10), batch_tokens=32, generator=torch.Generator(), mixed_tokens=96))
    assert torch.equal(batch.x, -batch.m)
    assert batch.x[:, 0, 0].max() > 60


def test_the_order_depends_on_the_seed_alone():
    def first(seed: int) -> torch.Tensor:
        generator = torch.Generator().manual_seed(seed)
        return next(shuffled_batches(numbered(10), batch_tokens=16, generator=generator, mixed_tokens=64)).x

    assert torch.equal(first(1), first(1))
    assert not torch.equal(first(1), first(2))
