"""Which tokens are hidden, and from which stream."""

import itertools

import numpy as np
import pytest

import ridgeless as rl
from tests import tolerances
from validation.masking import Masker, RatioSampler, hidden_counts

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


def test_wrong_blocks_and_workers():
    sampler = RatioSampler(0.5, rng=0)
    for block in (0, -1, 1.5):
        with pytest.raises(rl.DomainError, match="block"):
            Masker(sampler, (4, 4), block)
    with pytest.raises(rl.DomainError, match="at least 2 squares"):
        Masker(sampler, (4, 4), 4)
    with pytest.raises(rl.DomainError, match="worker"):
        sampler.for_worker(-1)


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


def test_ratios_and_loss_weights_come_with_the_masks():
    law = rl.DiscreteRatio([0.25, 0.75], loss_weights=[1.0, 3.0])
    for per in ("batch", "sample"):
        drawn = Masker(RatioSampler(law, per, rng=0), (2, 4)).drawn(40)
        np.testing.assert_array_equal(drawn.hidden.sum(axis=1), 8 * drawn.ratios)
        np.testing.assert_array_equal(drawn.loss_weights, np.where(drawn.ratios < 0.5, 1, 3))
        assert len(set(drawn.ratios)) == (1 if per == "batch" else 2)


def test_another_sampler_in_the_same_masker():
    masker = Masker(RatioSampler(0.5, rng=0), (4, 4), shape="blocks:2x2")
    other = masker.with_sampler(masker.sampler.for_batch(3))
    again = masker.with_sampler(masker.sampler.for_batch(3))
    np.testing.assert_array_equal(other.draw(20), again.draw(20))
    assert (other.shape, masker.sampler.rank) == (masker.shape, 0)
    assert not np.array_equal(masker.draw(20), again.draw(20))
