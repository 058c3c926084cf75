"""Numbered batches of a source, without a Trainer."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import ridgeless as rl
from validation.adapters import RatioCollator
from validation.adapters.draws import Draws
from validation.masking import Masker, RatioSampler


class Telling:
    """A collator whose batch is the probability it was given."""

    mlm_probability = 0.15

    def __call__(self, examples):
        return self.mlm_probability


def collated(law, rng=0):
    collator = RatioCollator(Telling(), RatioSampler(law, rng=rng))
    return Draws(collator, None, None, "mask"), collator


def test_a_collator_trains_where_it_is_told_and_else_evaluates():
    draws, collator = collated(rl.UniformRatio(0.2, 0.4))
    draws.evaluate_at(draws.evaluation[0])
    draws.go_on(rank=0, total=8)
    train, test = (DataLoader(range(4), 1, collate_fn=collator) for _ in range(2))
    draws.trains_with(train)
    drawn = []
    for _ in range(2):
        draws.begin_pass()
        for ratio in train:
            assert list(test) == [pytest.approx(0.3)] * 4
            drawn.append(ratio)
            draws.count()
    assert drawn == draws.ratios() == [collator.sampler.for_batch(n).ratio() for n in range(8)]
    assert draws.ratios() == []
    assert (draws.batches, collator.progress) == (8, 1.0)
    draws.trains_with(train)  # again, as at each epoch
    draws.begin_pass()
    assert next(iter(train)) == collator.sampler.for_batch(8).ratio()


@pytest.mark.parametrize("wrap", [False, True])
def test_loaders_in_the_wrappers_of_the_trainer(wrap):
    draws, collator = collated(0.5)
    held = SimpleNamespace(data_collator=collator) if wrap else collator
    inner = SimpleNamespace(collate_fn=held)
    draws.trains_with(SimpleNamespace(base_dataloader=inner))
    found = inner.collate_fn.data_collator if wrap else inner.collate_fn
    assert found is not collator
    assert found.streams is collator.streams
    assert held is collator or held.data_collator is collator
    other = collated(0.5)[1]
    with pytest.raises(rl.DomainError, match="but the loader that trains uses RatioCollator"):
        draws.trains_with(SimpleNamespace(collate_fn=other))


def test_a_state_is_of_all_ranks_and_whatever_the_seed():
    first, _ = collated(rl.UniformRatio(), rng=None)
    first.go_on(rank=1, total=10)
    for _ in range(3):
        first.count()
    assert first.state["batches"] == 3
    for rank in (0, 1, 2):
        again, collator = collated(rl.UniformRatio(), rng=None)
        again.go_on(rank, 10, first.state)
        expected = first.sampler.for_rank(rank).for_batch(3).ratio()
        assert collator.sampler.for_batch(again.batches).ratio() == expected
    unknown, _ = collated(0.5)
    unknown.go_on(0, 10, None, batches=4)  # a checkpoint from before
    assert unknown.batches == 4


def test_models_are_fed():
    sampler = RatioSampler(rl.ScheduledRatio(0.2, 0.8), rng=0)
    draws = Draws(Masker(sampler, (10,)), [0.5, 0.1], None, "mask")
    assert draws.several
    model = torch.nn.Module()
    model.forward = lambda x, mask=None: mask.sum(dim=1).tolist()
    draws.feed.attach(model)
    draws.go_on(0, 3)
    draws.trains_with(None)  # no loader matters
    assert [model(torch.ones(1, 1)) for _ in range(3)] == [[2], [4], [6]]
    np.testing.assert_allclose(draws.ratios(), [0.2, 0.4, 0.6])
    draws.evaluate_at(0.1)
    assert model.eval()(torch.ones(2, 1)) == [1, 1]
    assert draws.batches == 3
