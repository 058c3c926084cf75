"""What a representation keeps of the directions and of the signal."""

import numpy as np
import pytest

from ridgeless.transfer.representation import along, mapped
from tests import tolerances

VALUES, WEIGHTS = np.array([0.0, 1.0, 2.0]), np.array([0.2, 0.5, 0.3])
SIGNAL = np.array([0.0, 0.4, 0.6])


def test_directions_without_variance_are_dropped_and_the_rest_is_filtered():
    z = along(VALUES, WEIGHTS, SIGNAL, np.array([0.0, 0.5, 1.0]), 1.0, 1.0)
    assert z.values.tolist() == [0.0, 0.25, 2.0]
    assert z.weights.tolist() == [0.2, 0.5, 0.3]
    assert z.signal.tolist() == [0.0, 0.4, 0.6]
    assert z.mean == pytest.approx((0.5 * 0.25 + 0.3 * 2.0) / 0.8)
    assert z.lost == 0
    half = along(VALUES, WEIGHTS, SIGNAL, np.array([0.0, 0.5, 1.0]), 0.5, 1.0)
    assert half.values.tolist() == [0.0, 0.5, 2.0]


def test_a_bottleneck_splits_an_atom():
    z = along(VALUES, WEIGHTS, SIGNAL, np.ones(3), 1.0, 0.4)
    np.testing.assert_allclose(z.values, [0.0, 1.0, 2.0, 0.0])
    np.testing.assert_allclose(z.weights, [0.2, 0.1, 0.3, 0.4])
    np.testing.assert_allclose(z.signal, [0.0, 0.08, 0.6, 0.0])
    assert z.lost == pytest.approx(0.32)
    assert z.weights.sum() == pytest.approx(1)


def test_a_mapped_covariance_keeps_what_it_can_tell():
    rng = np.random.default_rng(0)
    root = rng.standard_normal((5, 5))
    sigma, beta = root @ root.T, rng.standard_normal((5, 1))
    transform = rng.standard_normal((2, 5))
    z = mapped(sigma, beta, transform, 5)
    # Best linear prediction of the signal from z.
    cross = transform @ sigma @ beta
    known = (cross.T @ np.linalg.solve(transform @ sigma @ transform.T, cross)).item()
    total = (beta.T @ sigma @ beta).item()
    assert z.signal.sum() == pytest.approx(known, rel=tolerances.TRANSFER)
    assert z.lost == pytest.approx(total - known, rel=tolerances.TRANSFER)
    assert (z.values > 0).sum() == 2
    assert z.weights.sum() == pytest.approx(1)
