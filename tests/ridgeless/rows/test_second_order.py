"""Weights of the residuals against a dense solve, and the largest eigenvalue."""

import numpy as np
import pytest

from ridgeless import ConvergenceError
from ridgeless.rows.dual import kernel_of
from ridgeless.rows.primal import FeatureRows
from ridgeless.rows.second_order import weights
from tests.ridgeless.rows import brute
from tests.tolerances import ROWS_DUAL


def test_it_solves_the_linear_map():
    rows, _, whole, _ = brute.blocks(0, samples=30, features=10)
    kernel = kernel_of(FeatureRows(rows, whole, 30))
    medium = kernel.at(kernel.norms + 1)
    squares = medium.unit[:, :, 0] ** 2
    for ratio in (0.5, 2.0):
        found = weights(medium, ratio)
        exposure = medium.exposure[:, 0, 0]
        wanted = np.linalg.solve(np.eye(30) - ratio * squares, ratio * exposure)
        np.testing.assert_allclose(found.values[:, 0, 0], wanted, rtol=ROWS_DUAL)
        largest = ratio * np.linalg.eigvalsh(squares)[-1]
        assert found.gain == pytest.approx(largest, rel=1e-3)
        assert found.residual < 1e-9


def test_all_samples_have_nothing_to_add():
    rows, _, whole, _ = brute.blocks(1, samples=30, features=10)
    space = FeatureRows(rows, whole, 30)
    assert not weights(space.at(space.norms + 1, 1.0), 0.0).values.any()


def test_a_map_that_amplifies_is_told():
    rows, _, whole, _ = brute.blocks(2, samples=30, features=10)
    space = FeatureRows(rows, whole, 30)
    with pytest.raises(ConvergenceError, match="eigenvalue of 1 or more"):
        weights(space.at(1e-6 * space.norms, 1.0), 1e3)
