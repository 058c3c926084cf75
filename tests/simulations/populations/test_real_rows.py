"""Real rows are their own population."""

import numpy as np
import pytest

import ridgeless as rl
from simulations import (
    Problem,
    RealRows,
    simulate_risk,
)
from simulations.populations import datasets
from tests.tolerances import LINEAR_ALGEBRA


def test_real_rows_are_their_own_population():
    table = np.random.default_rng(0).gamma(2.0, size=(50, 4)) @ np.diag([1, 10, 2, 5])
    rows = RealRows(table)
    expected = np.linalg.eigvalsh(np.corrcoef(table.T))
    np.testing.assert_allclose(rows.spectrum.eigenvalues, expected, rtol=LINEAR_ALGEBRA)
    assert rows == RealRows(table, name="other")
    assert rows != RealRows(table[::-1])
    with pytest.raises(rl.DomainError, match="constant columns"):
        RealRows(np.column_stack([table, np.ones(50)]))
    with pytest.raises(rl.DomainError, match="matrix"):
        RealRows([1.0, 2.0])


def test_real_rows_are_drawn_with_replacement():
    rows = RealRows(np.random.default_rng(0).random((30, 3)), name="few")
    population = rows.population(rows.spectrum, np.random.default_rng(0))
    drawn = rows.draw(population, 30, np.random.default_rng(0))
    assert 10 < len(np.unique(drawn, axis=0)) < 30
    again = rows.draw(population, 500, np.random.default_rng(1))
    assert len(np.unique(again, axis=0)) == 30


def test_patches_of_pixels():
    digits = datasets.digits()
    groups = digits.patches(2, digits.rows.shape[1])
    assert len(set(groups)) == 16
    problem = Problem(
        digits.spectrum, 0.5, dimension=len(groups), design=digits, patch=2, ratio_batch=4
    )
    # Neighbouring pixels hide together: harder than the theory of single pixels says.
    estimate = simulate_risk(problem, trials=8, rng=0)
    assert estimate.mean > problem.theory().total
