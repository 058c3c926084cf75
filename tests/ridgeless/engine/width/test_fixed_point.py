"""The fixed point of random features: kappa, elimination, and where Newton's method ends."""

import math

import numpy as np
import pytest

from ridgeless.engine.distance import constants
from ridgeless.engine.width.fixed_point import ACCEPTED, Cell, kappa_at, map_at, solve, solved
from ridgeless.engine.width.rows import WidthRows
from ridgeless.engine.width.sums import Nodes
from tests.tolerances import IDENTITY, ROUNDING

S, H = np.array([0.2, 1.0, 3.0]), np.array([0.5, 0.3, 0.2])
NODES = Nodes(S, H, S, H)
ONE = np.ones(2)
ROWS = WidthRows(
    np.array([0.4, 0.6]), ONE, ONE, np.array([0.3, 0.1]), np.array([0.2, 0.3]),
    np.array([0.1, 0.4]), False, 0.0, 0.0,
)  # fmt: skip


def cell(psi: float, omega: float, ridge: float, linear: bool = False) -> Cell:
    columns = min(omega, 1.0) if linear else omega
    return Cell(psi, 1 / omega, psi * columns - 1, ridge, linear, 0, 1.0)


@pytest.mark.parametrize("omega", [0.1, 0.9, 1.0, 1.1, 50.0, math.inf])
@pytest.mark.parametrize("floor", [0.0, 1e-9, 0.3])
def test_kappa(omega: float, floor: float) -> None:
    found = kappa_at(NODES, cell(1.0, omega, 0.0), 0.7, 0.1, floor, 0.0)
    load = 0.7 * S + 0.1
    left = found.kappa * (1 - (H * load / (load + found.kappa)).sum() / omega)
    assert left == pytest.approx(floor, rel=IDENTITY, abs=ROUNDING)
    assert found.kappa >= floor
    if floor == 0.0:
        assert (found.kappa == 0.0) == (omega >= 1.0)


def test_elimination() -> None:
    rng = np.random.default_rng(0)
    matrix, m, rest = 0.1 * rng.random((3, 3)), rng.random(3), rng.random(3)
    for i in range(3):  # (I - matrix) m = rest fixes the diagonal
        others = sum(matrix[i, j] * m[j] for j in range(3) if j != i)
        matrix[i, i] = 1 - (rest[i] + others) / m[i]
    right = rng.random(3)
    expected = np.linalg.solve(np.eye(3) - matrix, right)
    np.testing.assert_allclose(solved(matrix, rest, m, right, 3), expected, rtol=IDENTITY)


@pytest.mark.parametrize("omega", [0.3, 1.0, 4.0])
@pytest.mark.parametrize("psi", [0.2, 1.0, 3.0])
@pytest.mark.parametrize("ridge", [0.0, 1e-9, 0.2])
@pytest.mark.parametrize("linear", [False, True])
def test_it_is_a_fixed_point_and_the_derivative_is_right(omega, psi, ridge, linear) -> None:
    here = cell(psi, omega, ridge, linear)
    if here.delta == 0.0 and ridge == 0.0:
        return
    rows = ROWS._replace(noise=0 * ROWS.noise) if linear else ROWS
    m = np.full(3, np.nan)
    assert solve(NODES, rows, here, m) <= ACCEPTED
    base, e = constants(here.delta, ridge)
    at = map_at(NODES, rows, here, base, e, m, 0.0)
    size = 2 if linear else 3
    np.testing.assert_allclose(at.image[:size], m[:size], rtol=1e-10)
    # rho = (I - M) m, and M by differences.
    np.testing.assert_allclose(
        (m - at.matrix @ m)[:size], at.rest[:size], rtol=1e-8, atol=1e-10 * m.max()
    )
    for j in range(size):
        step = 1e-6 * m[j]
        up, down = m.copy(), m.copy()
        up[j] += step
        down[j] -= step
        high, low = (map_at(NODES, rows, here, base, e, x, 0.0).image for x in (up, down))
        slope = (high - low)[:size] / (2 * step)
        np.testing.assert_allclose(at.matrix[:size, j], slope, rtol=1e-4, atol=1e-7)
