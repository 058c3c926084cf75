"""Estimated population spectra against the truth, where the truth is known."""

import math

import numpy as np
import pytest
from scipy.stats import random_correlation

import ridgeless as rl
from tests.tolerances import ESTIMATED_ERROR

SIZE = 600
POPULATIONS = {
    "power law": rl.Spectrum.power_law(1.0, SIZE).eigenvalues,
    "two levels": np.repeat([0.2, 1.8], SIZE // 2),
    "isotropic": np.ones(SIZE),
    "spiked": np.append(np.ones(SIZE - 3), [10.0, 20.0, 40.0]),
}
RATIOS = [0.1, 0.3, 0.5]


def draw(values: np.ndarray, samples: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = values * len(values) / values.sum()
    rows = rng.normal(size=(samples, len(values)))
    if np.ptp(values) == 0:
        return rows
    return rows @ np.linalg.cholesky(random_correlation.rvs(values, random_state=rng, tol=1e-6)).T


@pytest.mark.nojit_slow
@pytest.mark.parametrize("per_feature", [0.5, 1.0, 2.0])
@pytest.mark.parametrize("name", POPULATIONS)
def test_predicted_prediction_error_is_the_true_one(name: str, per_feature: float) -> None:
    values = POPULATIONS[name]
    options = {"aspect_ratio": 1 / per_feature, "masks_per_sample": math.inf}
    truth = rl.risk(values / values.mean(), RATIOS, **options).prediction_error
    for seed in range(3):
        rows = draw(values, round(per_feature * SIZE), seed)
        estimate = rl.risk(rl.Spectrum.from_data(rows), RATIOS, **options).prediction_error
        np.testing.assert_allclose(estimate, truth, rtol=ESTIMATED_ERROR)


def test_sample_eigenvalues_would_not_do() -> None:
    """Negative control: the plug-in spectrum misses by far more than the tolerance."""
    rows = draw(POPULATIONS["power law"], SIZE, 0)
    options = {"aspect_ratio": 1.0, "masks_per_sample": math.inf}
    truth = rl.risk(POPULATIONS["power law"], RATIOS, **options).prediction_error
    plugged = rl.risk(
        rl.Spectrum.from_covariance(np.cov(rows.T)), RATIOS, **options
    ).prediction_error
    assert (np.abs(plugged / truth - 1) > 2 * ESTIMATED_ERROR).all()


def test_known_moments_are_kept() -> None:
    estimate = rl.Spectrum.from_data(draw(POPULATIONS["spiked"], 200, 1))
    assert estimate.mean == pytest.approx(1, rel=1e-3)
    assert estimate.weights.sum() == pytest.approx(1)
    raw = rl.Spectrum.from_data(3 * draw(POPULATIONS["isotropic"], 200, 1), standardize=False)
    assert raw.mean == pytest.approx(9, rel=0.02)


def test_collinear_features_are_zero_eigenvalues() -> None:
    rows = np.random.default_rng(2).normal(size=(200, 20))
    doubled = rl.Spectrum.from_data(np.hstack([rows, rows]))
    assert doubled.zero_mass == pytest.approx(0.5)


def test_columns_that_never_vary_cannot_be_standardised() -> None:
    rows = np.ones((20, 3)) * np.arange(20)[:, None] ** [0, 1, 2]
    with pytest.raises(rl.DomainError, match=r"1 of 3 are constant.*column 0"):
        rl.Spectrum.from_data(rows)


def test_few_rows_do_not_lower_the_mean() -> None:
    """Centred rows have (n - 1)/n of the variance: .9 at n = 10."""
    rng = np.random.default_rng(9)
    means = [
        rl.Spectrum.from_data(rng.normal(size=(10, 8)), standardize=False).mean for _ in range(500)
    ]
    assert np.mean(means) == pytest.approx(1, abs=4 * np.std(means) / np.sqrt(len(means)))


@pytest.mark.parametrize("rows", [np.zeros((20, 4)), np.full((20, 4), 3.0)])
def test_rows_without_variance_are_told(rows: np.ndarray) -> None:
    with pytest.raises(rl.DomainError, match="X must have variances that are positive"):
        rl.Spectrum.from_data(rows, standardize=False)


@pytest.mark.parametrize("unit", [2.0**-1000, 2.0**-660, 2.0**660, 2.0**1000])
def test_any_unit_of_the_data(unit: float) -> None:
    rows = np.random.default_rng(0).normal(size=(60, 12)) + 1.0
    rows[:, 1:] += 2 * rows[:, [0]]
    assert rl.Spectrum.from_data(rows * unit) == rl.Spectrum.from_data(rows)
    with pytest.raises(rl.DomainError, match="X must have variances that are positive and finite"):
        rl.Spectrum.from_data(rows * unit, standardize=False)
    with pytest.raises(rl.DomainError, match="positive and finite numbers"):
        rl.Spectrum.from_data(np.full_like(rows, unit), standardize=False)
