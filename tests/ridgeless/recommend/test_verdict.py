"""Ratios, ranges and verdicts from curves."""

import numpy as np
import pytest

from ridgeless.recommend.verdict import judge, related
from tests.ridgeless.recommend.brute import table

RATIOS = np.array([0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.7, 0.9])
ROWS = np.arange(200)


def errors_of(mean: np.ndarray, noise: float = 0.0) -> np.ndarray:
    """Rows that differ much in size, and little in what they say of the ratio."""
    rng = np.random.default_rng(0)
    size = rng.exponential(size=ROWS.size)
    own = noise * rng.normal(size=(mean.size, ROWS.size))
    return mean[:, None] * size / size.mean() + own - own.mean(axis=1, keepdims=True)


def test_the_lowest_point_and_ten_percent_around_it() -> None:
    odds = np.log(RATIOS / (1 - RATIOS))
    mean = 0.5 + 0.05 * (odds - np.log(0.25)) ** 2  # lowest at 0.2
    found = judge(RATIOS, errors_of(mean), np.ones(200), ROWS, 0.9)
    assert (found.verdict, RATIOS[found.best]) == ("choose", 0.2)
    assert found.mask_ratio == pytest.approx(0.2, rel=0.02)
    inside = mean <= 1.1 * mean.min()
    assert RATIOS[inside].min() >= found.low > RATIOS[~inside & (RATIOS < 0.2)].max()
    assert RATIOS[inside].max() <= found.high < RATIOS[~inside & (RATIOS > 0.2)].min()


def test_the_interval_is_about_differences_within_rows() -> None:
    mean = 0.5 + 0.02 * np.abs(np.arange(8) - 3)
    sharp, blurred = (
        judge(RATIOS, errors_of(mean, noise), np.ones(200), ROWS, 0.9) for noise in (0.0, 0.5)
    )
    # Rows differ far more than ratios do, but in the same way at every ratio.
    assert sharp.standard_error.min() > 0.03
    assert np.ptp(sharp.interval) < 0.4
    assert np.ptp(blurred.interval) > np.ptp(sharp.interval)
    wide = judge(RATIOS, errors_of(mean, 0.5), np.ones(200), ROWS, 0.999)
    assert np.ptp(wide.interval) >= np.ptp(blurred.interval)


def test_rows_of_a_cluster_count_once() -> None:
    noise = np.repeat(np.random.default_rng(1).normal(size=(8, 20)), 10, axis=1)
    errors = 1 + noise
    apart, together = (
        judge(RATIOS, errors, np.full(200, 9.0), clusters, 0.9).standard_error
        for clusters in (ROWS, ROWS // 10)
    )
    np.testing.assert_allclose(together / apart, np.sqrt(10), rtol=0.05)


@pytest.mark.parametrize(
    ("mean", "null", "verdict"),
    [
        (np.linspace(1.2, 1.0, 8), 1.0, "nothing to learn"),
        (np.linspace(0.5, 0.53, 8), 1.0, "hardly matters"),
        (np.linspace(0.5, 2.0, 8), 1.0, "choose"),
    ],
)
def test_verdicts(mean: np.ndarray, null: float, verdict: str) -> None:
    found = judge(RATIOS, errors_of(mean), np.full(200, null), ROWS, 0.9)
    assert found.verdict == verdict
    if verdict == "nothing to learn":
        assert (found.mask_ratio, found.low, found.high, found.interval) == (1, 1, 1, (0, 1))
    else:
        assert found.low <= found.mask_ratio <= found.high
        assert found.interval[0] <= found.mask_ratio <= found.interval[1]


def test_what_one_row_or_few_pieces_decide_cannot_be_told() -> None:
    errors = errors_of(np.linspace(0.5, 2.0, 8))
    few = judge(RATIOS, errors, np.ones(200), ROWS // 60, 0.9)
    assert few.verdict == "cannot tell"
    assert "4 independent pieces" in few.said[0]
    errors[:, 7] += errors.sum(axis=1) * 2
    one = judge(RATIOS, errors, np.full(200, 9.0), ROWS, 0.9)
    assert one.verdict == "cannot tell"
    assert "Row 7 alone" in one.said[0]


def test_relations_are_told_from_chance() -> None:
    Z, every = table(60, 20), np.arange(20)
    assert related(Z, every, None, np.random.default_rng(0))
    assert related(Z, every // 2, 3, np.random.default_rng(0))
    for seed in range(20):
        rng = np.random.default_rng(seed)
        noise = rng.standard_t(4, (60, 20))
        noise = (noise - noise.mean(axis=0)) / noise.std(axis=0)
        assert not related(noise, every, None, rng)
