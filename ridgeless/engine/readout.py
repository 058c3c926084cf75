"""The read-out: from the fixed point to the parts of the risk (eq-bias, eq-variance)."""

from __future__ import annotations

import math

from ridgeless.engine.distance import constants
from ridgeless.engine.fixed_point import distance
from ridgeless.engine.resolvent import Gaps, generic, loads, signal, whole
from ridgeless.engine.rows import predictor_sums, row_sums, variance_sums
from ridgeless.numerics.jit import lean_kernel as kernel

__all__ = ["COLUMNS", "PARTS", "read_at", "read_out"]

#: The parts of the risk, the noise variance per unit of sigma^2.
PARTS = ("bias", "design_variance", "noise_variance")
#: What a solve writes for each cell.
COLUMNS = (
    *PARTS,
    "numerator",  # the mean predictor is numerator * (e + alpha Sigma + beta D)^-1 Sigma beta
    "e",
    "alpha",
    "beta",
    "log_m1",
    "log_m0",
    "residual",
)


@kernel
def class_weights(sums, found, load1, load0, psi, base, m1, m0):
    """Return (u1, u0): a unit of residual in class k weighs (w/g^2)(a u1 + b u0).

    Solves (I - M) u = t with sums of positive terms only (eq-positive-determinant).
    """
    rho1 = psi * (found.e1 + base * (found.q11 * sums.a1 + found.q10 * sums.b1))
    rho0 = psi * (found.e0 + base * (found.q10 * sums.a1 + found.q00 * sums.b1))
    m_10 = psi * (found.q11 * sums.a10 + found.q10 * sums.a00)
    m_01 = psi * (found.q10 * sums.a11 + found.q00 * sums.a10)
    diagonal1 = (rho1 + m_10 * m0) / m1
    diagonal0 = (rho0 + m_01 * m1) / m0
    det = (rho1 * diagonal0 + m_10 * rho0) / m1
    if load1 == 0.0 and load0 == 0.0:  # nothing is seen, nothing is predicted
        return 0.0, 0.0
    if det == 0.0:  # the threshold
        return math.inf, math.inf
    t1, t0 = psi * load1, psi * load0
    return (diagonal0 * t1 + m_10 * t0) / det, (diagonal1 * t0 + m_01 * t1) / det


@kernel
def has_residual(classes, inflation, missed):
    """Whether any class misses anything of the signal (eq-residual)."""
    w, a, b, f = classes.weight, classes.kept, classes.masked, classes.surplus
    for k in range(w.size):
        if w[k] > 0.0:
            rest = f[k] / a[k] - inflation + (1.0 + inflation) * missed.gap if a[k] > 0.0 else 0.0
            if b[k] * missed.power + a[k] * (missed.signal * rest**2 + missed.scatter) > 0.0:
                return True
    return False


@generic
def read_out(resolvent, classes, cell, m1, m0, out):
    """Write the `COLUMNS` but for the last three, at any m."""
    delta = distance(cell, resolvent.above, 1.0, resolvent.total)
    base, e = constants(delta, cell.ridge)
    sums = row_sums(classes, resolvent.d0, resolvent.floor, base, m1, m0)
    found = whole(resolvent, e, sums.alpha, sums.beta)
    read_at(resolvent, classes, cell, m1, m0, sums, found, out)


@generic
def read_at(resolvent, classes, cell, m1, m0, sums, found, out):
    """Write the `COLUMNS` but for the last three, from the sums and moments at the fixed point.

    What is missed of the signal is split with e = e (1 - Y) + ridge sum w theta/g, so that the part
    of the ridge that comes from masks cancels on paper, not in rounding; `own` is the rest of the
    ridge (eq-mean-predictor).
    """
    d0, floor = resolvent.d0, resolvent.floor
    psi = cell.gamma / (cell.per_mask * cell.masks)
    delta = distance(cell, resolvent.above, 1.0, resolvent.total)
    base, e = constants(delta, cell.ridge)
    extra, unequal, ones = predictor_sums(classes, d0, floor, base, m1, m0)
    gaps = Gaps(e * (sums.alpha * m1 + sums.beta * m0), cell.own * ones, unequal, extra)
    missed = signal(resolvent, e, sums.alpha, sums.beta, gaps, cell.unseen, cell.hidden)
    out[0] = missed.bias
    out[1] = out[2] = 0.0
    out[3] = sums.alpha + extra
    out[4] = e
    out[5] = sums.alpha
    out[6] = floor * sums.beta
    if psi == 0.0:  # infinitely many rows: nothing fluctuates
        return
    load1, load0 = loads(resolvent, found, e, sums.alpha, sums.beta, cell.unseen, cell.hidden)
    u1, u0 = class_weights(sums, found, load1, load0, psi, base, m1, m0)
    inflation = extra / sums.alpha
    if math.isfinite(u1):
        out[1], out[2] = variance_sums(classes, d0, floor, base, m1, m0, u1, u0, inflation, missed)
        return
    # At the threshold every class weighs infinitely much, unless it has no residual at all.
    out[2] = math.inf
    if has_residual(classes, inflation, missed):
        out[1] = math.inf
