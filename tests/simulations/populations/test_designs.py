"""Populations and rows have the covariance and the law that their design promises."""

import math

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.quantiles import quantized
from simulations import (
    EllipticalRows,
    GaussianRows,
    RademacherRows,
    StudentRows,
)
from tests.tolerances import LINEAR_ALGEBRA, MONTE_CARLO_Z


@pytest.mark.parametrize("values", [[1.0], [0.0, 1.0, 5.0], np.geomspace(1e-3, 30, 60)])
def test_gaussian_population_has_the_spectrum_and_a_constant_diagonal(values):
    spectrum = quantized(rl.Spectrum(values), 60)
    population = GaussianRows().population(spectrum, np.random.default_rng(0))
    found = np.linalg.eigvalsh(population.covariance)
    np.testing.assert_allclose(found, spectrum.eigenvalues, rtol=0, atol=LINEAR_ALGEBRA)
    diagonal = np.diag(population.covariance)
    np.testing.assert_allclose(diagonal, spectrum.mean, rtol=LINEAR_ALGEBRA)
    vectors = population.eigenvectors
    rebuilt = (vectors * population.eigenvalues) @ vectors.T
    np.testing.assert_allclose(rebuilt, population.covariance, rtol=0, atol=LINEAR_ALGEBRA)


@pytest.mark.parametrize(
    "design", [GaussianRows(), RademacherRows(), StudentRows(5.0), EllipticalRows(9.0)]
)
def test_rows_have_the_covariance(design):
    spectrum = rl.Spectrum([0.5, 1.0, 4.0])
    rng = np.random.default_rng(0)
    population = design.population(spectrum, rng)
    rows = design.draw(population, 200_000, rng)
    np.testing.assert_allclose(rows.T @ rows / 200_000, population.covariance, atol=0.1)


@pytest.mark.parametrize(
    ("design", "fourth"),
    # Of one whitened entry, in units of its variance squared: 3 + 6/(freedom - 4), or 3 times
    # (freedom - 2)/(freedom - 4); and of two entries of one row, which share their power.
    [
        (GaussianRows(), (3.0, 1.0)),
        (RademacherRows(), (1.0, 1.0)),
        (StudentRows(12.0), (3.75, 1.0)),
        (EllipticalRows(12.0), (3.75, 1.25)),
    ],
)
def test_rows_have_their_law(design, fourth):
    z = design.whitened((200_000, 2), np.random.default_rng(0))
    for products, expected in zip((z[:, 0] ** 4, z[:, 0] ** 2 * z[:, 1] ** 2), fourth, strict=True):
        error = products.std() / math.sqrt(len(z))
        assert abs(products.mean() - expected) <= MONTE_CARLO_Z * error
    # Uncorrelated is independent for Gaussian entries only.
    assert design.has_independent_noise == (fourth == (3.0, 1.0))
