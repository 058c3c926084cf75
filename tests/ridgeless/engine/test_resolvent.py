"""The four questions: a spectrum and matrices answer alike, and as their definitions say."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.engine import matrices
from ridgeless.engine.resolvent import Gaps, Spectral, loads, moments, signal, whole
from tests.tolerances import LINEAR_ALGEBRA

S = np.array([0.2, 0.7, 1.0, 2.1])
BETA = np.array([0.3, -1.0, 0.5, 2.0])
E, ALPHA, OMEGA = 0.3, 0.8, 0.45  # H = (E + ALPHA s + OMEGA)^-1
GAPS = Gaps(0.2, 0.05, -0.3, 0.4)


def spectral() -> Spectral:
    spectrum = rl.Spectrum(S)
    values, shares = spectrum.nodes
    unit = spectrum.scale
    d0 = spectrum.mean / unit
    return Spectral(
        values, shares, spectrum.tail, values, unit * BETA**2, 0, 0, d0, d0, spectrum.tail[0],
        spectrum.tail[0],
    )  # fmt: skip


def pencil() -> matrices.Pencil:
    unit = rl.Spectrum(S).scale
    d0 = S.mean() / unit
    return matrices.Pencil(
        matrices.Coordinates(S / unit, d0 * np.eye(4), np.ones(4), np.sqrt(unit) * BETA[:, None], 4)
    )


@pytest.fixture(params=[spectral, pencil])
def resolvent(request):
    return request.param()


def direct() -> np.ndarray:
    return 1 / (E + (ALPHA * S + OMEGA * S.mean()) / rl.Spectrum(S).scale)


def test_moments_are_means_of_the_resolvent(resolvent) -> None:
    s, h = S / rl.Spectrum(S).scale, direct()
    d0, found = s.mean(), whole(resolvent, E, ALPHA, OMEGA)
    expected = [
        E * h.mean(), (s * h).mean(), (d0 * h).mean(), (E * s * h * h).mean(),
        (E * d0 * h * h).mean(), (s * h * s * h).mean(), (s * d0 * h * h).mean(),
        (d0 * d0 * h * h).mean(),
    ]  # fmt: skip
    np.testing.assert_allclose(found, expected, rtol=LINEAR_ALGEBRA)


def test_the_split_is_where_half_is_learnt(resolvent) -> None:
    e = 1.2  # some of e H lie on either side of one half
    low, high, above = moments(resolvent, e, ALPHA, OMEGA)
    together = whole(resolvent, e, ALPHA, OMEGA)
    np.testing.assert_allclose(np.add(low, high), together, rtol=LINEAR_ALGEBRA)
    share = above / resolvent.total
    assert 0 < share < 1
    assert low.x / (1 - share) > 0.5 > high.x / share


def test_loads_are_means_over_a_test_input(resolvent) -> None:
    s, h, p = S / rl.Spectrum(S).scale, direct(), 0.3
    d0 = s.mean()
    test = (1 - p) ** 2 * s + (1 - p) * p * d0
    found = loads(resolvent, whole(resolvent, E, ALPHA, OMEGA), E, ALPHA, OMEGA, p, p * (1 - p))
    np.testing.assert_allclose(
        found, [(h * s * h * test).mean(), (h * d0 * h * test).mean()], rtol=LINEAR_ALGEBRA
    )


def test_signal_is_what_the_mean_predictor_misses(resolvent) -> None:
    unit = rl.Spectrum(S).scale
    s, h, p = S / unit, direct(), 0.3
    d0, masses = s.mean(), unit * BETA**2
    rest = h * (GAPS.fit + GAPS.held + d0 * GAPS.unequal + GAPS.extra * (d0 - s))
    shift = h * (E + d0 * OMEGA)
    found = signal(resolvent, E, ALPHA, OMEGA, GAPS, p, p * (1 - p))
    level = masses @ s
    gap = (masses * s) @ shift / level
    assert found.signal == pytest.approx(level, rel=LINEAR_ALGEBRA)
    assert found.gap == pytest.approx(gap, rel=LINEAR_ALGEBRA)
    scatter = (masses * s) @ (shift - gap) ** 2
    assert found.scatter == pytest.approx(scatter, rel=LINEAR_ALGEBRA)
    learned = 1 - rest
    if isinstance(resolvent, Spectral):
        # A spectrum knows the learned fraction in closed form, with its own alpha and extra.
        learned = (ALPHA + GAPS.extra) * s * h
    assert found.power == pytest.approx(masses @ (d0 * learned**2), rel=LINEAR_ALGEBRA)
    missed = (masses * s) @ (p + (1 - p) * rest) ** 2
    assert found.bias == pytest.approx(
        missed + (1 - p) * p * (masses @ (d0 * learned**2)), rel=LINEAR_ALGEBRA
    )
