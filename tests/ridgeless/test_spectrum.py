"""The constructors of `Spectrum` against dense eigenvalue solvers."""

import copy
import math
import pickle
from typing import Any

import numpy as np
import pytest
import scipy.linalg

import ridgeless as rl


@pytest.mark.parametrize("correlation", [0.0, 0.3, 0.99, -0.7])
@pytest.mark.parametrize("dimension", [1, 2, 7, 60])
def test_ar1_is_the_toeplitz_matrix(correlation: float, dimension: int) -> None:
    matrix = scipy.linalg.toeplitz(np.power(correlation, np.arange(dimension)))
    spectrum = rl.Spectrum.ar1(correlation, dimension)
    np.testing.assert_allclose(spectrum.eigenvalues, scipy.linalg.eigvalsh(matrix), rtol=1e-10)
    assert spectrum.mean == pytest.approx(1, rel=1e-12)


def test_from_covariance_gives_the_correlation_spectrum() -> None:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(30, 8)) * 10.0 ** rng.uniform(-2, 2, 8)
    spectrum = rl.Spectrum.from_covariance(np.cov(rows.T))
    expected = scipy.linalg.eigvalsh(np.corrcoef(rows.T))
    np.testing.assert_allclose(spectrum.eigenvalues, expected, rtol=1e-9)
    raw = rl.Spectrum.from_covariance(np.diag([1.0, 4.0]), standardize=False)
    np.testing.assert_allclose(raw.eigenvalues, [1.0, 4.0])


def test_rounding_below_zero_counts_as_zero() -> None:
    rows = np.random.default_rng(1).normal(size=(4, 10))
    spectrum = rl.Spectrum.from_covariance(rows.T @ rows)
    assert np.count_nonzero(spectrum.eigenvalues) == 4
    assert spectrum.zero_mass == pytest.approx(0.6)
    assert spectrum.positive_mass == pytest.approx(0.4)


def test_power_law_has_mean_one_at_any_exponent() -> None:
    for exponent in (0.0, 1.0, -1.0, 300.0):
        assert rl.Spectrum.power_law(exponent, 50).mean == pytest.approx(1, rel=1e-12)


def test_spikes_replace_bulk_eigenvalues() -> None:
    spectrum = rl.Spectrum.spiked([9.0, 4.0], dimension=10, bulk=0.5)
    np.testing.assert_array_equal(spectrum.eigenvalues, [0.5, 4.0, 9.0])
    np.testing.assert_allclose(spectrum.weights, [0.8, 0.1, 0.1])
    assert len(rl.Spectrum.spiked([1.0, 2.0], dimension=2)) == 2
    assert rl.Spectrum.latent_factors(2, 8, 3.0).mean == pytest.approx(1.75)


def test_spectrum_is_a_value() -> None:
    first = rl.Spectrum([3.0, 1.0], [1.0, 3.0])
    same = rl.Spectrum([1.0, 3.0], [0.75, 0.25])
    assert first == same
    assert hash(first) == hash(same)
    assert first != rl.Spectrum([1.0, 3.0])
    assert first != "spectrum"
    for twin in (copy.deepcopy(first), pickle.loads(pickle.dumps(first))):
        assert twin == first
        np.testing.assert_array_equal(twin.order, first.order)
    with pytest.raises(AttributeError, match="immutable"):
        first.weights = np.ones(2)
    with pytest.raises(ValueError, match="read-only"):
        first.eigenvalues[0] = 2.0


def test_weights_count_atoms() -> None:
    target = rl.LinearTarget(alignment=1.0)
    weighted = rl.risk(rl.Spectrum([1.0, 4.0], [3.0, 1.0]), 0.3, target=target)
    repeated = rl.risk([1.0, 1.0, 1.0, 4.0], 0.3, target=target)
    assert weighted.total == pytest.approx(repeated.total, rel=1e-14)


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (lambda: rl.Spectrum([1.0, 2.0], [1.0]), "weights must match the 2 eigenvalues"),
        (lambda: rl.Spectrum([1.0], [0.0]), "weights must have a positive finite sum"),
        (lambda: rl.Spectrum([1.0, 0.0], [0.0, 1.0]), "must not all be zero"),
        (lambda: rl.Spectrum([1e308, 1e308]), None),
        (lambda: rl.Spectrum.isotropic(0.0), "variance must be positive"),
        (lambda: rl.Spectrum.spiked([1.0, 2.0], 1), "spikes must be at most dimension = 1"),
        (lambda: rl.Spectrum.spiked([1.0], 0), "dimension must be an integer"),
        (lambda: rl.Spectrum.spiked([1.0], 3, bulk=-1.0), "bulk must be finite and at least 0"),
        (lambda: rl.Spectrum.power_law(math.inf, 3), "exponent must be finite"),
        (lambda: rl.Spectrum.power_law(1.0, 2.5), "dimension must be an integer"),
        (lambda: rl.Spectrum.ar1(1.0, 5), r"correlation must lie in \(-1, 1\), got 1.0"),
        (lambda: rl.Spectrum.latent_factors(5, 4, 1.0), "rank must be at most dimension = 4"),
        (lambda: rl.Spectrum.latent_factors(1, 4, -1.0), "strength must be finite"),
        (lambda: rl.Spectrum.from_covariance([1.0]), "matrix must be square"),
        (lambda: rl.Spectrum.from_covariance([[1.0, 2.0], [0.0, 1.0]]), "matrix must be symmetric"),
        (lambda: rl.Spectrum.from_covariance([[1.0, 2.0], [2.0, 1.0]]), "positive semi-definite"),
        (lambda: rl.Spectrum.from_covariance([[1.0, 0.0], [0.0, 0.0]]), "for feature 1"),
        (lambda: rl.Spectrum.from_covariance([[math.inf]]), "matrix must be finite"),
    ],
)
def test_constructors_name_the_argument(build: Any, says: str | None) -> None:
    if says is None:  # a mean at the top of the range is still a mean
        assert math.isfinite(build().mean)
        return
    with pytest.raises(rl.DomainError, match=says):
        build()


@pytest.mark.parametrize("rare", [0.0, 1e-150, 1e-300])
@pytest.mark.parametrize("unit", [1.0, 1e200, 1e300])
@pytest.mark.parametrize("target", [rl.MaskedFeature(), rl.LinearTarget()])
def test_weights_may_be_of_any_size(rare: float, unit: float, target: Any) -> None:
    """What is too rare for a number to show counts as absent."""
    found = rl.risk(rl.Spectrum([1.0, 2.0, 3.0], [unit, unit, rare]), 0.3, target=target)
    assert found.total == rl.risk([1.0, 2.0], 0.3, target=target).total
