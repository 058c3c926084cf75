"""The read-out: weights of residuals against a plain linear solve, and its edges."""

import math

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.engine.readout import COLUMNS, PARTS, class_weights
from ridgeless.engine.spectral import WIDTH
from ridgeless.engine.sums import ClassSums, Moments
from tests.tolerances import LINEAR_ALGEBRA


def test_the_columns_are_as_many_as_is_said_without_compiling() -> None:
    assert len(COLUMNS) == WIDTH
    assert COLUMNS[: len(PARTS)] == PARTS


def test_class_weights_solve_their_equations() -> None:
    """(I - M) u = t with M = T'(m), its diagonal from Euler's identity: as a plain solve."""
    found = Moments(0.2, 0.9, 0.4, 0.05, 0.03, 0.5, 0.2, 0.15)
    sums = ClassSums(0.7, 0.2, 0.3, 0.1, 0.3, 0.1, 0.05, 0, 0, 0, 0, 0)
    psi, base, m1, m0 = 1.3, 0.4, 0.8, 0.6
    u = class_weights(sums, found, 0.3, 0.2, psi, base, m1, m0)
    spread = psi * np.array([[found.q11, found.q10], [found.q10, found.q00]])
    m = spread @ [[sums.a11, sums.a10], [sums.a10, sums.a00]]
    rho = psi * np.array([found.e1, found.e0]) + base * spread @ [sums.a1, sums.b1]
    full = -m
    full[0, 0] = (rho[0] + m[0, 1] * m0) / m1
    full[1, 1] = (rho[1] + m[1, 0] * m1) / m0
    expected = np.linalg.solve(full, psi * np.array([0.3, 0.2]))
    np.testing.assert_allclose(u, expected, rtol=LINEAR_ALGEBRA)


def test_at_the_threshold_only_what_has_a_residual_diverges() -> None:
    clean = rl.LinearTarget(snr=math.inf)
    unmasked = rl.risk([1.0, 2.0], 0.0, aspect_ratio=1.0, target=clean)
    assert unmasked.design_variance == 0
    masked = rl.risk([1.0, 2.0], 0.3, aspect_ratio=1.0, target=clean)
    assert masked.design_variance == math.inf


@pytest.mark.parametrize("front", ["spectral", "dense"])
def test_an_input_that_shows_nothing_is_predicted_as_0(front: str) -> None:
    if front == "spectral":
        found = rl.risk([1.0, 2.0], 0.3, test_mask_ratio=1.0, target=rl.LinearTarget())
    else:
        found = rl.covariance_risk(
            np.diag([1.0, 2.0]), rl.LinearTarget(), rl.DiscreteRatio([0.2, 0.4]),
            aspect_ratio=2.0, test_mask_ratio=1.0,
        )  # fmt: skip
    assert found.total == pytest.approx(found.null)
    assert found.variance == 0
