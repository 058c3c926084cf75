"""Infinitely many masks: as many ridge regressions as polynomials."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ridgeless as rl
from ridgeless.engine.ratio_aware.marginal import _effective
from tests import strategies
from tests.tolerances import IDENTITY


@given(
    values=strategies.positive_eigenvalues,
    psi=strategies.aspect_ratios,
    ridge=st.floats(1e-6, 1e3),
)
def test_effective_ridges_solve_their_equation(
    values: list[float], psi: float, ridge: float
) -> None:
    """eq-single-class: ridge/kappa = 1 - psi + psi <kappa/(s + kappa)>."""
    s, h = np.sort(values), np.full(len(values), 1 / len(values))
    kappa = _effective(ridge, s, h, psi, psi - 1)
    right = 1 - psi * float(h @ (s / (s + kappa)))
    assert kappa >= ridge
    assert ridge / kappa == pytest.approx(right, abs=IDENTITY * (1 + psi))


def test_limits_of_the_effective_ridge() -> None:
    s, h = np.array([1.0, 3.0]), np.array([0.5, 0.5])
    assert _effective(0.3, s, h, 0.0, -1.0) == 0.3
    assert _effective(0.0, s, h, 0.5, -0.5) == 0.0
    assert _effective(0.0, s, h, 2.0, 1.0) > 0


@pytest.mark.parametrize("test_ratio", [0.0, 0.4, 1.0])
def test_a_single_polynomial_is_plain_regression(test_ratio: float) -> None:
    law = rl.DiscreteRatio([0.2, 0.7])
    options = {
        "aspect_ratio": 1.5, "target": rl.LinearTarget(snr=3.0), "ridge": 0.05,
        "masks_per_sample": math.inf, "test_mask_ratio": test_ratio,
    }  # fmt: skip
    found = rl.ratio_aware_risk([0.5, 1.0, 3.0], law, degree=0, **options)
    plain = rl.risk([0.5, 1.0, 3.0], law, **options)
    for part in ("bias", "design_variance", "noise_variance"):
        assert getattr(found, part) == pytest.approx(getattr(plain, part), rel=IDENTITY)
