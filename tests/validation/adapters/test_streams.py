"""Streams of batches, whoever makes them."""

import warnings

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import ridgeless as rl
from validation.adapters.streams import BatchStreams, open_ratio, seeded
from validation.masking import RatioSampler

FORKED = pytest.mark.filterwarnings(
    "ignore:.*multi-threaded.*fork:DeprecationWarning",
    "ignore:This DataLoader will create:UserWarning",
)


class Asked:
    """A collator that gives the ratio of the next batch."""

    def __init__(self, streams):
        self.streams = streams

    def __call__(self, examples):
        sampler, progress, _ = self.streams.next()
        return sampler.ratio(progress)


def ratios(streams, batches, workers=0, **options):
    return list(
        DataLoader(range(batches), 1, collate_fn=Asked(streams), num_workers=workers, **options)
    )


@FORKED
@pytest.mark.parametrize("workers", [0, 1, 3])
def test_numbered_batches_are_the_same_whoever_makes_them(workers):
    sampler = RatioSampler(rl.UniformRatio(), rng=0)
    streams = BatchStreams(sampler)
    expected = [sampler.for_batch(number).ratio() for number in range(20)]
    streams.number(0, 20)
    assert ratios(streams, 12, workers) == expected[:12]
    streams.number(12, 20)
    assert ratios(streams, 8, workers) == expected[12:]
    streams.number(5, 20)  # gone on with
    assert ratios(streams, 3, workers) == expected[5:8]


@FORKED
def test_persistent_workers_begin_anew_with_each_pass():
    streams = BatchStreams(RatioSampler(rl.ScheduledRatio(0.0, 1.0), rng=0))
    loader = DataLoader(
        range(6), 1, collate_fn=Asked(streams), num_workers=2, persistent_workers=True
    )
    for epoch in range(3):
        streams.number(6 * epoch, 18)
        np.testing.assert_allclose(list(loader), (6 * epoch + np.arange(6)) / 18)


@FORKED
def test_a_schedule_follows_the_number_of_the_batch_however_far_workers_fetch_ahead():
    streams = BatchStreams(RatioSampler(rl.ScheduledRatio(0.0, 1.0), rng=0))
    streams.number(0, 10)
    np.testing.assert_allclose(ratios(streams, 10, 2, prefetch_factor=5), np.arange(10) / 10)


@FORKED
@pytest.mark.parametrize("workers", [0, 2])
def test_a_schedule_that_nobody_told_warns_once(workers):
    streams = BatchStreams(RatioSampler(rl.ScheduledRatio(0.3, 0.1), rng=0))
    if workers == 0:
        with pytest.warns(UserWarning, match="ScheduledRatio") as told:
            assert ratios(streams, 4) == [0.3] * 4
        assert len(told) == 1
    else:
        streams.sampler.mute()  # a warning of a worker is not seen here
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ratios(streams, 4, workers) == [0.3] * 4


def test_progress_and_evaluation():
    streams = BatchStreams(RatioSampler(0.5, rng=0))
    assert (streams.progress, streams.evaluation) == (None, None)
    streams.progress, streams.evaluation = 0.25, 0.75
    assert (streams.progress, streams.evaluation) == (0.25, 0.75)
    with pytest.raises(rl.DomainError, match=r"progress must lie in \[0, 1\]"):
        streams.progress = 2.0
    for ratio in (0.0, 1.0, float("nan")):
        with pytest.raises(rl.DomainError, match="evaluation must"):
            streams.evaluation = ratio
    assert open_ratio("x", 0.5) == 0.5


def test_other_random_numbers_do_not_move():
    class Own:
        generator = None
        return_tensors = "pt"

    collator = Own()
    torch.manual_seed(0)
    before = torch.get_rng_state()
    drawn = []
    for rng in (np.random.default_rng(1), np.random.default_rng(1), 5):
        with seeded(collator, rng):
            drawn.append((float(torch.rand(())), collator.generator.initial_seed()))
    assert drawn[0] == drawn[1] != drawn[2]
    assert collator.generator is None
    assert torch.equal(torch.get_rng_state(), before)
    collator.return_tensors = "np"
    with seeded(collator, 5):
        assert isinstance(collator.generator, np.random.Generator)
