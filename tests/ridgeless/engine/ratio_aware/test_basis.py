"""Coordinates on the rows: orthonormal, with the norm of the Legendre coefficients as penalty."""

import numpy as np
import pytest
from numpy.polynomial.legendre import legvander

from ridgeless.engine.ratio_aware.atoms import Atoms
from ridgeless.engine.ratio_aware.basis import Basis, basis, orthonormal
from ridgeless.engine.ratio_aware.newton import Places
from tests.tolerances import IDENTITY

WEIGHT = np.full(9, 1 / 9)


def of(x: np.ndarray, degree: int, width: float = 1.0, **options: float) -> Basis:
    atoms = Atoms.of(x, WEIGHT[: x.size], x) if x.size <= degree or options else Atoms.none()
    return basis(Places(x, 0.1, width), WEIGHT[: x.size], atoms, degree, **options)


@pytest.mark.parametrize("width", [0.8, 1e-2, 1e-6])
@pytest.mark.parametrize("degree", [0, 2, 5])
def test_the_penalty_is_that_of_the_legendre_coefficients(degree: int, width: float) -> None:
    at = of(np.linspace(0, 1, 9), degree, width)
    coefficients = at.legendre.T @ at.legendre
    size = np.sqrt(np.outer(np.diag(at.penalty), np.diag(at.penalty)))
    np.testing.assert_allclose(at.penalty / size, coefficients / size, atol=IDENTITY)
    for x in (-0.1, 0.4, 3.0):
        expected = legvander(1 - 2 * (0.1 + width * x), degree)[0] @ at.legendre
        grade = np.sqrt(np.diag(at.penalty))
        np.testing.assert_allclose(at.at(x) / grade, expected / grade, atol=IDENTITY)
        assert at.at(x) @ at.one == pytest.approx(1.0, rel=IDENTITY)


@pytest.mark.parametrize("width", [0.8, 1e-2, 1e-6])
def test_rows_are_nearly_orthonormal_whatever_the_width(width: float) -> None:
    phi = of(np.linspace(0, 1, 9), 4, width)(np.linspace(0, 1, 9))
    phi /= np.sqrt((phi**2).sum(axis=0))
    assert np.linalg.cond(phi) < 100


def test_few_ratios_learn_the_least_coefficients() -> None:
    """At a ratio that no row has, the least-norm solution of values at two ratios."""
    x = np.array([0.2, 0.7])
    at = of(x, 4)
    values = np.array([1.0, -2.0])
    c = np.linalg.solve(at(x), values)
    vectors = legvander(1 - 2 * (0.1 + x), 4)
    least = np.linalg.pinv(vectors) @ values
    np.testing.assert_allclose(at.legendre @ c, least, rtol=IDENTITY)
    assert at.at(0.5) @ c == pytest.approx(legvander(1 - 2 * 0.6, 4)[0] @ least, rel=IDENTITY)
    assert c @ at.penalty @ c == pytest.approx(least @ least, rel=IDENTITY)


def test_ratios_that_fix_themselves_are_values_unless_they_are_close() -> None:
    x = np.array([0.2, 0.5, 0.8])
    apart = of(x, 2, 1.0, per_feature=50.0)
    np.testing.assert_array_equal(apart(apart.fixed), np.eye(3))
    close = of(x, 2, 1e-6, per_feature=50.0)
    assert close.fixed.size == 0
    assert close.first == 3
    assert close(x)[0, 1] == close(x)[0, 2] == 0.0


def test_orthonormal_keeps_the_order() -> None:
    columns = np.random.default_rng(0).standard_normal((9, 3)) * [1.0, 1e-9, 1e9]
    change = orthonormal(columns)
    np.testing.assert_allclose((columns @ change).T @ (columns @ change), np.eye(3), atol=IDENTITY)
    np.testing.assert_array_equal(change, np.triu(change))
