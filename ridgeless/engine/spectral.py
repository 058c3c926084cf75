"""The family of a spectrum: all features alike, D = d0 I, solved in compiled code."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.grid import Cells, Grid, Level, diverges, solve
from ridgeless.engine.thresholds import HUGE, TINY_RIDGE, Directions
from ridgeless.spectrum import Spectrum
from ridgeless.target import Signal

if TYPE_CHECKING:
    from ridgeless.engine.blocks import Blocks
    from ridgeless.engine.fixed_point import Cell
    from ridgeless.engine.sums import Classes

__all__ = ["SpectralFamily", "columns_of"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]

WIDTH = 10  # of `readout.COLUMNS`, known without compiling
NODES_PER_THREAD = 400_000  # node evaluations below which a thread costs more than it saves


@dataclass(frozen=True)
class SpectralFamily:
    """A spectrum and the signal on it."""

    spectrum: Spectrum
    signal: Signal

    @property
    def level(self) -> Level:
        """Signal and noise."""
        return Level(self.signal.variance, self.signal.noise, shared=self.signal.shared)

    @property
    def width(self) -> int:
        """The columns of `ridgeless.engine.readout`."""
        return WIDTH

    @property
    def mean(self) -> float:
        """The mean eigenvalue."""
        return self.spectrum.mean

    @property
    def rounding(self) -> float:
        """Sums of positive terms."""
        return 1e-13

    def directions(self, grid: Grid) -> Directions:
        """Zero eigenvalues have nothing in rows without masks."""
        spectrum = self.spectrum
        return Directions(1.0 if spectrum.zero_mass == 0 else spectrum.positive_mass, 1.0)

    def solve(self, cells: Cells, index: Index, start: Array) -> Array:
        """Return the columns of the cells `index`."""
        from ridgeless.engine.fixed_point import Cell
        from ridgeless.engine.resolvent import ACCEPTED
        from ridgeless.engine.rows import table_of

        spectrum, schemes, grid = self.spectrum, cells.schemes, cells.grid
        scheme, lam = grid.scheme[index], grid.ridge[index]
        d0 = spectrum.mean / spectrum.scale
        own = np.where(lam > 0, np.maximum(lam / spectrum.scale, d0 / HUGE), 0.0)
        own *= schemes.ridge_scale[scheme]
        own[cells.standing.lopsided[index]] = TINY_RIDGE
        ridge = own + d0 * (schemes.ridge_shift * schemes.ridge_scale)[scheme]
        gamma = cells.standing.gamma[index]
        unseen, hidden = (x[index] for x in grid.test)
        rows = schemes.per_mask[scheme], schemes.masks[scheme]
        some = Cell(gamma, *rows, ridge, own, unseen, hidden, schemes.rest[scheme])
        out = columns_of(spectrum, self.signal, table_of(schemes), scheme, some, start)
        cells.converged(index, out[:, -1], ACCEPTED)
        return out

    def diverges(self, cells: Cells) -> Flags:
        """As decided from counts."""
        return diverges(cells)

    def learned(self, grid: Grid) -> Array:
        """Return the share of the signal that is learnt at each atom (eq-mean-predictor)."""
        spectrum, solution = self.spectrum, solve(grid, self)
        values = spectrum.eigenvalues / spectrum.scale
        numerator, e, alpha, beta = (
            solution.columns[:, i].reshape(*grid.shape, 1) for i in (3, 4, 5, 6)
        )
        fractions = np.zeros((*grid.shape, values.size))
        present = solution.learns.reshape(*grid.shape, 1) & (values > 0)
        below = e + alpha * values + beta
        return np.divide(numerator * values, below, out=fractions, where=present)


def columns_of(
    spectrum: Spectrum,
    signal: Signal,
    table: Classes | Blocks,
    scheme: Index,
    cells: Cell,
    start: Array,
) -> Array:
    """Solve cells of a spectrum from `start` (nan: cold) and return their columns.

    `table` holds arrays of shape (schemes, classes), `cells` and `scheme` arrays of shape (cells,).
    """
    from ridgeless.engine.cells import solve_cells
    from ridgeless.engine.resolvent import Spectral

    s, h = spectrum.nodes
    nodes = Spectral(
        s,
        h,
        spectrum.tail,
        *signal.nodes,
        first=0,
        sig_first=0,
        d0=spectrum.mean / spectrum.scale,
        floor=0.0,
        above=0.0,
        total=0.0,
    )
    out = np.ascontiguousarray(start)

    def part(piece: slice) -> None:
        some = type(cells)(*(x[piece] for x in cells))
        solve_cells(nodes, table.fresh(), scheme[piece], some, out[piece])

    size = s.size + signal.nodes.values.size + table.weight.shape[1]
    in_threads(part, scheme.size, work=8 * scheme.size * size)
    return out


def in_threads(part: Callable[[slice], None], cells: int, work: int) -> None:
    """Run `part` over slices of the cells, in threads when the work pays for them."""
    cores = (
        len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    )
    threads = min(cores, cells, work // NODES_PER_THREAD)
    if threads <= 1:
        part(slice(0, cells))
        return
    edges = np.linspace(0, cells, threads + 1).astype(int)
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, [slice(*ends) for ends in pairwise(edges)]))
