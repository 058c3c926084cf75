"""The fixed point of random features: three unknowns, and a scalar equation for kappa inside."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ridgeless.engine.distance import constants
from ridgeless.engine.width.sums import row_sums, trace
from ridgeless.numerics.jit import kernel

__all__ = ["ACCEPTED", "Cell", "Fixed", "map_at", "solve", "solved"]

#: Relative step of Newton's method below which it has arrived, and what rounding may leave of it.
ARRIVED, ACCEPTED = 1e-13, 1e-9
#: Up to so many directions per row that fits something do their counts have digits that matter.
COUNTED = 2.0
#: What a step may leave of m.
LEAST = 1e-6
MAX_STEPS, MAX_KAPPA_STEPS = 200, 100


class Cell(NamedTuple):
    """The numbers of a cell, or of several."""

    psi: Any  #: d/N
    narrow: Any  #: 1/omega = d/P
    delta: Any  #: directions per row, less one
    ridge: Any  #: lambda
    linear: Any  #: whether the activation adds nothing to the linear part
    first: Any  #: nodes below have nothing in the rows (eq-drop)
    mass: Any  #: share of the others


class Fixed(NamedTuple):
    """The map at m, and what its derivative and the read-out need (eq-width-second-order)."""

    sums: Any
    found: Any
    base: float
    e: float
    beta: float  #: beta_0
    room: float  #: 1 - df_2/omega
    t: Any  #: T, shape (3, 3), as 1, 0, n
    matrix: Any  #: M = the derivative of the map
    rest: Any  #: rho = (I - M) m at the fixed point
    image: Any  #: the map's value


@kernel
def kappa_at(nodes, cell, alpha, beta, floor, start):
    """Return the means at the root of kappa (1 - <(alpha s + beta) h>/omega) = floor.

    The left side is convex: Newton's steps from above decrease to the root (eq-width-kappa).
    """
    first, narrow = cell.first, cell.narrow
    free = 1.0 - narrow * cell.mass
    if narrow == 0.0 or (floor == 0.0 and free >= 0.0):
        return trace(nodes, first, alpha, beta, floor)
    mean = 0.0
    for i in range(first, nodes.s.size):
        mean += nodes.h[i] * (alpha * nodes.s[i] + beta)
    above = floor + narrow * mean
    kappa = min(start, above) if start > 0.0 else above
    for _ in range(MAX_KAPPA_STEPS):
        at = trace(nodes, first, alpha, beta, kappa)
        seen = alpha * at.sh + beta * at.h
        if free > -1.0:  # kappa <h> has all its digits
            left = kappa * (free + narrow * kappa * at.h)
        else:
            left = kappa * (1.0 - narrow * seen)
        slope = 1.0 - narrow * (alpha**2 * at.t2 + 2.0 * alpha * beta * at.t1 + beta**2 * at.t0)
        if not slope > 0.0:  # left of where the root can be
            kappa = above
            continue
        new = kappa - (left - floor) / slope
        if not new > 0.0:
            new = 0.5 * kappa
        change = abs(new - kappa)
        kappa = min(new, above)
        if change <= 1e-9 * kappa:  # the next step would be rounding
            break
    return trace(nodes, first, alpha, beta, kappa)


@kernel
def map_at(nodes, rows, cell, base, e, m, kappa):
    """Return the map T(m), its derivative and what the second order needs."""
    sums = row_sums(rows, base, m[0], m[1], m[2])
    narrow, psi = cell.narrow, cell.psi
    beta = sums.a0 + rows.held
    floor = e + narrow * (sums.an + rows.lost)
    own = e + narrow * rows.lost  # e with the part that masks add
    at = kappa_at(nodes, cell, sums.a1, beta, floor, kappa)
    kappa = at.kappa
    # omega - df_2 over omega, as positive terms.
    ratio = floor / kappa if kappa > 0.0 else 1.0 - narrow * cell.mass
    room = ratio + narrow * kappa * (sums.a1 * at.t1 + beta * at.t0)
    v1, v0 = kappa * at.t1, kappa * at.t0
    vn = 1.0 / kappa if kappa > 0.0 else 0.0
    wide = narrow / room if room > 0.0 else 0.0
    t = np.empty((3, 3))
    t[0, 0], t[0, 1], t[1, 1] = at.t2 + wide * v1 * v1, at.t1 + wide * v1 * v0, 0.0
    t[1, 1] = at.t0 + wide * v0 * v0
    t[0, 2], t[1, 2], t[2, 2] = wide * v1 * vn, wide * v0 * vn, wide * vn * vn
    t[1, 0], t[2, 0], t[2, 1] = t[0, 1], t[0, 2], t[1, 2]
    t *= psi
    w = np.empty((3, 3))
    w[0, 0], w[0, 1], w[0, 2] = sums.w11, sums.w10, sums.w1n
    w[1, 0], w[1, 1], w[1, 2] = sums.w10, sums.w00, sums.w0n
    w[2, 0], w[2, 1], w[2, 2] = sums.w1n, sums.w0n, sums.wnn
    y = np.array([sums.y1, sums.y0, sums.yn])
    matrix, rest = np.zeros((3, 3)), np.zeros(3)
    # omega T_n, which stays finite where the width is infinite.
    last = np.empty(3)
    if kappa > 0.0:
        last[0], last[1], last[2] = at.t1 / room, at.t0 / room, 1.0 / (kappa * kappa * room)
    elif room > 0.0:
        last[0], last[1], last[2] = at.t1 / room, at.t0 / room, 0.0
    else:
        last[:] = 0.0
    for i in range(3):
        for j in range(3):
            for k in range(3):
                matrix[i, j] += t[i, k] * w[k, j]
            rest[i] += base * t[i, j] * y[j]
        rest[i] += rows.held * t[i, 1]
        if own > 0.0:
            rest[i] += own * psi * last[i]
    image = np.array([psi * at.sh, psi * at.h, psi * vn])
    return Fixed(sums, at, base, e, beta, room, t, matrix, rest, image)


@kernel
def solved(matrix, rest, m, right, size):
    """Solve (I - matrix) x = right where (I - matrix) m = rest > 0 and the rest is known.

    Elimination of an M-matrix without a subtraction (eq-width-elimination); inf at the threshold.
    """
    n, r, b = np.zeros((3, 3)), rest.copy(), right.copy()
    for i in range(size):
        for j in range(size):
            n[i, j] = matrix[i, j] * m[j]
    below = np.zeros(3)
    for k in range(size - 1, -1, -1):
        below[k] = r[k] + n[k, :k].sum()
        for i in range(k):
            share = n[i, k] / below[k]
            r[i] += share * r[k]
            b[i] += share * b[k]
            n[i, :k] += share * n[k, :k]
    x = np.zeros(3)
    for k in range(size):
        total = b[k] + (n[k, :k] * x[:k]).sum()
        if below[k] > 0.0:
            x[k] = total / below[k]
        elif total != 0.0:
            x[k] = math.inf
    return x * m


@kernel
def residual(rows, cell, at, m, size):
    """Return T(m) - m, its part along the threshold from the conservation law (eq-width-counts)."""
    right, sums = at.image - m, at.sums
    if rows.shared:
        return right
    fitted = sums.a1 * m[0] + sums.a0 * m[1]
    off = sums.a1 * right[0] + sums.a0 * right[1]
    if cell.linear:
        # Over columns where these are fewer than directions, else over directions.
        kappa = at.found.kappa
        loss = (
            kappa * at.found.h if cell.narrow * cell.mass <= 1.0 else at.e / (cell.narrow * kappa)
        )
    else:
        fitted += sums.an * m[2]
        off += sums.an * right[2]
        loss = at.e / (cell.narrow * at.found.kappa) if cell.narrow > 0.0 else math.inf
    gap = cell.delta - cell.psi * loss + sums.below
    # Far from the threshold, or with a ridge to speak of, the counts cancel and the rest does not.
    if abs(cell.delta) + cell.psi * loss < COUNTED * fitted:
        for i in range(size):
            right[i] += (gap - off) * (m[i] / fitted)
    return right


@kernel
def solve(nodes, rows, cell, m):
    """Find the fixed point from `m` (nan: from a start of its own), in place; return the last step.

    Newton's method on 1 - m/T(m), which keeps an M-matrix anywhere; where it would leave the
    positive numbers, on m - T(m), which cannot (eq-width-newton).
    """
    base, e = constants(cell.delta, cell.ridge)
    if rows.shared:
        base, e = 1.0, cell.ridge
    size = 2 if cell.linear else 3  # linear features have no noise, and m_n is not asked for
    if not math.isfinite(m[0]):
        first_guess(nodes, rows, cell, base, m)
    kappa, step, previous = 0.0, math.inf, math.inf
    for _ in range(MAX_STEPS):
        at = map_at(nodes, rows, cell, base, e, m, kappa)
        kappa = at.found.kappa
        change = newton_step(at, m, residual(rows, cell, at, m, size), size)
        previous, step = step, np.max(np.abs(change[:size]) / m[:size])
        m[:size] += change[:size]
        if step <= ARRIVED or (step <= ACCEPTED and step >= 0.25 * previous):
            return step
    return step


@kernel
def newton_step(at, m, right, size):
    """Return Newton's step where T(m) - m is `right` (eq-width-newton)."""
    tilted, rest = at.matrix.copy(), at.rest.copy()
    for i in range(size):
        tilt = m[i] / at.image[i]
        tilted[i, :] *= tilt
        rest[i] *= tilt
    change = solved(tilted, rest, m, right, size)
    new = m + change
    if np.isfinite(new).all() and (new[:size] > LEAST * m[:size]).all():
        return change
    new = solved(at.matrix, np.maximum(m - at.image + at.rest, 0.0), m, at.rest, size)
    return np.minimum(np.maximum(new, LEAST * m), m / LEAST) - m


@kernel
def first_guess(nodes, rows, cell, base, m):
    """Write a start: what rows without masks would have, of the size of a row."""
    mean = mass = 0.0
    for i in range(cell.first, nodes.s.size):
        mean += nodes.h[i] * nodes.s[i]
        mass += nodes.h[i]
    m[0], m[1], m[2] = mean, mass, 0.0 if cell.linear else 1.0
    unit = cell.psi
    if base == 1.0:
        size = 0.0
        for k in range(rows.weight.size):
            z1 = rows.linear[k] ** 2 if rows.shared else rows.weight[k] * rows.power[k]
            z0 = 0.0 if rows.shared else rows.weight[k] * rows.hidden[k]
            zn = rows.noise[k] if rows.shared else rows.weight[k] * rows.noise[k]
            size += z1 * m[0] + z0 * m[1] + zn * m[2]
        if size > 0.0:
            unit = 1.0 / size
    for i in range(3):
        m[i] *= unit
