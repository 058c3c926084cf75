r"""The solve: the two-dimensional fixed point behind every masking scheme, and its readout.

With classes of rows (w, a, b, f), psi = d/N and base * e = ridge (eq-fixed-point)::

    g_k   = base + a_k m1 + b_k d0 m0            effective ridge seen by class k
    H(s)  = 1 / (e + alpha s + beta)             alpha = sum w a/g,  beta = d0 sum w b/g
    m1    = psi <s H>,  m0 = psi <H>             <.> the mean over the spectrum

(base, e) = (ridge, 1) for psi >= 1 and (1, ridge) for psi < 1 describe the same solution, so the
ridgeless limit is no special case on either side of the threshold. The solution obeys the
conservation law psi X - Y = psi - 1 with X = e <H>, Y = base sum w/g (eq-conservation): every
term is positive and the right side is formed exactly, so that no digit is lost at any distance
from the threshold. Newton works on its logarithmic-odds form F_A, increasing in m, and on the
ratio F_B = ln(m1/m0) - ln(<sH>/<H>), in the variables ln m1 and ln m0 (eq-newton).

Letters are those of docs/theory.md. In the kernels index 0 carries the unit `floor`, the largest
b_k d0, instead of 1: then floor * H stays of order one however small the mask ratio, and nothing
overflows.
"""

from __future__ import annotations

import math

import numpy as np

from ridgeless.engine.sums import (
    class_sums,
    gap_scatter,
    predictor_sums,
    signal_sums,
    spectral_sums,
    variance_sums,
)
from ridgeless.numerics.jit import kernel

__all__ = ["COLUMNS", "solve_cells"]

#: What `solve_cells` writes for each cell.
COLUMNS = (
    "bias",
    "design_variance",
    "noise_variance",  # per unit of sigma^2
    "numerator",  # the mean predictor scales beta by numerator * s / (e + alpha s + beta)
    "e",
    "alpha",
    "beta",
    "log_m1",
    "log_m0",
    "residual",
)

RESIDUAL = 4e-15  # aim
ACCEPTED = 1e-12  # what rounding may leave of it in long sums
MAX_STEPS = 100
MAX_DESCENT = 1000
MAX_LOG_STEP = 4.0


@kernel
def excess(gamma, above, per_mask, masks, kept, total):
    """Return (gamma above - rows kept total) / (rows total), with exact products.

    How many directions there are per row, less one: the distance to a threshold. `above` out of
    `total` directions and a share `kept` of the rows = per_mask * masks take part.
    """
    needed = kept * (masks * total)
    left, right = gamma * above, per_mask * needed
    rest = product_error(gamma, above, left) - product_error(per_mask, needed, right)
    return ((left - right) + rest) / (per_mask * (masks * total))


@kernel
def product_error(x, y, product):
    """Return x y - product without rounding, by splitting both factors (Dekker 1971)."""
    if not 1e-140 < abs(product) < 1e140:
        return 0.0
    split = 134217729.0 * x
    x1 = split - (split - x)
    x2 = x - x1
    split = 134217729.0 * y
    y1 = split - (split - y)
    y2 = y - y1
    return ((x1 * y1 - product) + x1 * y2 + x2 * y1) + x2 * y2


@kernel
def constants(psi_minus_one, ridge):
    """Return (base, e), whose product is the ridge; both 0 for the homogeneous problem.

    The homogeneous problem is the ridgeless threshold, where only m1/m0 is defined.
    """
    if psi_minus_one == 0.0 and ridge == 0.0:
        return 0.0, 0.0
    return (ridge, 1.0) if psi_minus_one >= 0.0 else (1.0, ridge)


@kernel
def isotropic_start(w, a, b, d0, floor, psi, delta, ridge):
    """Solve for one eigenvalue d0 and one average class: a quadratic."""
    level = 0.0
    for k in range(w.size):
        level += w[k] * (a[k] + b[k]) * d0
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
def descend(s, h, first, d0, floor, w, a, b, psi, delta, ridge):
    """Newton on m - T(m) = 0 from above; slower, but it cannot miss (eq-newton).

    T(m) = psi <(s, 1) H> is increasing and concave, and m = T(inf) lies above T(m); from there
    the steps decrease to the unique solution. All in the form e = 1, base = ridge.
    """
    m1, m0 = psi * d0, psi * floor
    for _ in range(MAX_DESCENT):
        alpha, beta, a1, b1, a11, a10, a00 = class_sums(w, a, b, d0, floor, ridge, m1, m0)[:7]
        _, p1, p0, e1, e0, q11, q10, q00 = spectral_sums(
            s, h, first, s.size, floor, 1.0, alpha, beta
        )
        rho1 = psi * (e1 + ridge * (q11 * a1 + q10 * b1))
        rho0 = psi * (e0 + ridge * (q10 * a1 + q00 * b1))
        m_10 = psi * (q11 * a10 + q10 * a00)
        m_01 = psi * (q10 * a11 + q00 * a10)
        above1, above0 = max(m1 - psi * p1, 0.0), max(m0 - psi * p0, 0.0)
        diagonal1 = (rho1 + above1 + m_10 * m0) / m1
        diagonal0 = (rho0 + above0 + m_01 * m1) / m0
        det = (rho1 + above1) / m1 * diagonal0 + m_10 / m1 * (rho0 + above0)
        next1 = (diagonal0 * rho1 + m_10 * rho0) / det
        next0 = (diagonal1 * rho0 + m_01 * rho1) / det
        step = max(abs(math.log(next1 / m1)), abs(math.log(next0 / m0)))
        m1, m0 = next1, next0
        if step < 1e-3:
            break
    shift = 0.0 if delta >= 0.0 else math.log(ridge)  # back to the form that `solve` uses
    return math.log(m1) - shift, math.log(m0) - shift


@kernel
def newton_step(classes, low, high, psi, delta, base, m1, m0):
    """Return F_A, F_B and the Newton step in (ln m1, ln m0) (eq-newton).

    `classes` are the class sums; `low` and `high` the spectral sums below and above a split of
    the eigenvalues. Above it X counts as it is, below it through 1 - e H, likewise Y for the
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
        f_a = math.log(gain / loss) - math.log(psi * rest / fitted)
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


@kernel
def newton(s, h, tail, first, d0, floor, w, a, b, gamma, per_mask, masks, ridge, log_m1, log_m0):
    """Newton on (F_A, F_B) in (ln m1, ln m0), split where e H = 1/2; returns the residual too.

    Stops on the residual, never on the step.
    """
    psi = gamma / (per_mask * masks)
    total = tail[0]
    base, e = constants(excess(gamma, tail[first], per_mask, masks, 1.0, total), ridge)
    residual = math.inf
    for _ in range(MAX_STEPS):
        m1, m0 = math.exp(log_m1), math.exp(log_m0)
        classes = class_sums(w, a, b, d0, floor, base, m1, m0)
        alpha, beta = classes[0], classes[1]
        split = max(first, np.searchsorted(s, (e - floor * beta) / alpha))
        low = spectral_sums(s, h, first, split, floor, e, alpha, beta)
        high = spectral_sums(s, h, split, s.size, floor, e, alpha, beta)
        delta = excess(gamma, tail[split], per_mask, masks, classes[11], total)
        f_a, f_b, step1, step0 = newton_step(classes, low, high, psi, delta, base, m1, m0)
        previous = residual
        residual = max(abs(f_a), abs(f_b))
        if residual <= RESIDUAL or (residual <= ACCEPTED and residual >= 0.5 * previous):
            break
        shrink = min(1.0, MAX_LOG_STEP / max(abs(step1), abs(step0)))
        log_m1 -= shrink * step1
        log_m0 -= shrink * step0
    return log_m1, log_m0, residual


@kernel
def solve(s, h, tail, first, d0, floor, w, a, b, gamma, per_mask, masks, ridge, log_m1, log_m0):
    """Newton from the given start, or from the isotropic one; if that fails, from a descent."""
    psi = gamma / (per_mask * masks)
    delta = excess(gamma, tail[first], per_mask, masks, 1.0, tail[0])
    if not math.isfinite(log_m1):
        log_m1, log_m0 = isotropic_start(w, a, b, d0, floor, psi, delta, ridge)
    found = newton(
        s, h, tail, first, d0, floor, w, a, b, gamma, per_mask, masks, ridge, log_m1, log_m0
    )
    if found[2] <= ACCEPTED or not (ridge > 0.0 or delta > 0.0):
        return found
    log_m1, log_m0 = descend(s, h, first, d0, floor, w, a, b, psi, delta, ridge)
    return newton(
        s, h, tail, first, d0, floor, w, a, b, gamma, per_mask, masks, ridge, log_m1, log_m0
    )


@kernel
def mean_predictor(
    sig_s, sig_b, sig_first, d0, floor, w, a, b, f, v, own, base, e, alpha, beta, m1, m0, p_t
):
    """Return the bias, and what the residuals of all classes share (eq-bias, eq-residual).

    Class k alone would learn (1 + f/a) beta. `level` is what remains of 1 - learned at s = d0,
    split with e = e (1 - Y) + ridge sum w/g so that the part of the ridge that comes from masks
    cancels on paper, not in rounding; `own` is the rest of the ridge.
    """
    extra, unequal, ones = predictor_sums(w, a, b, f, v, d0, floor, base, m1, m0)
    level = e * (alpha * m1 + beta * m0) + own * ones + d0 * unequal
    shift = e + floor * beta
    bias, power, signal, gap = signal_sums(
        sig_s, sig_b, sig_first, d0, alpha, shift, extra, level, p_t
    )
    scatter = 0.0
    if signal > 0.0:
        gap /= signal
        scatter = gap_scatter(sig_s, sig_b, sig_first, alpha, shift, gap)
    return bias, extra, power, signal, gap, scatter


@kernel
def class_weights(sums, floor_d0, psi, base, m1, m0, p_t, a1, b1, a11, a10, a00):
    """Return (u1, u0): a unit of residual in class k weighs (w/g^2)(a u1 + b u0).

    Solves (I - M) u = t with sums of positive terms only (eq-positive-determinant).
    """
    e1, e0, q11, q10, q00 = sums
    rho1 = psi * (e1 + base * (q11 * a1 + q10 * b1))
    rho0 = psi * (e0 + base * (q10 * a1 + q00 * b1))
    m_10 = psi * (q11 * a10 + q10 * a00)
    m_01 = psi * (q10 * a11 + q00 * a10)
    diagonal1 = (rho1 + m_10 * m0) / m1
    diagonal0 = (rho0 + m_01 * m1) / m0
    det = (rho1 * diagonal0 + m_10 * rho0) / m1
    q_t = 1.0 - p_t
    if q_t == 0.0:  # nothing is seen, nothing is predicted
        return 0.0, 0.0
    if det == 0.0:  # the threshold
        return math.inf, math.inf
    seen, hidden = q_t * q_t, q_t * p_t * floor_d0
    t1 = psi * (seen * q11 + hidden * q10)
    t0 = psi * (seen * q10 + hidden * q00)
    return (diagonal0 * t1 + m_10 * t0) / det, (diagonal1 * t0 + m_01 * t1) / det


@kernel
def read_out(
    s, h, first, sig_s, sig_b, sig_first, d0, floor, w, a, b, f, v,
    psi, delta, ridge, own, m1, m0, p_t, out,
):  # fmt: skip
    """Write the first seven `COLUMNS` at the fixed point."""
    base, e = constants(delta, ridge)
    alpha, beta, a1, b1, a11, a10, a00 = class_sums(w, a, b, d0, floor, base, m1, m0)[:7]
    bias, extra, power, signal, gap, scatter = mean_predictor(
        sig_s, sig_b, sig_first, d0, floor, w, a, b, f, v, own, base, e, alpha, beta, m1, m0, p_t
    )
    out[0] = bias
    out[1] = out[2] = 0.0
    out[3] = alpha + extra
    out[4] = e
    out[5] = alpha
    out[6] = floor * beta
    if psi == 0.0:  # infinitely many rows: nothing fluctuates
        return
    sums = spectral_sums(s, h, first, s.size, floor, e, alpha, beta)[3:]
    u1, u0 = class_weights(sums, d0 / floor, psi, base, m1, m0, p_t, a1, b1, a11, a10, a00)
    inflation = extra / alpha
    if math.isfinite(u1):
        out[1], out[2] = variance_sums(
            w, a, b, f, d0, floor, base, m1, m0, u1, u0, inflation, gap, signal, scatter, power
        )
        return
    # At the threshold every class weighs infinitely much, unless it has no residual at all.
    out[2] = math.inf
    for k in range(w.size):
        if w[k] > 0.0:
            own_missed = f[k] / a[k] - inflation + (1.0 + inflation) * gap if a[k] > 0.0 else 0.0
            if b[k] * power + a[k] * (signal * own_missed**2 + scatter) > 0.0:
                out[1] = math.inf


@kernel
def solve_cells(
    s, h, tail, sig_s, sig_b, d0, weights, kepts, maskeds, excesses, unequals,
    scheme, gammas, per_masks, masks, ridges, owns, p_ts, out,
):  # fmt: skip
    """Solve every cell and write its `COLUMNS`; `out` holds the starts (nan for none).

    Shapes: s, h (nodes,); tail (nodes + 1,), the count of each node and all above it; sig_s,
    sig_b (signal nodes,); the class arrays (schemes, classes);
    scheme, gammas, per_masks, masks, ridges, owns, p_ts (cells,); out (cells, len(COLUMNS)).
    """
    zeros = sig_zeros = 0
    while s[zeros] == 0.0:
        zeros += 1
    while sig_s[sig_zeros] == 0.0:
        sig_zeros += 1
    for cell in range(scheme.size):
        w, a = weights[scheme[cell]], kepts[scheme[cell]]
        b, f, v = maskeds[scheme[cell]], excesses[scheme[cell]], unequals[scheme[cell]]
        gamma, ridge = gammas[cell], ridges[cell]
        floor = 0.0
        for k in range(w.size):
            if w[k] > 0.0:
                floor = max(floor, b[k] * d0)
        # Where nothing is masked, zero eigenvalues decouple and index 0 is free (eq-drop).
        first = sig_first = 0
        if floor == 0.0:
            first, sig_first, floor = zeros, sig_zeros, s[zeros]
        m1 = m0 = out[cell, 9] = 0.0
        if gamma > 0.0:
            log_m1, log_m0, out[cell, 9] = solve(
                s, h, tail, first, d0, floor, w, a, b, gamma, per_masks[cell], masks[cell], ridge,
                out[cell, 7], out[cell, 8] + math.log(floor),
            )  # fmt: skip
            out[cell, 7], out[cell, 8] = log_m1, log_m0 - math.log(floor)
            m1, m0 = math.exp(log_m1), math.exp(log_m0)
        delta = excess(gamma, tail[first], per_masks[cell], masks[cell], 1.0, tail[0])
        psi = gamma / (per_masks[cell] * masks[cell])
        read_out(
            s, h, first, sig_s, sig_b, sig_first, d0, floor, w, a, b, f, v, psi,
            delta, ridge, owns[cell], m1, m0, p_ts[cell], out[cell],
        )  # fmt: skip
