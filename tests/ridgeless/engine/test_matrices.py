"""Matrices against plain linear algebra, and the two resolvents against each other."""

import numpy as np
import pytest

from ridgeless.engine.matrices import Aligned, Coordinates, Pencil
from ridgeless.engine.resolvent import Gaps
from ridgeless.errors import ConvergenceError
from tests.tolerances import LINEAR_ALGEBRA

E, ALPHA, TILT = 0.3, 0.8, 0.6
UNSEEN, HIDDEN = 0.25, 0.4  # of test inputs
BETA = ALPHA * TILT  # H = (E + ALPHA (Sigma + TILT D))^-1


def coordinates(size: int = 6, signals: int = 2) -> Coordinates:
    rng = np.random.default_rng(0)
    half = rng.normal(size=(size, 2 * size))
    sigma = half @ half.T / (2 * size)
    return Coordinates(
        sigma, sigma.diagonal().copy(), np.ones(size), rng.normal(size=(size, signals)), size
    )


def turned(at: Coordinates) -> Pencil:
    values, vectors = np.linalg.eigh(at.sigma)
    masked = vectors.T @ np.diag(at.masked) @ vectors
    return Pencil(Coordinates(values, masked, at.own, vectors.T @ at.beta, at.total))


def test_a_pencil_has_the_traces_of_the_dense_formulas() -> None:
    at = coordinates()
    d = np.diag(at.masked)
    h = np.linalg.inv(E * np.eye(6) + ALPHA * at.sigma + BETA * d)
    found = turned(at).whole(E, ALPHA, BETA)
    s, m = at.sigma @ h, d @ h
    expected = [
        E * np.trace(h), np.trace(s), np.trace(m), E * np.trace(s @ h), E * np.trace(m @ h),
        np.trace(s @ s), np.trace(s @ m), np.trace(m @ m),
    ]  # fmt: skip
    np.testing.assert_allclose(found, np.array(expected) / 6, rtol=LINEAR_ALGEBRA)
    test = (1 - UNSEEN) ** 2 * at.sigma + HIDDEN * d
    expected = [np.trace(test @ h @ x @ h) / 6 for x in (at.sigma, d)]
    got = turned(at).loads(found, E, ALPHA, BETA, UNSEEN, HIDDEN)
    np.testing.assert_allclose(got, expected, rtol=LINEAR_ALGEBRA)


def test_aligned_classes_are_the_pencil_with_one_proportion() -> None:
    """The fixed point needs one matrix only; loads and the signal are those of both."""
    at = coordinates()
    aligned, law = Aligned.of(at, TILT)
    unit = law.scale
    pencil = turned(at)
    e, alpha, beta = E, ALPHA / unit, BETA / unit  # the same H, in units of the spectrum
    gaps = Gaps(0.2, 0.0, 0.0, 0.0)
    one = aligned.signal(e, ALPHA, 0.0, gaps, UNSEEN, HIDDEN)
    two = pencil.signal(e, alpha, beta, gaps, UNSEEN, HIDDEN)
    # fit is all that is missed here: beta less the mean predictor is 0.2 H beta.
    assert one.bias == pytest.approx(two.bias, rel=LINEAR_ALGEBRA)
    assert one.signal == pytest.approx(two.signal, rel=LINEAR_ALGEBRA)
    assert one.gap == pytest.approx(two.gap, rel=LINEAR_ALGEBRA)
    assert one.power == 0
    assert one.scatter == pytest.approx(two.scatter + TILT * two.power, rel=LINEAR_ALGEBRA)
    found = pencil.whole(e, alpha, beta)
    both = pencil.loads(found, e, alpha, beta, UNSEEN, HIDDEN)
    mixed = aligned.loads(aligned.whole(e, ALPHA, 0.0), e, ALPHA, 0.0, UNSEEN, HIDDEN)
    assert mixed[0] == pytest.approx((both[0] + TILT * both[1]) / unit**2, rel=LINEAR_ALGEBRA)


def test_grades_of_many_orders_do_no_harm() -> None:
    """Zero eigenvalues of Sigma meet a tiny beta: the inverse keeps its digits, block by block."""
    sigma = np.array([0.0, 0.0, 1.0, 2.0])
    rng = np.random.default_rng(1)
    masked = np.eye(4) + 0.2 * np.ones((4, 4)) + np.diag(rng.uniform(0, 1, 4))
    at = Coordinates(sigma, masked, np.ones(4), np.ones((4, 1)), 4)
    tiny = 1e-25
    h = Pencil(at).inverse(0.0, 1.0, tiny)
    np.testing.assert_allclose(tiny * h[:2, :2], np.linalg.inv(masked[:2, :2]), rtol=LINEAR_ALGEBRA)
    np.testing.assert_allclose(h[2:, 2:], np.diag(1 / sigma[2:]), rtol=LINEAR_ALGEBRA, atol=1e-20)


def test_a_singular_matrix_is_refused() -> None:
    at = Coordinates(np.zeros(2), np.ones((2, 2)), np.ones(2), np.ones((2, 1)), 2)
    with pytest.raises(ConvergenceError, match="singular to rounding"):
        Pencil(at).inverse(0.0, 1.0, 1.0)
