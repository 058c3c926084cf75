"""Sums over rows of random features, beside the same traces of matrices."""

import numpy as np

from ridgeless.engine.width.rows import WidthRows
from ridgeless.engine.width.sums import Nodes, row_sums, trace
from tests.tolerances import ROUNDING

RNG = np.random.default_rng(0)
W, ELL, T, Z1, Z0, ZN = RNG.random((6, 5))
BASE, M1, M0, MN = 0.9, 0.8, 0.5, 0.3


def traces(inverse, *matrices):
    """Return the sums that the fixed point is made of, from matrices."""
    one = [np.trace(z @ inverse) for z in matrices]
    pairs = [
        np.trace(inverse @ matrices[i] @ inverse @ matrices[j])
        for i in range(3)
        for j in range(i, 3)
    ]
    own = [np.trace(inverse @ z @ inverse) for z in matrices]
    return [*one, *pairs, *own]


def test_classes() -> None:
    rows = WidthRows(W, ELL, T, Z1, Z0, ZN, False, 0.0, 0.0)
    found = row_sums(rows, BASE, M1, M0, MN)
    g = BASE + Z1 * M1 + Z0 * M0 + ZN * MN
    weighted = [np.sum(W * z / g) for z in (Z1, Z0, ZN)]
    np.testing.assert_allclose(found[:3], weighted, rtol=ROUNDING)
    pairs = [(Z1, Z1), (Z1, Z0), (Z1, ZN), (Z0, Z0), (Z0, ZN), (ZN, ZN)]
    np.testing.assert_allclose(
        found[3:9], [np.sum(W * x * y / g**2) for x, y in pairs], rtol=ROUNDING
    )
    np.testing.assert_allclose(
        found[9:], [*(np.sum(W * z / g**2) for z in (Z1, Z0, ZN)), BASE * np.sum(W / g),
                    np.sum(W * ELL * T / g)], rtol=ROUNDING
    )  # fmt: skip


def test_shared() -> None:
    rows = WidthRows(np.ones(5), ELL, T, 0 * W, 0 * W, ZN, True, 0.0, 0.0)
    found = row_sums(rows, BASE, M1, M0, MN)
    z1, zn = np.outer(ELL, ELL), np.diag(ZN)
    inverse = np.linalg.inv(BASE * np.eye(5) + M1 * z1 + MN * zn)
    np.testing.assert_allclose(
        found[:12], traces(inverse, z1, 0 * z1, zn), rtol=ROUNDING, atol=ROUNDING
    )
    assert np.isclose(found.learnt, ELL @ inverse @ T, rtol=ROUNDING)


def test_trace() -> None:
    s, h = np.sort(RNG.random(7)), RNG.random(7)
    found = trace(Nodes(s, h, s, h), 2, 0.7, 0.2, 0.1)
    x = 1 / (0.7 * s + 0.3)
    some = slice(2, None)
    expected = [0.1] + [
        (h * s**i * x**j)[some].sum() for i, j in ((0, 1), (1, 1), (0, 2), (1, 2), (2, 2))
    ]
    np.testing.assert_allclose(found, expected, rtol=ROUNDING)
