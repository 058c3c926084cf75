"""Solve and read-out of many cells of one spectrum, in compiled code."""

from __future__ import annotations

import math

from ridgeless.engine.fixed_point import Cell, solve
from ridgeless.engine.readout import read_at, read_out
from ridgeless.engine.resolvent import ACCEPTED, Spectral
from ridgeless.engine.rows import scheme_of
from ridgeless.engine.sums import both
from ridgeless.numerics.jit import lean_kernel as kernel

__all__ = ["solve_cells"]


@kernel
def solve_cells(spectrum, table, scheme, grid, out):
    """Solve every cell and write its `COLUMNS`; `out` holds the starts (nan for none).

    `spectrum` is a `Spectral` with `first` 0 and no floor; `table` holds `Classes` or `Blocks` in
    arrays of shape (schemes, ...), `grid` is a `Cell` with arrays of shape (cells,), as is
    `scheme`; out (cells, columns).
    """
    zeros = sig_zeros = 0
    while spectrum.s[zeros] == 0.0:
        zeros += 1
    while spectrum.sig_s[sig_zeros] == 0.0:
        sig_zeros += 1
    k, largest = -1, 0.0
    for i in range(scheme.size):
        new = scheme[i] != k
        k = scheme[i]
        classes = scheme_of(table, k)
        cell = Cell(
            grid.gamma[i],
            grid.per_mask[i],
            grid.masks[i],
            grid.ridge[i],
            grid.own[i],
            grid.unseen[i],
            grid.hidden[i],
            grid.rest[i],
        )
        if new:  # the same for all cells of a scheme, which stand together
            largest = 0.0
            for c in range(classes.weight.size):
                if classes.weight[c] > 0.0:
                    largest = max(largest, classes.masked[c] * spectrum.d0)
        floor = largest
        # Where nothing is masked, zero eigenvalues decouple and index 0 is free (eq-drop).
        first = sig_first = 0
        if floor == 0.0:
            first, sig_first, floor = zeros, sig_zeros, spectrum.s[zeros]
        resolvent = Spectral(
            spectrum.s,
            spectrum.h,
            spectrum.tail,
            spectrum.sig_s,
            spectrum.sig_b,
            first,
            sig_first,
            spectrum.d0,
            floor,
            spectrum.tail[first],
            spectrum.tail[0],
            ACCEPTED,
        )
        if cell.gamma == 0.0:  # infinitely many rows
            out[i, 9] = 0.0
            read_out(resolvent, classes, cell, 0.0, 0.0, out[i])
            continue
        unit = math.log(floor)
        found = solve(resolvent, classes, cell, out[i, 7], out[i, 8] + unit)
        out[i, 7], out[i, 8], out[i, 9] = found.log_m1, found.log_m0 - unit, found.residual
        m1, m0 = math.exp(found.log_m1), math.exp(found.log_m0)
        means = both(found.low, found.high)
        read_at(resolvent, classes, cell, m1, m0, found.sums, means, out[i])
