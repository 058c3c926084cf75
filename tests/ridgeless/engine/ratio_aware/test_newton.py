"""Divided differences of Legendre polynomials, however close the points, in floats and decimals."""

from decimal import Decimal

import numpy as np
import pytest
from numpy.polynomial.legendre import legvander

from ridgeless.engine.ratio_aware.newton import Newton, Places, newton
from tests.tolerances import ROUNDING


def on(places: Places, degree: int) -> Newton:
    return newton(places, degree, places.x[:0])


@pytest.mark.parametrize("degree", [0, 1, 3, 6])
def test_coefficients_reproduce_the_polynomials_everywhere(degree: int) -> None:
    base = on(Places(np.array([0.1, 0.25, 0.3, 0.7, 0.9])), degree)
    assert base.points.size == min(5, degree + 1)
    for x in (0.0, 0.25, 0.6, 1.0):
        found = base(np.array(x)) @ base.legendre() + base.rest(x)
        np.testing.assert_allclose(found, legvander(1 - 2 * x, degree)[0], atol=ROUNDING)


@pytest.mark.parametrize("width", [1e-3, 1e-9, 1e-40])
def test_differences_of_close_points_are_derivatives(width: float) -> None:
    """P_2(y) = (3 y^2 - 1)/2 at y = 1 - 2 p has the derivatives -6 y and 12 in p."""
    base = on(Places(np.array([0.0, 0.5, 1.0]), 0.3, width), 2)
    scale = np.cumprod(base.steps) / width ** np.arange(3)
    found = base.legendre()[:, 2] / np.cumprod(base.steps) / width ** np.arange(3)
    assert scale.all()
    np.testing.assert_allclose(found[1:], [-6 * 0.4, 6.0], rtol=10 * width + ROUNDING)


def test_points_stand_apart_and_the_first_come_first() -> None:
    places = Places(np.linspace(0, 1, 5))
    assert sorted(on(places, 2).points) == [0.0, 0.5, 1.0]
    assert list(newton(places, 3, np.array([0.25, 0.75])).points[:2]) == [0.25, 0.75]


def test_decimals_are_the_same_polynomials() -> None:
    x = [0.1, 0.3, 0.75]
    exact = on(Places(np.array([Decimal(v) for v in x]), Decimal(0), Decimal(1)), 4)
    plain = on(Places(np.array(x)), 4)
    np.testing.assert_allclose(exact.legendre().astype(float), plain.legendre(), rtol=ROUNDING)
    rest = np.asarray(exact.rest(Decimal("0.5")), dtype=float)
    np.testing.assert_allclose(rest, plain.rest(0.5), atol=ROUNDING)
