"""The sums over row classes, eigenvalues and signal that the fixed point is made of.

Letters are those of docs/theory.md; index 0 carries the unit `floor` (see `resolvent`).
"""

from __future__ import annotations

from typing import Any, NamedTuple

from ridgeless.numerics.jit import sum_kernel

__all__ = [
    "ClassSums",
    "Classes",
    "Moments",
    "both",
    "class_mean",
    "class_predictor",
    "class_sums",
    "class_variance",
    "gap_scatter",
    "signal_sums",
    "spectral_sums",
]


class Classes(NamedTuple):
    """The row classes of one scheme, arrays of shape (classes,), or of several (eq-row-class)."""

    weight: Any  #: w
    kept: Any  #: a
    masked: Any  #: b
    surplus: Any  #: f
    unequal: Any  #: v
    power: Any  #: theta, one over the power of the row
    loud: Any  #: by how much the noise of the target counts

    def fresh(self) -> Classes:
        """Return the classes themselves: their sums need no scratch."""
        return self

    def at(self, k: int) -> Classes:
        """Return the scheme k."""
        return Classes(*(x[k] for x in self))


class ClassSums(NamedTuple):
    """Sums over the classes of a scheme."""

    alpha: float  #: w a/g
    beta: float  #: w b/g
    a1: float  #: w theta a/g^2
    b1: float
    a11: float  #: w a a/g^2, and so on
    a10: float
    a00: float
    y: float  #: base w theta/g below the split, and its derivatives
    y1: float
    y0: float
    filled: float  #: w (1 - base theta/g) above the split
    below: float  #: share of the rows below the split


class Moments(NamedTuple):
    """Means over directions, of a resolvent H with Sigma as index 1 and D as index 0."""

    x: float  #: e H
    p1: float  #: Sigma H
    p0: float
    e1: float  #: e H Sigma H
    e0: float
    q11: float  #: Sigma H Sigma H
    q10: float
    q00: float


@sum_kernel
def class_mean(classes):
    """Sum w (a + b) over row classes."""
    w, a, b = classes.weight, classes.kept, classes.masked
    total = 0.0
    for k in range(w.size):
        total += w[k] * (a[k] + b[k])
    return total


@sum_kernel
def class_sums(classes, d0, floor, base, m1, m0):
    """Sums over row classes; index 0 in units of `floor`.

    Classes are split where base/g = 1/2. Returned after the sums over all: of the classes below,
    Y and its derivatives; of those above, 1 - Y in place of Y; and the share of rows below.
    """
    w, a, b, theta = classes.weight, classes.kept, classes.masked, classes.power
    alpha = beta = a1 = b1 = a11 = a10 = a00 = 0.0
    y = y1 = y0 = filled = kept = given = 0.0
    to_units = d0 / floor
    for k in range(w.size):
        unit = b[k] * to_units
        own = a[k] * m1 + unit * m0
        bare = base * theta[k]
        inverse = 1.0 / (bare + own) if w[k] > 0.0 else 0.0
        below = 1.0 if own > bare else 0.0
        x = w[k] * inverse
        high, low = a[k] * inverse, unit * inverse  # a square of 1/g could leave the range
        alpha += w[k] * high
        beta += w[k] * low
        a1 += x * high * theta[k]
        b1 += x * low * theta[k]
        a11 += w[k] * high * high
        a10 += w[k] * high * low
        a00 += w[k] * low * low
        y += below * x * bare
        y1 += below * x * high * theta[k]
        y0 += below * x * low * theta[k]
        filled += (1.0 - below) * x * own
        kept += below * w[k]
        given += w[k]
    return ClassSums(alpha, beta, a1, b1, a11, a10, a00, y, y1, y0, filled, kept / given)


@sum_kernel
def class_predictor(classes, d0, floor, base, m1, m0):
    """Sums w f/g, w v/g and w theta/g over row classes."""
    w, a, b, f, v, theta, _ = classes
    extra = unequal = ones = 0.0
    to_units = d0 / floor
    for k in range(w.size):
        g = base * theta[k] + a[k] * m1 + b[k] * to_units * m0
        inverse = 1.0 / g if w[k] > 0.0 else 0.0
        x = w[k] * inverse
        extra += x * f[k]
        unequal += x * v[k]
        ones += x * theta[k]
    return extra, unequal, ones


@sum_kernel
def class_variance(classes, d0, floor, base, m1, m0, u1, u0, inflation, missed):
    """Design variance, and noise variance per unit of noise, from the residuals of all classes."""
    w, a, b, f, _, theta, loud = classes
    design = noise = 0.0
    to_units = d0 / floor
    reach = 1.0 + inflation
    for k in range(w.size):
        unit = b[k] * to_units
        inverse = 1.0 / (base * theta[k] + a[k] * m1 + unit * m0) if w[k] > 0.0 else 0.0
        weight = w[k] * inverse * ((a[k] * u1 + unit * u0) * inverse)
        own = f[k] / a[k] if a[k] > 0.0 else 0.0
        rest = own - inflation + reach * missed.gap
        residual = missed.signal * rest * rest + reach * reach * missed.scatter
        design += weight * (a[k] * residual + b[k] * missed.power)
        noise += weight * ((a[k] + f[k]) * (1.0 + own)) * loud[k]
    return design, noise


@sum_kernel
def spectral_sums(s, h, first, last, floor, e, alpha, beta):
    """Sums over a range of nodes: e H, (s, floor) H, (s, floor) e H^2 and products of two."""
    x = p1 = p0 = e1 = e0 = q11 = q10 = q00 = 0.0
    shift = e + floor * beta
    s, h = s[first:last], h[first:last]  # an index that may be negative would be a gather
    for i in range(s.size):
        inverse = 1.0 / (alpha * s[i] + shift)
        ridge = e * inverse
        high = s[i] * inverse
        low = floor * inverse
        x += h[i] * ridge
        p1 += h[i] * high
        p0 += h[i] * low
        e1 += h[i] * high * ridge
        e0 += h[i] * low * ridge
        q11 += h[i] * high * high
        q10 += h[i] * high * low
        q00 += h[i] * low * low
    return Moments(x, p1, p0, e1, e0, q11, q10, q00)


@sum_kernel
def both(low, high):
    """Add the moments below and above a split."""
    return Moments(
        low.x + high.x,
        low.p1 + high.p1,
        low.p0 + high.p0,
        low.e1 + high.e1,
        low.e0 + high.e0,
        low.q11 + high.q11,
        low.q10 + high.q10,
        low.q00 + high.q00,
    )


@sum_kernel
def signal_sums(s, b2, first, d0, alpha, shift, extra, level, unseen, hidden):
    """Bias, d0 sum b2 learned^2, sum b2 s and sum b2 s (e + beta) H over the signal."""
    bias = power = signal = gap = 0.0
    seen = 1.0 - unseen
    s, b2 = s[first:], b2[first:]
    for i in range(s.size):
        inverse = 1.0 / (alpha * s[i] + shift)
        learned = (alpha + extra) * s[i] * inverse
        missed = unseen + seen * ((level + (d0 - s[i]) * extra) * inverse)  # 1 - seen learned
        share = b2[i] * s[i]
        bias += share * missed * missed + hidden * d0 * (b2[i] * learned * learned)
        power += d0 * (b2[i] * learned * learned)
        signal += share
        gap += share * shift * inverse
    return bias, power, signal, gap


@sum_kernel
def gap_scatter(s, b2, first, alpha, shift, gap):
    """Scatter of (e + beta) H about its mean `gap`."""
    scatter = 0.0
    s, b2 = s[first:], b2[first:]
    for i in range(s.size):
        y = shift / (alpha * s[i] + shift) - gap
        scatter += b2[i] * s[i] * y * y
    return scatter
