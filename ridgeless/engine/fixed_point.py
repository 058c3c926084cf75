r"""The solve: the two-dimensional fixed point behind every masking scheme.

With classes of rows (w, a, b, f), psi = d/N and base * e = ridge (eq-fixed-point)::

    g_k = base + a_k m1 + b_k m0                     effective ridge seen by class k
    H   = (e + alpha Sigma + beta D)^-1              alpha = sum w a/g,  beta = sum w b/g
    m1  = psi <Sigma H>,  m0 = psi <D H>             <.> trace over d

The solution obeys the conservation law psi X - Y = psi - 1 with X = e <H>, Y = base sum w/g
(eq-conservation): every term is positive and the right side is formed exactly, so that no digit is
lost at any distance from the threshold. Newton works on its logarithmic-odds form F_A, increasing
in m, and on the ratio F_B = ln(m1/m0) - ln(<Sigma H>/<D H>), in the variables ln m1 and ln m0
(eq-newton).

What the features are like is known to the resolvent alone (`ridgeless.engine.resolvent`); the
letters are those of docs/theory.md.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from ridgeless.engine.distance import constants, excess
from ridgeless.engine.resolvent import generic, moments, whole
from ridgeless.engine.rows import row_sums
from ridgeless.engine.sums import ClassSums, Moments, class_mean
from ridgeless.numerics.jit import lean_kernel as kernel

__all__ = ["Cell", "distance", "newton_step", "solve"]

RESIDUAL = 4e-15  # aim
MAX_STEPS = 100
MAX_DESCENT = 1000
MAX_LOG_STEP = 4.0
SMALLEST = 1e-120


class Cell(NamedTuple):
    """The numbers of one cell, or arrays of many."""

    gamma: Any  #: d/n
    per_mask: Any  #: rows per mask; rows per sample are their product with
    masks: Any  #: masks per sample that add rows
    ridge: Any  #: lambda, with what masks add to it
    own: Any  #: its part that does not come from masks
    unseen: Any  #: 1 - c of the test inputs, which carry the signal c times (eq-test-input)
    hidden: Any  #: b of the test inputs, the share of D in their second moment
    rest: Any = 0.0  #: what rounding took from `per_mask`


class Fixed(NamedTuple):
    """Where a solve ended, and what it was made of there."""

    log_m1: float
    log_m0: float
    residual: float
    sums: ClassSums
    low: Moments  #: below and above the split
    high: Moments


@kernel
def distance(cell, above, kept, total):
    """Return how many directions there are per row, less one (eq-threshold)."""
    return excess(cell.gamma, above, cell.per_mask, cell.masks, kept, total, cell.rest)


@kernel
def isotropic_start(classes, d0, floor, delta, ridge):
    """Solve for one eigenvalue d0 and one average class: a quadratic."""
    level = d0 * class_mean(classes)
    linear = delta * level + ridge
    root = math.hypot(linear, 2.0 * math.sqrt(ridge * level))
    if delta == 0.0 and ridge == 0.0:
        return 0.0, math.log(floor / d0)
    if delta >= 0.0:
        g = 0.5 * (linear + root) if linear >= 0.0 else 2.0 * ridge * level / (root - linear)
        base = ridge
    else:
        g = 2.0 * level / (root - linear)
        base = 1.0
    m = max(g - base, 1e-3 * g) / level
    if not m > 0.0:
        m = 1.0
    return math.log(m * d0), math.log(m * floor)


@kernel
def newton_step(classes, low, high, psi, delta, base, m1, m0):
    """Return F_A, F_B and the Newton step in (ln m1, ln m0) (eq-newton).

    `classes` are the class sums; `low` and `high` the moments below and above a split of the
    directions. Above it X counts as it is, below it through 1 - e H, likewise Y for the
    classes, and `delta` counts only directions above and rows below the splits: a plateau between
    groups of eigenvalues or of rows is as sharp as the threshold itself.
    """
    alpha, beta, a1, b1, a11, a10, a00, y, y1, y0, filled, _ = classes
    _, p1l, p0l, e1l, e0l, q11l, q10l, q00l = low
    x, p1, p0, e1, e0, q11, q10, q00 = high
    p1, p0, q11, q10, q00 = p1 + p1l, p0 + p0l, q11 + q11l, q10 + q10l, q00 + q00l
    # F_B with the derivatives of ln <sH> and ln <H>.
    f_b = math.log((m1 / p1) * (p0 / m0))
    b_1 = 1.0 - m1 * ((q11 * a11 + q10 * a10) / p1 - (q10 * a11 + q00 * a10) / p0)
    b_0 = -1.0 - m0 * ((q11 * a10 + q10 * a00) / p1 - (q10 * a10 + q00 * a00) / p0)
    if base == delta == x == 0.0:  # homogeneous: only the ratio is defined
        f_a, a_1, a_0 = math.log(m1), 1.0, 0.0
    else:
        rest = alpha * p1 + beta * p0  # 1 - X
        fitted = alpha * m1 + beta * m0  # 1 - Y
        gain = psi * x + filled + max(-delta, 0.0)
        loss = psi * (alpha * p1l + beta * p0l) + y + max(delta, 0.0)
        f_a = math.log((gain / loss) * (fitted / (psi * rest)))
        # X above, X below; -Y in all, below and above, by ln m1 and ln m0.
        x1, x0 = m1 * (e1 * a11 + e0 * a10), m0 * (e1 * a10 + e0 * a00)
        x1l, x0l = m1 * (e1l * a11 + e0l * a10), m0 * (e1l * a10 + e0l * a00)
        all1, all0 = m1 * base * a1, m0 * base * b1
        low1, low0 = m1 * base * y1, m0 * base * y0
        a_1 = (psi * x1 + all1 - low1) / gain + (psi * x1l + low1) / loss
        a_0 = (psi * x0 + all0 - low0) / gain + (psi * x0l + low0) / loss
        a_1 += (x1 + x1l) / rest + all1 / fitted
        a_0 += (x0 + x0l) / rest + all0 / fitted
    det = a_1 * b_0 - a_0 * b_1
    return f_a, f_b, (f_a * b_0 - a_0 * f_b) / det, (a_1 * f_b - f_a * b_1) / det


@generic
def descend(resolvent, classes, psi, delta, ridge):
    """Newton on m - T(m) = 0 from above; slower, but it cannot miss (eq-newton).

    T(m) = psi <(Sigma, D) H> is increasing and concave, and m = T(inf) lies above T(m); from there
    the steps decrease to the unique solution. All in the form e = 1, base = ridge.
    """
    m1, m0 = psi * resolvent.d0, psi * resolvent.floor
    for _ in range(MAX_DESCENT):
        sums = row_sums(classes, resolvent.d0, resolvent.floor, ridge, m1, m0)
        found = whole(resolvent, 1.0, sums.alpha, sums.beta)
        next1, next0 = descent_step(sums, found, psi, ridge, m1, m0)
        step = max(abs(math.log(next1 / m1)), abs(math.log(next0 / m0)))
        m1, m0 = next1, next0
        if step < 1e-3:
            break
    shift = 0.0 if delta >= 0.0 else math.log(ridge)  # back to the form that `solve` uses
    return math.log(m1) - shift, math.log(m0) - shift


@kernel
def descent_step(sums, found, psi, ridge, m1, m0):
    """Return the next point of the descent, by sums of positive terms."""
    rho1 = psi * (found.e1 + ridge * (found.q11 * sums.a1 + found.q10 * sums.b1))
    rho0 = psi * (found.e0 + ridge * (found.q10 * sums.a1 + found.q00 * sums.b1))
    m_10 = psi * (found.q11 * sums.a10 + found.q10 * sums.a00)
    m_01 = psi * (found.q10 * sums.a11 + found.q00 * sums.a10)
    above1, above0 = max(m1 - psi * found.p1, 0.0), max(m0 - psi * found.p0, 0.0)
    diagonal1 = (rho1 + above1 + m_10 * m0) / m1
    diagonal0 = (rho0 + above0 + m_01 * m1) / m0
    det = (rho1 + above1) / m1 * diagonal0 + m_10 / m1 * (rho0 + above0)
    return (
        (diagonal0 * rho1 + m_10 * rho0) / det,
        (diagonal1 * rho0 + m_01 * rho1) / det,
    )


@generic
def newton(resolvent, classes, cell, log_m1, log_m0):
    """Newton on (F_A, F_B) in (ln m1, ln m0), split where e H = 1/2.

    Stops on the residual, never on the step.
    """
    psi = cell.gamma / (cell.per_mask * cell.masks)
    total = resolvent.total
    delta = distance(cell, resolvent.above, 1.0, total)
    base, e = constants(delta, cell.ridge)
    residual = math.inf
    for _ in range(MAX_STEPS):
        m1, m0 = math.exp(log_m1), math.exp(log_m0)
        sums = row_sums(classes, resolvent.d0, resolvent.floor, base, m1, m0)
        low, high, above = moments(resolvent, e, sums.alpha, sums.beta)
        delta = distance(cell, above, sums.below, total)
        f_a, f_b, step1, step0 = newton_step(sums, low, high, psi, delta, base, m1, m0)
        previous = residual
        residual = max(abs(f_a), abs(f_b))
        if residual <= RESIDUAL or (residual <= resolvent.accepted and residual >= 0.5 * previous):
            break
        shrink = min(1.0, MAX_LOG_STEP / max(abs(step1), abs(step0)))
        log_m1 -= shrink * step1
        log_m0 -= shrink * step0
    return Fixed(log_m1, log_m0, residual, sums, low, high)


@generic
def solve(resolvent, classes, cell, log_m1, log_m0):
    """Newton from the given start, or from the isotropic one; if that fails, from a descent."""
    psi = cell.gamma / (cell.per_mask * cell.masks)
    delta = distance(cell, resolvent.above, 1.0, resolvent.total)
    if not math.isfinite(log_m1):
        log_m1, log_m0 = isotropic_start(classes, resolvent.d0, resolvent.floor, delta, cell.ridge)
    found = newton(resolvent, classes, cell, log_m1, log_m0)
    if found.residual <= resolvent.accepted:
        return found
    # Rows in plenty need a ridge for a descent: one that is small beside what masks leave.
    ridge = cell.ridge if cell.ridge > 0.0 or delta > 0.0 else SMALLEST
    log_m1, log_m0 = descend(resolvent, classes, psi, delta, ridge)
    return newton(resolvent, classes, cell, log_m1, log_m0)
