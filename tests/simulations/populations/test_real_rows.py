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
from tests.tolerances import LINEAR_ALGEBRA, MONTE_CARLO_Z


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


def test_distinct_rows_are_tested_on_those_that_they_leave():
    table = np.random.default_rng(0).random((30, 3))
    rows = RealRows(table, name="few").distinct()
    assert rows == RealRows(table, replace=False)
    assert rows != RealRows(table)
    assert rows.record() == RealRows(table).record() | {"replace": False}
    population = rows.population(rows.spectrum, np.random.default_rng(0))
    drawn = rows.draw(population, 29, np.random.default_rng(0))
    assert len(np.unique(drawn, axis=0)) == 29
    (left,) = [row for row in rows.rows if not (drawn == row).all(axis=1).any()]
    np.testing.assert_allclose(rows.unseen(drawn), np.outer(left, left), rtol=1e-9, atol=1e-12)
    with pytest.raises(rl.DomainError, match="fewer than the 30 rows of few"):
        rows.draw(population, 30, np.random.default_rng(0))


@pytest.mark.parametrize("target", [rl.MaskedFeature(), rl.LinearTarget(snr=4.0)])
def test_the_risk_of_distinct_rows_is_that_of_tests_on_the_others(target):
    """Beside fits and tests written out, the noise of the test row taken off."""
    rng = np.random.default_rng(1)
    rows = RealRows(rng.gamma(2.0, size=(60, 5)) @ rng.normal(size=(5, 5))).distinct()
    problem = Problem(rows.spectrum, 0.4, aspect_ratio=5 / 20, target=target, ridge=0.1,
                      design=rows)  # fmt: skip
    found = simulate_risk(problem, trials=400, rng=0)
    inverse = np.linalg.inv(rows.correlation)
    noise = (1 / np.diag(inverse)).mean()
    errors = []
    for _ in range(2000):
        order = rng.permutation(60)
        X, rest = rows.rows[order[:20]], rows.rows[order[20:]]
        keep = rng.random(X.shape) >= 0.4
        if isinstance(target, rl.LinearTarget):
            # The same mass on every direction, as the spectrum has mean one.
            beta = np.linalg.qr(rng.normal(size=(5, 5)))[0][:, 0]
            seen, y = X * keep, X @ beta + 0.5 * rng.normal(size=20)
            gram = seen.T @ seen + 20 * 0.1 * np.eye(5)
            errors.append(np.mean((rest @ (beta - np.linalg.solve(gram, seen.T @ y))) ** 2))
            continue
        for j in range(5):
            counted = ~keep[:, j]
            seen = (X * keep)[counted]
            gram = seen.T @ seen + max(counted.sum(), 1) * 0.1 * np.eye(5)
            b = np.linalg.solve(gram, seen.T @ X[counted, j])
            b[j] = 0.0
            errors.append(np.mean((rest[:, j] - rest @ b) ** 2) - noise)
    error = np.hypot(found.standard_error, np.std(errors) / len(errors) ** 0.5)
    assert abs(found.mean - np.mean(errors)) < MONTE_CARLO_Z * error


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
