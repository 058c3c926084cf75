"""The read-out of random features (eq-width-bias, eq-width-variance)."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from ridgeless.engine.distance import constants, excess
from ridgeless.engine.thresholds import TINY_RIDGE
from ridgeless.engine.width.fixed_point import Cell, map_at, solve, solved
from ridgeless.engine.width.rows import WidthRows
from ridgeless.numerics.jit import kernel, lean_kernel, sum_kernel

__all__ = ["COLUMNS", "Numbers", "Test", "solve_cells"]

#: What a solve writes for each cell.
COLUMNS = (
    "bias",
    "design_variance",
    "noise_variance",
    "width_variance",
    "learnt",  # the mean predictor is learnt * s / (alpha s + beta + kappa)
    "alpha",
    "shift",  # beta + kappa
    "m1",
    "m0",
    "mn",
    "step",
)


#: What rounding of the arguments makes of a count over a count.
ROUNDING = 1e-15


class Numbers(NamedTuple):
    """The cells of a grid; arrays of shape (cells,) unless it says otherwise."""

    gamma: Any  #: d/n
    per_mask: Any  #: rows per mask of a sample
    masks: Any  #: masks per sample that add rows
    rest: Any  #: what rounding took from `per_mask`
    ridge: Any  #: lambda
    width: Any  #: omega = P/d
    linear: Any  #: whether the activation adds nothing to the linear part, one for all
    tail: Any  #: directions at each node of the spectrum and above it; 0 at the end


class Test(NamedTuple):
    """Test inputs: ell, z_1, z_0, z_n."""

    linear: Any
    power: Any
    hidden: Any
    noise: Any


class Signal(NamedTuple):
    """Means over the signal."""

    strength: float  #: beta' Sigma beta
    gap: float  #: mean of (beta_0 + kappa) h
    seen: float  #: mean of alpha s h
    scatter: float  #: of alpha s h about its mean
    square: float  #: sum of b^2 (s h)^2


@sum_kernel
def signal_at(nodes, alpha, shift):
    """Return the means over the signal of what is learnt."""
    strength = gap = square = scatter = 0.0
    for i in range(nodes.sig_s.size):
        s, b = nodes.sig_s[i], nodes.sig_b[i]
        if s > 0.0:
            h = 1.0 / (alpha * s + shift)
            strength += b * s
            gap += b * s * h
            square += b * (s * h) * (s * h)
    if strength == 0.0:
        return Signal(0.0, 1.0, 0.0, 0.0, 0.0)
    gap *= shift / strength
    seen = 0.0
    for i in range(nodes.sig_s.size):
        s, b = nodes.sig_s[i], nodes.sig_b[i]
        if s > 0.0:
            h = 1.0 / (alpha * s + shift)
            seen += b * s * (alpha * s * h)
            scatter += b * s * (shift * h - gap) ** 2
    return Signal(strength, gap, seen / strength, scatter / strength, square)


@sum_kernel
def missed_by(nodes, alpha, shift, excess):
    """Return <s (1 - ell b_w)^2> where alpha - ell C is `excess`."""
    total = 0.0
    for i in range(nodes.sig_s.size):
        s, b = nodes.sig_s[i], nodes.sig_b[i]
        if s > 0.0:
            total += b * s * ((shift + s * excess) / (alpha * s + shift)) ** 2
    return total


@lean_kernel
def unequal(rows, base, m, linear):
    """Return alpha - ell C: how differently rows and the test input carry the signal."""
    total = 0.0
    if rows.shared:
        whole = 0.0
        for j in range(rows.linear.size):
            a = rows.linear[j]
            x = a / (base + m[2] * rows.noise[j])
            whole += a * x
            total += x * (a - linear * rows.target[j])
        return total / (1.0 + m[0] * whole)
    for k in range(rows.weight.size):
        if rows.weight[k] > 0.0:
            g = base + rows.power[k] * m[0] + rows.hidden[k] * m[1] + rows.noise[k] * m[2]
            ell = rows.linear[k]
            total += rows.weight[k] * ell / g * (ell - linear * rows.target[k])
    return total


@lean_kernel
def class_variance(rows, base, m, u, ratio, signal, noise):
    """Return design and noise variance of classes; `noise` is what each z adds to a residual."""
    design = unit = 0.0
    for k in range(rows.weight.size):
        if rows.weight[k] == 0.0:
            continue
        z1, z0, zn = rows.power[k], rows.hidden[k], rows.noise[k]
        g = base + z1 * m[0] + z0 * m[1] + zn * m[2]
        heavy = rows.weight[k] / (g * g) * (z1 * u[0] + z0 * u[1] + zn * u[2])
        t, ell = rows.target[k], rows.linear[k] * ratio
        left = t * signal.gap + (t - ell) * signal.seen
        missed = signal.strength * (left * left + ell * ell * signal.scatter)
        missed += z1 * noise[0] + z0 * noise[1] + zn * noise[2]
        if missed > 0.0:
            design += heavy * missed
        if t > 0.0:
            unit += heavy * t * t
    return design, unit


@kernel
def shared_variance(rows, base, m, u, ratio, signal, noise, sums):
    """Return design and noise variance of rows that one sample shares (eq-width-shared)."""
    a, c, t = rows.linear, rows.noise, rows.target
    d = base + m[2] * c
    top = 1.0 + m[0] * (a * a / d).sum()
    own = a / (d * top)  # G^-1 a
    told = t / d - m[0] * (a * t / d).sum() / top * (a / d)  # G^-1 t
    missing = told - ratio * signal.seen * own
    of_missing = u[0] * (a * missing).sum() ** 2 + u[2] * (c * missing**2).sum()
    of_own = u[0] * (a * own).sum() ** 2 + u[2] * (c * own**2).sum()
    unit = u[0] * (a * told).sum() ** 2 + u[2] * (c * told**2).sum()
    design = signal.strength * (of_missing + ratio**2 * signal.scatter * of_own)
    design += noise[0] * of_own + noise[2] * (u[0] * sums.w1n + u[2] * sums.wnn)
    return design, unit


@kernel
def read_out(nodes, rows, cell, test, m, base, e, out):
    """Write the columns but for the last four."""
    at = map_at(nodes, rows, cell, base, e, m, 0.0)
    kappa, alpha = at.found.kappa, at.sums.a1
    shift = at.beta + kappa
    learnt = at.sums.learnt
    out[4], out[5], out[6] = learnt, alpha, shift
    signal = signal_at(nodes, alpha, shift)
    square = learnt * learnt * signal.square  # B_0
    room = at.room
    # The fluctuation over the random layer per unit of z, J v.
    spread = np.zeros(3)
    if kappa > 0.0:
        wide = cell.narrow * square / room
        spread[0] = wide * kappa * kappa * at.found.t1
        spread[1] = wide * kappa * kappa * at.found.t0
        spread[2] = wide
    out[0] = missed_by(nodes, alpha, shift, unequal(rows, base, m, test.linear))
    out[0] += test.hidden * square
    out[3] = test.power * spread[0] + test.hidden * spread[1] + test.noise * spread[2]
    out[1] = out[2] = 0.0
    if cell.psi == 0.0:
        return
    z = np.array([test.power, test.hidden, test.noise])
    load = at.t @ z
    if not (load > 0.0).any():  # nothing is seen, nothing is predicted
        return
    size = 2 if cell.linear else 3
    u = solved(at.matrix, at.rest, m, load, size)
    noise = spread.copy()
    noise[1] += square
    ratio = learnt / alpha if alpha > 0.0 else 0.0
    if rows.shared:
        out[1], out[2] = shared_variance(rows, base, m, u, ratio, signal, noise, at.sums)
    else:
        out[1], out[2] = class_variance(rows, base, m, u, ratio, signal, noise)


@kernel
def cell_of(nodes, rows, grid, i):
    """Return the numbers of cell i: how many columns there are, and how far the threshold is."""
    width, linear, first = grid.width[i], grid.linear, 0
    if linear and rows.held == 0.0 and not (rows.hidden * rows.weight > 0.0).any():
        while nodes.s[first] == 0.0:  # zero eigenvalues decouple where nothing is masked (eq-drop)
            first += 1
    above, total = width, 1.0
    if linear and width * grid.tail[0] >= grid.tail[first]:
        above, total = grid.tail[first], grid.tail[0]
    psi = grid.gamma[i] / (grid.per_mask[i] * grid.masks[i])
    delta = -1.0
    if psi > 0.0:
        delta = excess(
            grid.gamma[i], above, grid.per_mask[i], grid.masks[i], 1.0, total, grid.rest[i]
        )
    mass = grid.tail[first] / grid.tail[0]
    return Cell(psi, 1.0 / width, delta, grid.ridge[i], linear, first, mass)


@kernel
def solve_cells(nodes, table, scheme, grid, tests, out):
    """Solve every cell and write its `COLUMNS`; `out` holds the starts (nan for none)."""
    for i in range(scheme.size):
        k = scheme[i]
        rows = WidthRows(
            table.weight[k],
            table.linear[k],
            table.target[k],
            table.power[k],
            table.hidden[k],
            table.noise[k],
            table.shared[k],
            table.held[k],
            table.lost[k],
        )
        cell = cell_of(nodes, rows, grid, i)
        test = Test(tests.linear[i], tests.power[i], tests.hidden[i], tests.noise[i])
        m = np.zeros(3)
        # As many linear features as directions: two thresholds in one, where m is as delta squared.
        both = cell.linear and cell.narrow * cell.mass == 1.0
        threshold = abs(cell.delta) <= (ROUNDING if both else 0.0)
        threshold = threshold and cell.ridge == 0.0 and not rows.shared
        if threshold:  # only the ratios of m are defined: they are those of a ridge this small
            cell = Cell(cell.psi, cell.narrow, 0.0, TINY_RIDGE, cell.linear, cell.first, cell.mass)
        base, e = constants(cell.delta, cell.ridge)
        if rows.shared:
            base, e = 1.0, cell.ridge
        out[i, 10] = 0.0
        if cell.psi > 0.0:
            for j in range(3):
                m[j] = out[i, 7 + j]
            out[i, 10] = solve(nodes, rows, cell, m)
            for j in range(3):
                out[i, 7 + j] = m[j]
        read_out(nodes, rows, cell, test, m, base, e, out[i])
        if threshold:
            for j in (1, 2):
                out[i, j] = math.inf if out[i, j] > 0.0 else 0.0
