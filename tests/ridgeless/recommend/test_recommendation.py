"""`recommend` where the right answer is known, and what it says when data breaks the theory."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import random_correlation

import ridgeless as rl
from tests.ridgeless.samples import POWER, SIZE, TWO, draw


@pytest.mark.slow
@pytest.mark.nojit_slow
@pytest.mark.parametrize("per_feature", [0.7, 2.0])
@pytest.mark.parametrize("values", [POWER, TWO], ids=["power", "two"])
def test_interval_covers_the_true_optimum(values: np.ndarray, per_feature: float) -> None:
    """At 90% a count below 15 of 20 would come with probability 0.01; seeds are fixed."""
    samples = round(per_feature * SIZE)
    truth = rl.optimal_mask_ratio(
        values / values.mean(), aspect_ratio=SIZE / samples, masks_per_sample=math.inf
    )
    advice = [rl.recommend(draw(values, samples, s), rng=s, replicates=30) for s in range(20)]
    covered = sum(a.interval[0] <= truth.mask_ratio <= a.interval[1] for a in advice)
    assert covered >= 15
    assert sum(a.low <= truth.mask_ratio <= a.high for a in advice) >= 18
    # The interval says something: it is far shorter than the range within 10% of the best risk.
    assert np.mean([np.ptp(a.interval) for a in advice]) < np.mean([a.high - a.low for a in advice])


def named_column_optimum(sigma: np.ndarray, gamma: float) -> float:
    """Column 0 from the others, from the population's own eigenvectors."""
    others, shared = sigma[1:, 1:], sigma[0, 1:]
    values, vectors = np.linalg.eigh(others)
    beta = np.linalg.solve(others, shared)
    strength = float(shared @ beta)
    task = rl.LinearTarget(
        snr=strength / (1 - strength),
        alignment=(vectors.T @ beta) ** 2,
        signal_variance=strength,
    )
    best = rl.optimal_mask_ratio(values, aspect_ratio=gamma, target=task, masks_per_sample=math.inf)
    return float(best.mask_ratio)


@pytest.mark.slow
@pytest.mark.nojit_slow
@pytest.mark.parametrize("per_feature", [2.0, 10.0])
@pytest.mark.parametrize("values", [POWER, TWO], ids=["power", "two"])
def test_interval_covers_the_optimum_of_a_named_column(
    values: np.ndarray, per_feature: float
) -> None:
    """At 0.7 rows per feature it would not: half of two-level intervals miss (or are [0, 1])."""
    samples = round(per_feature * SIZE)
    covered = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        sigma = random_correlation.rvs(values * SIZE / values.sum(), random_state=rng, tol=1e-6)
        rows = rng.normal(size=(samples, SIZE)) @ np.linalg.cholesky(sigma).T
        truth = named_column_optimum(sigma, SIZE / samples)
        advice = rl.recommend(rows, target_column=0, rng=seed, replicates=20)
        covered += advice.interval[0] <= truth <= advice.interval[1]
    assert covered >= 15


def test_where_nothing_is_found_the_interval_says_nothing() -> None:
    rows = np.random.default_rng(0).normal(size=(40, 60))
    for column in (None, 3):
        advice = rl.recommend(rows, target_column=column, rng=0, replicates=2)
        assert (advice.mask_ratio, advice.interval) == (1.0, (0.0, 1.0))
        assert "Nothing to learn was found" in advice.diagnostics[-1]
        # Nowhere is it worth more than the column's variance, which predicting the mean costs.
        assert np.min(advice.risk.prediction_error) > 1 - 1e-6


def test_collinear_columns_are_predicted_without_noise() -> None:
    rows = np.random.default_rng(1).normal(size=(300, 30))
    rows[:, 0] = rows[:, 1] + rows[:, 2]
    advice = rl.recommend(rows, target_column=0, rng=0, replicates=2)
    assert np.all(np.asarray(advice.risk.noise) < 1e-2)
    assert np.isfinite(advice.risk.total).all()


def test_advice_is_consistent_and_reproducible() -> None:
    rows = draw(POWER, 200, 0)
    advice = rl.recommend(rows, rng=1, replicates=3)
    again = rl.recommend(rows, rng=1, replicates=3)
    assert (again.mask_ratio, again.interval) == (advice.mask_ratio, advice.interval)
    assert advice.aspect_ratio == SIZE / 200
    assert advice.spectrum.mean == pytest.approx(rl.Spectrum.from_data(rows).mean)
    assert advice.risk.total.shape == advice.curve_ratios.shape
    assert advice.risk.total.min() >= rl.risk(
        advice.spectrum, advice.mask_ratio, aspect_ratio=SIZE / 200, masks_per_sample=math.inf
    ).total * (1 - 1e-9)
    one = rl.optimal_mask_ratio(advice.spectrum, aspect_ratio=SIZE / 200)
    assert advice.one_mask == one


def test_a_named_column_has_its_own_signal() -> None:
    """One column is the sum of ten others and noise, another is noise alone."""
    rng = np.random.default_rng(2)
    rows = rng.normal(size=(3000, 60))
    rows[:, 0] = rows[:, 1:11].sum(axis=1) + rng.normal(size=3000)
    useful = rl.recommend(rows, target_column=0, rng=0, replicates=2)
    useless = rl.recommend(rows, target_column=50, rng=0, replicates=2)
    # Variance 11, of which 10 is explained, in units of the column's own variance.
    assert useful.risk.noise[0] == pytest.approx(1 / 11, rel=0.25)
    assert useful.risk.null[0] == pytest.approx(10 / 11, rel=0.1)
    assert useless.risk.null[0] < 0.1
    best = np.min(useful.risk.prediction_error)
    assert best == pytest.approx(1 / 11, rel=0.3)


def test_constant_columns_are_left_out_and_said_so() -> None:
    rows = draw(POWER, 100, 3)
    padded = np.insert(rows, [0, 50], 7.0, axis=1)
    advice = rl.recommend(padded, rng=0, replicates=1)
    assert advice.diagnostics[0] == "2 of 102 columns are constant and were left out."
    assert advice.mask_ratio == pytest.approx(
        rl.recommend(rows, rng=0, replicates=1).mask_ratio, rel=1e-3
    )
    moved = rl.recommend(padded, target_column=1, rng=0, replicates=1)
    kept = rl.recommend(rows, target_column=0, rng=0, replicates=1)
    assert moved.mask_ratio == pytest.approx(kept.mask_ratio, rel=1e-3)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"target_column": 5}, "target_column must be below 3, got 5"),
        ({"target_column": -1}, "target_column must be an integer of at least 0"),
        ({"target_column": 0}, "target_column must vary"),
        ({"confidence": 1.0}, r"confidence must lie in \(0, 1\)"),
        ({"replicates": 0}, "replicates must be an integer of at least 1"),
        ({"aspect_ratio": -1.0}, "aspect_ratio must be finite and at least 0"),
        ({"ridge": -1.0}, "ridge must be"),
        ({"rng": -1}, "rng must be None, an integer of at least 0"),
        ({"groups": 0}, "groups must be an integer of at least 1"),
        ({"groups": [1, 2]}, "one label for each of the 3 columns"),
        ({"groups": "ab"}, "one label for each of the 3 columns"),
        ({"groups": [1, 2, None]}, "labels of one kind"),
        ({"groups": 3}, "at least two, got one group"),
    ],
)
def test_errors(options: dict[str, Any], says: str) -> None:
    rows = np.random.default_rng(5).normal(size=(30, 3))
    rows[:, 0] = 1.0
    with pytest.raises(rl.DomainError, match=says):
        rl.recommend(rows, **options)


def test_groups_as_large_as_the_rows_are_refused() -> None:
    rows = np.random.default_rng(6).normal(size=(12, 30))
    with pytest.raises(rl.DomainError, match=r"fewer features than X has rows \(12\), got a .* 15"):
        rl.recommend(rows, groups=15)


def test_too_little_data() -> None:
    with pytest.raises(rl.DomainError, match="at least two columns that vary"):
        rl.recommend(np.ones((30, 3)))
    with pytest.raises(rl.DomainError, match="at least 10 rows"):
        rl.recommend(np.ones((3, 3)))


@pytest.mark.parametrize("unit", [2.0**-660, 2.0**660])
def test_any_unit_of_the_data(unit: float) -> None:
    rows = np.random.default_rng(0).normal(size=(60, 12))
    rows[:, 1:] += 2 * rows[:, [0]]
    found, usual = (rl.recommend(x, rng=0, replicates=2) for x in (rows * unit, rows))
    assert (found.mask_ratio, found.interval) == (usual.mask_ratio, usual.interval)
    assert found.diagnostics == usual.diagnostics
