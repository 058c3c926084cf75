"""Designs, estimators, statistics and seeds, each against an independent route."""

import numpy as np
import pytest

import ridgeless as rl
from simulations.trials.masks import draw_masks, moments
from simulations.trials.ridge import Gram, MarginalRidge, Ridge
from tests.tolerances import LINEAR_ALGEBRA


@pytest.mark.parametrize("shape", [(40, 10), (10, 40), (20, 20)])
@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_ridge(shape, penalty):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal(shape)
    rows[3], rows[:, 2] = 0.0, 0.0
    y = rng.standard_normal((shape[0], 3))
    found = Ridge(Gram(rows), penalty).coefficients(y)
    if penalty:
        gram = rows.T @ rows + shape[0] * penalty * np.eye(shape[1])
        expected = np.linalg.solve(gram, rows.T @ y)
    else:
        expected = np.linalg.pinv(rows) @ y
    np.testing.assert_allclose(found, expected, rtol=0, atol=LINEAR_ALGEBRA)


@pytest.mark.parametrize("rank", [None, 3])
@pytest.mark.parametrize("shape", [(40, 10), (10, 40)])
@pytest.mark.parametrize("penalty", [0.0, 0.3])
def test_noise_trace(shape, penalty, rank):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal(shape)
    if rank:
        rows = rows[:, :rank] @ rows[:rank]
    rows[3], rows[:, 2] = 0.0, 0.0
    ridge = Ridge(Gram(rows), penalty)
    assert (ridge.factor is None) == (rank is not None and penalty == 0)
    second = np.cov(rng.standard_normal((shape[1], 90)))
    units = ridge.coefficients(np.eye(shape[0]))
    expected = np.trace(units.T @ second @ units)
    assert ridge.noise_trace(second) == pytest.approx(expected, rel=LINEAR_ALGEBRA)


def test_the_singular_values_take_the_penalty():
    """Beside the threshold of the condition number both ways give the same."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((30, 12)) * np.geomspace(1, 1e-7, 12)
    y = rng.standard_normal((30, 1))
    for penalty in (0.0, 1e-15, 1e-13):
        ridge = Ridge(Gram(rows), penalty)
        assert ridge.factor is None  # a condition number of 1e13 or more
        left, values, right = np.linalg.svd(rows, full_matrices=False)
        filtered = values / (values**2 + 30 * penalty)
        expected = right.T @ (filtered[:, None] * (left.T @ y))
        np.testing.assert_allclose(ridge.coefficients(y), expected, rtol=1e-6)
    assert Ridge(Gram(rows), 1e-6).factor is not None


def test_ridge_falls_back_on_singular_values():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((30, 2)) @ rng.standard_normal((2, 12))
    y = rng.standard_normal((30, 1))
    ridge = Ridge(Gram(rows), 0.0)
    assert ridge.factor is None
    found = ridge.coefficients(y)
    np.testing.assert_allclose(found, np.linalg.pinv(rows) @ y, atol=LINEAR_ALGEBRA)
    assert not Ridge(Gram(np.zeros((3, 2))), 0.0).coefficients(np.ones((3, 1))).any()


@pytest.mark.parametrize("shape", [(40, 10), (10, 40)])
@pytest.mark.parametrize("law", [rl.DiscreteRatio([0.4]), rl.UniformRatio(0.1, 0.9)])
def test_marginal_ridge_solves_the_averaged_problem(shape, law):
    rng = np.random.default_rng(0)
    rows, y = rng.standard_normal(shape), rng.standard_normal((shape[0], 2))
    means, penalty = moments(law, "all"), 0.1
    second = rows.T @ rows / shape[0]
    averaged = means.square * second + means.cross * np.diag(np.diag(second))
    averaged += penalty * np.eye(shape[1])
    expected = np.linalg.solve(averaged, means.keep * rows.T @ y / shape[0])
    found = MarginalRidge(rows, penalty, means).coefficients(y)
    np.testing.assert_allclose(found, expected, rtol=0, atol=LINEAR_ALGEBRA)
    # The averaged second moment itself, from many masks.
    keep, _ = draw_masks(rl.Masking(law), (shape[0], 4000), shape[1], rng)
    masked = (rows[:, None] * keep)[:, :, :2]
    estimate = np.einsum("nki,nkj->ij", masked, masked) / (shape[0] * 4000)
    exact = averaged[:2, :2] - penalty * np.eye(2)
    np.testing.assert_allclose(estimate, exact, atol=0.02)
