"""Sums in compiled loops, beside the same sums in arrays."""

import numpy as np
import pytest

from ridgeless.engine import sums
from ridgeless.engine.resolvent import Missed
from tests.tolerances import ROUNDING

RNG = np.random.default_rng(0)
S, H, B2 = np.sort(RNG.random(40)), RNG.random(40), RNG.random(40)
W, A, B, F, RHO, LOUD = RNG.random((6, 7))
CLASSES = sums.Classes(W, A, B, F, B, RHO, LOUD)
D0, FLOOR, BASE, M1, M0 = 0.6, 0.3, 0.9, 0.8, 0.5


def test_classes() -> None:
    unit = B * D0 / FLOOR
    own = A * M1 + unit * M0
    bare = BASE * RHO
    g = bare + own
    below = own > bare
    expected = [
        *(W @ (x / g) for x in (A, unit)),
        *(W @ (x / g**2) for x in (RHO * A, RHO * unit, A * A, A * unit, unit * unit)),
        *(W[below] @ x[below] for x in (bare / g, RHO * A / g**2, RHO * unit / g**2)),
        W[~below] @ (own / g)[~below],
        W[below].sum() / W.sum(),
    ]
    assert 0 < below.sum() < below.size
    assert sums.class_sums(CLASSES, D0, FLOOR, BASE, M1, M0) == pytest.approx(
        expected, rel=ROUNDING
    )


def test_classes_without_weight_do_not_count() -> None:
    padded = sums.Classes(*(np.append(x, 0.0) for x in CLASSES))
    found = sums.class_sums(padded, D0, FLOOR, 0.0, M1, M0)
    assert np.isfinite(found).all()
    assert found == pytest.approx(sums.class_sums(CLASSES, D0, FLOOR, 0.0, M1, M0), rel=ROUNDING)


def test_predictor() -> None:
    g = BASE * RHO + A * M1 + B * D0 / FLOOR * M0
    expected = [W @ (F / g), W @ (B / g), W @ (RHO / g)]
    found = sums.class_predictor(CLASSES, D0, FLOOR, BASE, M1, M0)
    assert found == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize("e", [0.0, 1.0])
def test_spectrum(e: float) -> None:
    alpha, beta, part = 0.7, 0.4, slice(3, 31)
    s, h = S[part], H[part]
    resolvent = 1 / (e + alpha * s + beta * FLOOR)
    moments = s * resolvent, FLOOR * resolvent
    expected = [
        h @ (e * resolvent),
        *(h @ x for x in moments),
        *(h @ (x * e * resolvent) for x in moments),
        *(h @ (x * y) for x, y in (moments[:1] * 2, moments, moments[1:] * 2)),
    ]
    found = sums.spectral_sums(S, H, 3, 31, FLOOR, e, alpha, beta)
    assert found == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize(("unseen", "hidden"), [(0.0, 0.0), (0.3, 0.21), (0.0, 0.4), (1.0, 0.0)])
def test_signal(unseen: float, hidden: float) -> None:
    """The level is what makes 1 - learned share a factor: alpha + extra (s - d0) + level."""
    alpha, extra, shift = 0.7, 0.2, 0.35
    level = shift - D0 * extra
    seen = 1 - unseen
    learned = (alpha + extra) * S / (alpha * S + shift)
    gap = shift / (alpha * S + shift)
    noise = D0 * B2 @ learned**2
    expected = [
        (B2 * S) @ (1 - seen * learned) ** 2 + hidden * noise,
        noise,
        B2 @ S,
        (B2 * S) @ gap,
    ]
    found = sums.signal_sums(S, B2, 0, D0, alpha, shift, extra, level, unseen, hidden)
    assert found == pytest.approx(expected, rel=ROUNDING)
    mean = expected[3] / expected[2]
    scatter = sums.gap_scatter(S, B2, 0, alpha, shift, mean)
    assert scatter == pytest.approx((B2 * S) @ (gap - mean) ** 2, rel=ROUNDING)


def test_variance_of_one_class() -> None:
    """Of unmasked rows without noise of masks: w a/g^2 times residual."""
    w, a, f = np.array([1.0]), np.array([0.5]), np.array([0.25])
    u1, inflation, gap, signal, scatter = 0.3, 0.1, 0.4, 2.0, 0.05
    rho, loud = np.array([0.7]), np.array([1.3])
    g = 0.7 * BASE + 0.5 * M1
    own = 0.5
    missed = own - inflation + (1 + inflation) * gap
    residual = signal * missed**2 + (1 + inflation) ** 2 * scatter
    weight = 0.5 * u1 / g**2
    expected = [weight * 0.5 * residual, weight * 0.75 * (1 + own) * 1.3]
    classes = sums.Classes(w, a, 0 * a, f, 0 * a, rho, loud)
    left = Missed(bias=0.0, power=9.0, signal=signal, gap=gap, scatter=scatter)
    found = sums.class_variance(classes, D0, FLOOR, BASE, M1, M0, u1, 0.2, inflation, left)
    assert found == pytest.approx(expected, rel=ROUNDING)
