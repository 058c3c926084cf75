"""Sums over rows and over the spectrum that the fixed point of random features is made of.

Index 1 goes with V Sigma V', 0 with V V', n with I / omega. Letters are those of docs/theory.md.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ridgeless.numerics.jit import sum_kernel

__all__ = ["Nodes", "RowSums", "Trace", "class_sums", "row_sums", "shared_sums", "trace"]


class Nodes(NamedTuple):
    """The spectrum and the signal on it."""

    s: Any  #: eigenvalues, shape (nodes,)
    h: Any  #: their shares
    sig_s: Any  #: eigenvalues on which the signal lies
    sig_b: Any  #: squared masses of beta there


class RowSums(NamedTuple):
    """Sums over rows at given m: traces of G^-1 with Z_1, Z_0, Z_n (eq-width-fixed-point)."""

    a1: float  #: tr Z_1 G^-1
    a0: float
    an: float
    w11: float  #: tr Z_1 G^-1 Z_1 G^-1
    w10: float
    w1n: float
    w00: float
    w0n: float
    wnn: float
    y1: float  #: tr Z_1 G^-2
    y0: float
    yn: float
    below: float  #: base tr G^-1
    learnt: float  #: C, what the rows say of the signal


class Trace(NamedTuple):
    """Means over the spectrum of h = 1/(alpha s + beta_0 + kappa) (eq-width-fixed-point)."""

    kappa: float
    h: float
    sh: float
    t0: float  #: of h^2
    t1: float  #: of s h^2
    t2: float  #: of s^2 h^2


@sum_kernel
def class_sums(rows, base, m1, m0, mn):
    """Return the sums over classes of rows."""
    a1 = a0 = an = w11 = w10 = w1n = w00 = w0n = wnn = y1 = y0 = yn = below = learnt = 0.0
    for k in range(rows.weight.size):
        if rows.weight[k] == 0.0:
            continue
        z1, z0, zn = rows.power[k], rows.hidden[k], rows.noise[k]
        g = base + z1 * m1 + z0 * m0 + zn * mn
        x = rows.weight[k] / g
        y = x / g
        a1 += x * z1
        a0 += x * z0
        an += x * zn
        w11 += y * z1 * z1
        w10 += y * z1 * z0
        w1n += y * z1 * zn
        w00 += y * z0 * z0
        w0n += y * z0 * zn
        wnn += y * zn * zn
        y1 += y * z1
        y0 += y * z0
        yn += y * zn
        below += base * x
        learnt += x * rows.linear[k] * rows.target[k]
    return RowSums(a1, a0, an, w11, w10, w1n, w00, w0n, wnn, y1, y0, yn, below, learnt)


@sum_kernel
def shared_sums(rows, base, m1, mn):
    """Return the sums over the rows of one sample: G is diagonal plus m_1 a a'."""
    a, c, t = rows.linear, rows.noise, rows.target
    whole = learnt = squares = ca2 = 0.0
    for j in range(a.size):
        x = a[j] / (base + mn * c[j])
        whole += a[j] * x
        learnt += t[j] * x
        squares += x * x
        ca2 += c[j] * x * x
    top = 1.0 + m1 * whole
    an = wnn = yn = 0.0
    for j in range(a.size):
        if c[j] == 0.0:
            continue
        d = base + mn * c[j]
        for i in range(a.size):
            other = base + mn * c[i]
            if i == j:
                entry = (1.0 + m1 * max(whole - a[j] * a[j] / d, 0.0)) / (d * top)
                an += c[j] * entry
            else:
                entry = -m1 * a[j] * a[i] / (d * other * top)
            wnn += c[j] * c[i] * entry * entry
            yn += c[j] * entry * entry
    a1 = whole / top
    return RowSums(
        a1,
        0.0,
        an,
        a1 * a1,
        0.0,
        ca2 / (top * top),
        0.0,
        0.0,
        wnn,
        squares / (top * top),
        0.0,
        yn,
        math.nan,  # not asked for
        learnt / top,
    )


@sum_kernel
def row_sums(rows, base, m1, m0, mn):
    """Return the sums over the rows of a scheme."""
    if rows.shared:
        return shared_sums(rows, base, m1, mn)
    return class_sums(rows, base, m1, m0, mn)


@sum_kernel
def trace(nodes, first, alpha, beta, kappa):
    """Return the means over the spectrum, from the node `first` on."""
    h1 = sh = t0 = t1 = t2 = 0.0
    for i in range(first, nodes.s.size):
        s = nodes.s[i]
        h = 1.0 / (alpha * s + beta + kappa)
        x = nodes.h[i] * h
        h1 += x
        sh += x * s
        x *= h
        t0 += x
        x *= s
        t1 += x
        t2 += x * s
    return Trace(kappa, h1, sh, t0, t1, t2)
