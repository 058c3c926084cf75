"""Which tokens are hidden, and from which stream."""

import itertools

import numpy as np
import pytest

import ridgeless as rl
from tests import tolerances
from validation.masking import Masker, RatioSampler, hidden_counts, ungrouped

LAWS = [0.3, rl.UniformRatio(0.1, 0.9), rl.ScheduledRatio(0.9, 0.1), rl.DiscreteRatio([0.2, 0.8])]


@pytest.mark.parametrize("per", ["batch", "sample"])
@pytest.mark.parametrize("ratio", [1e-6, 0.03, 0.5, 0.97, 1 - 1e-6])
def test_one_to_all_but_one_are_hidden(ratio, per):
    counts = Masker(RatioSampler(ratio, per, rng=0), (3, 4)).draw(300).sum(axis=1)
    assert counts.min() >= 1
    assert counts.max() <= 11
    assert per == "sample" or len(set(counts)) == 1


@pytest.mark.parametrize("shared", [False, True])
def test_counts_are_rounded_without_bias(shared):
    rng = np.random.default_rng(0)
    draws = [hidden_counts(np.full(50, 0.37), 10, rng, shared) for _ in range(400)]
    assert all((draw == draw[0]).all() for draw in draws) == shared
    assert set(np.unique(draws)) == {3, 4}
    means = np.mean(draws, axis=1) if shared else np.ravel(draws)
    error = np.std(means) / np.sqrt(len(means))
    assert abs(means.mean() - 3.7) < tolerances.MONTE_CARLO_Z * error


@pytest.mark.parametrize("law", LAWS, ids=str)
@pytest.mark.parametrize("per", ["batch", "sample"])
def test_the_mean_share_is_the_mean_of_the_law(law, per):
    masker = Masker(RatioSampler(law, per, rng=0), (4, 5))
    steps = 600
    batches = np.array([masker.draw(8, (t + 0.5) / steps).mean() for t in range(steps)])
    expected = law.mean if isinstance(law, rl.RatioLaw) else law
    spread = batches.std() / np.sqrt(steps)
    if isinstance(law, rl.ScheduledRatio):  # only the rounding is random
        spread = 0.5 / 20 / np.sqrt(steps)
    assert abs(batches.mean() - expected) < tolerances.MONTE_CARLO_Z * spread + 1e-12


def test_every_token_is_hidden_as_often():
    hidden = Masker(RatioSampler(0.25, rng=0), (3, 4)).draw(4000)
    error = np.sqrt(0.25 * 0.75 / 4000)
    assert np.abs(hidden.mean(axis=0) - 0.25).max() < tolerances.MONTE_CARLO_Z * error


@pytest.mark.parametrize(
    ("grid", "block", "units"), [((4, 4), 2, 4), ((5, 7), 3, 6), ((1, 10), 3, 4), ((7, 7), 1, 49)]
)
def test_blocks_hide_together(grid, block, units):
    masker = Masker(RatioSampler(0.5, "sample", rng=0), grid, block)
    hidden = masker.draw(200).reshape(200, *grid)
    rows, columns = min(block, grid[0]), min(block, grid[1])
    squares = 0
    for top, left in itertools.product(range(0, grid[0], rows), range(0, grid[1], columns)):
        square = hidden[:, top : top + rows, left : left + columns].reshape(200, -1)
        assert (square == square[:, :1]).all()
        assert 0 < square[:, 0].mean() < 1
        squares += 1
    assert squares == masker.size == units
    assert block == 1 or len(np.unique(hidden.reshape(200, -1), axis=0)) <= 2**units


def test_a_ratio_per_batch_or_per_sample():
    shared = RatioSampler(rl.UniformRatio(), "batch", rng=0).ratios(6)
    own = RatioSampler(rl.UniformRatio(), "sample", rng=0).ratios(6)
    assert len(set(shared)) == 1
    assert len(set(own)) == 6


def test_schedules_follow_progress():
    sampler = RatioSampler(rl.ScheduledRatio(0.9, 0.1, "cosine"), rng=0)
    ratios = [sampler.ratio(t) for t in (0, 0.25, 0.5, 0.75, 1)]
    expected = [0.1 + 0.8 * np.cos(np.pi * t / 2) ** 2 for t in (0, 0.25, 0.5, 0.75, 1)]
    np.testing.assert_allclose(ratios, expected, rtol=tolerances.ROUNDING)
    masker = Masker(sampler, (1, 10))
    assert masker.draw(4, 0.0).sum(axis=1).tolist() == [9] * 4
    assert masker.draw(4, 1.0).sum(axis=1).tolist() == [1] * 4
    with pytest.raises(rl.DomainError, match="progress"):
        sampler.ratio(1.5)


def test_a_saved_state_goes_on_with_the_same_masks():
    masker = Masker(RatioSampler(rl.UniformRatio(), "sample", rng=0), (4, 4))
    masker.draw(5)
    state = masker.sampler.state_dict()
    expected = [masker.draw(5) for _ in range(3)]
    other = Masker(RatioSampler(rl.UniformRatio(), "sample", rng=99), (4, 4))
    other.sampler.load_state_dict(state)
    np.testing.assert_array_equal([other.draw(5) for _ in range(3)], expected)


def test_workers_have_streams_of_their_own_whoever_asks_first():
    def ratios(order):
        sampler = RatioSampler(rl.UniformRatio(), "sample", rng=0)
        return {worker: sampler.for_worker(worker).ratios(4).tolist() for worker in order}

    found = ratios([0, 1, 2, 3])
    assert ratios([3, 1, 0, 2]) == found
    numbers = [ratio for own in found.values() for ratio in own]
    numbers += RatioSampler(rl.UniformRatio(), "sample", rng=0).ratios(4).tolist()
    numbers += RatioSampler(rl.UniformRatio(), "sample", rng=1).for_worker(0).ratios(4).tolist()
    assert len(set(numbers)) == 24


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((0.0,), "mask_ratio"),
        ((1.0,), "mask_ratio"),
        ((-0.2,), "mask_ratio"),
        ((1.2,), "mask_ratio"),
        ((float("nan"),), "mask_ratio"),
        (("0.5",), "mask_ratio"),
        ((0.5, "row"), "per must be"),
    ],
)
def test_wrong_arguments(arguments, words):
    with pytest.raises(rl.DomainError, match=words):
        RatioSampler(*arguments)


def test_wrong_blocks_and_workers():
    sampler = RatioSampler(0.5, rng=0)
    for block in (0, -1, 1.5):
        with pytest.raises(rl.DomainError, match="block"):
            Masker(sampler, (4, 4), block)
    with pytest.raises(rl.DomainError, match="at least 2 squares"):
        Masker(sampler, (4, 4), 4)
    with pytest.raises(rl.DomainError, match="worker"):
        sampler.for_worker(-1)


def test_a_masking_is_its_law():
    law = rl.UniformRatio(0.1, 0.9)
    for masking in (rl.Masking(law), rl.Masking(law, masks_per_sample=float("inf"))):
        drawn = RatioSampler(masking, "sample", rng=0).ratios(5)
        np.testing.assert_array_equal(drawn, RatioSampler(law, "sample", rng=0).ratios(5))
    assert RatioSampler(rl.Masking(0.75), rng=0).ratio() == 0.75


@pytest.mark.parametrize(
    ("masking", "words"),
    [
        (rl.Masking(0.5, masks_per_sample=4), "masks_per_sample = 4 cannot be kept"),
        (rl.Masking(0.5, rows="all"), "rows = 'all' cannot be kept"),
        (rl.Masking([0.2, 0.5]), "mask_ratio"),
        (rl.Masking(1.0), r"number in \(0, 1\)"),
    ],
)
def test_what_training_decides_is_refused(masking, words):
    with pytest.raises(rl.DomainError, match=words):
        RatioSampler(masking)


def test_groups_hide_together():
    groups = ["a", "b", "a", "c", "c", "a"]
    sampler = RatioSampler(rl.Masking(0.4, groups=groups), "sample", rng=0)
    for own in (sampler, sampler.for_worker(1)):
        hidden = Masker(own, (2, 3)).draw(200)
        np.testing.assert_array_equal(hidden[:, [0, 3]], hidden[:, [2, 4]])
        np.testing.assert_array_equal(hidden[:, 0], hidden[:, 5])
        units = hidden[:, [0, 1, 3]].sum(axis=1)
        assert (units.min(), units.max()) == (1, 2)
    with pytest.raises(rl.DomainError, match="block must be 1 beside the groups"):
        Masker(sampler, (2, 3), block=2)
    with pytest.raises(rl.DomainError, match="one label per token, 12, got 6"):
        Masker(sampler, (3, 4))
    with pytest.raises(rl.DomainError, match="at least 2"):
        Masker(RatioSampler(rl.Masking(0.4, groups=[0] * 6)), (2, 3))


def test_groups_are_refused_where_only_a_ratio_is_handed_on():
    sampler = RatioSampler(rl.Masking(0.4, groups=[0, 0, 1]))
    with pytest.raises(rl.DomainError, match="Masker hides tokens in groups"):
        ungrouped(sampler)
