"""Fixed points: found where plain steps crawl, and a failure is told."""

import numpy as np
import pytest

from ridgeless.rows.anderson import DEPTH, STEPS, combined, fixed_point
from tests.tolerances import LINEAR_ALGEBRA


def test_slow_contractions_are_found_in_few_steps():
    """Plain steps would need thousands: the largest slope is 0.999."""
    slopes = np.array([0.999, 0.9, 0.5, -0.3])
    found = fixed_point(lambda x: slopes * x + 1, np.zeros(4), 1e-12)
    np.testing.assert_allclose(found.x, 1 / (1 - slopes), rtol=1e-9)
    assert found.residual <= 1e-12
    assert found.steps <= DEPTH + 2


def test_what_has_no_fixed_point_keeps_its_residual():
    found = fixed_point(lambda x: x + 1, np.zeros(2), 1e-12)
    assert found.residual == 1
    assert found.steps == STEPS
    assert not np.isfinite(fixed_point(lambda x: x + np.inf, np.zeros(1), 1e-12).residual)


def test_the_combination_cancels_what_can_be_cancelled():
    moves = [(np.array([1.0, 0.0, 0.0]), np.array([5.0, 0.0, 0.0])),
             (np.array([0.0, 1e-9, 0.0]), np.array([0.0, 2e-9, 0.0]))]  # fmt: skip
    moved = combined(moves, np.array([2.0, 3.0, 7.0]))
    np.testing.assert_allclose(moved, [10.0, 6.0, 0.0], rtol=LINEAR_ALGEBRA)
    assert combined([], np.ones(3)) == 0


def test_a_start_at_the_solution_is_the_solution():
    assert fixed_point(np.cos, np.array([0.7390851332151607]), 1e-9).steps == 1
    assert fixed_point(np.cos, np.zeros(0), 1e-9).residual == pytest.approx(0)
