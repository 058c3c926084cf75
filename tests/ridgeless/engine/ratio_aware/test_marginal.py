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
    (kappa,) = _effective(np.array([ridge]), s, h, psi, psi - 1)
    right = 1 - psi * float(h @ (s / (s + kappa)))
    assert kappa >= ridge
    assert ridge / kappa == pytest.approx(right, abs=IDENTITY * (1 + psi))


def test_limits_of_the_effective_ridge() -> None:
    s, h = np.array([1.0, 3.0]), np.array([0.5, 0.5])
    assert _effective(np.array([0.3]), s, h, 0.0, -1.0) == [0.3]
    assert _effective(np.array([0.0]), s, h, 0.5, -0.5) == [0.0]
    assert _effective(np.array([0.0]), s, h, 2.0, 1.0) > [0]


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


@pytest.mark.parametrize("degree", [0, 1, 3])
@pytest.mark.parametrize("test_ratio", [0.0, 0.4, 0.9])
def test_ridgeless_is_interpolation_at_the_gauss_nodes(degree: int, test_ratio: float) -> None:
    """eq-ratio-aware-gauss: the plain predictors of J fixed ratios, those of the measure q dP."""
    law, values = rl.UniformRatio(0.2, 0.7), [0.5, 1.0, 3.0]
    options = {"aspect_ratio": 0.6, "rows": "all", "masks_per_sample": math.inf}
    found = rl.learned_fraction(
        values, law, front=rl.ratio_aware_risk, degree=degree, test_mask_ratio=test_ratio, **options
    )
    mask, weight = law.nodes(64)
    nodes = _gauss(mask, weight * (1 - mask), degree + 1)
    own = rl.learned_fraction(values, nodes, **options)
    lagrange = [
        np.prod([(test_ratio - other) / (p - other) for other in np.delete(nodes, i)])
        for i, p in enumerate(nodes)
    ]
    np.testing.assert_allclose(found, np.array(lagrange) @ own, rtol=IDENTITY)


def _gauss(x: np.ndarray, weight: np.ndarray, count: int) -> np.ndarray:
    """Nodes of the Gauss rule of a discrete measure, as eigenvalues of multiplication by x."""
    polynomials = np.linalg.qr(np.sqrt(weight)[:, None] * np.vander(x, count, increasing=True))[0]
    return np.linalg.eigvalsh(polynomials.T @ (x[:, None] * polynomials))
