"""The family of random features: a spectrum, a signal on it, and a layer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgeless.activation import Activation
from ridgeless.engine.grid import Cells, Grid, solve
from ridgeless.engine.spectral import SpectralFamily, in_threads
from ridgeless.engine.thresholds import HUGE, TINY_RIDGE, Directions
from ridgeless.engine.width.rows import Features, WidthFill, WidthRows, width_rows
from ridgeless.errors import ConvergenceError
from ridgeless.row_classes import RowClasses

__all__ = ["RandomFeaturesFamily"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]

WIDTH = 11  # of `readout.COLUMNS`, known without compiling
#: Stands for infinitely many features: what is left of one over it is nothing.
WIDE = 1e60


@dataclass(frozen=True)
class RandomFeaturesFamily(SpectralFamily):
    """A spectrum, a signal on it, and a random layer that rows go through."""

    activation: Activation
    gain: float
    fill: WidthFill
    test_fill: WidthFill

    @property
    def width(self) -> int:
        """The columns of `ridgeless.engine.width.readout`."""
        return WIDTH

    @property
    def rounding(self) -> float:
        """Sums of positive terms, and tables of functions."""
        return 1e-11

    def directions(self, grid: Grid) -> Directions:
        """No more than the features of the layer; what it adds fills them all (eq-width-counts)."""
        omega = np.minimum(grid.each["width_ratio"], WIDE)
        if not self.activation.linear:
            return Directions(omega, omega)
        bare, masked = super().directions(grid)
        return Directions(np.minimum(omega, bare), np.minimum(omega, masked))

    def solve(self, cells: Cells, index: Index, start: Array) -> Array:
        """Return the columns of the cells `index`."""
        from ridgeless.engine.width.fixed_point import ACCEPTED
        from ridgeless.engine.width.readout import Numbers, Test, solve_cells
        from ridgeless.engine.width.sums import Nodes

        spectrum, schemes, grid = self.spectrum, cells.schemes, cells.grid
        assert isinstance(schemes, RowClasses)  # blocks are refused by the front
        scheme, lam = grid.scheme[index], grid.ridge[index]
        d0 = spectrum.mean / spectrum.scale
        ridge = np.where(lam > 0, np.maximum(lam / spectrum.scale, d0 / HUGE), 0.0)
        one = np.asarray(grid.masking.masks) < np.inf
        ridge *= schemes.ridge_scale[scheme] if one else 1.0
        ridge[cells.standing.lopsided[index]] = TINY_RIDGE
        table = self._rows(cells, schemes, d0)
        numbers: dict[str, Array] = {
            "gamma": cells.standing.gamma[index],
            "per_mask": schemes.per_mask[scheme],
            "masks": schemes.masks[scheme],
            "rest": schemes.rest[scheme],
            "ridge": ridge,
            "width": np.minimum(grid.each["width_ratio"][index], WIDE),
        }
        linear, tail = self.activation.linear, spectrum.tail
        p_t = grid.p_t[index]
        seen = Features.of(p_t, 1 - p_t, self.activation, self.gain, self.test_fill, d0)
        tests = Test(seen.linear, seen.power, seen.hidden, seen.noise)
        nodes = Nodes(*spectrum.nodes, *self.signal.nodes)
        out = np.ascontiguousarray(start)

        def part(piece: slice) -> None:
            per_cell = {name: x[piece] for name, x in numbers.items()}
            some = Numbers(**per_cell, linear=linear, tail=tail)
            few = Test(*(x[piece] for x in tests))
            solve_cells(nodes, table, scheme[piece], some, few, out[piece])

        size = nodes.s.size + nodes.sig_s.size + table.weight.shape[1]
        in_threads(part, scheme.size, work=30 * scheme.size * size)
        cells.converged(index, out[:, -1], ACCEPTED)
        failed = np.flatnonzero(np.isnan(out[:, :4]).any(axis=1))
        if failed.size:
            raise ConvergenceError(
                f"the risk of random features leaves the range of numbers at "
                f"{grid.where(int(index[failed[0]]))}"
            )
        return out

    def _rows(self, cells: Cells, schemes: RowClasses, d0: float) -> WidthRows:
        found = width_rows(
            cells.grid.masking,
            schemes,
            cells.order,
            activation=self.activation,
            gain=self.gain,
            fill=self.fill,
            d0=d0,
        )
        return WidthRows(*(np.ascontiguousarray(x) for x in found))

    def diverges(self, cells: Cells) -> Flags:
        """Rows with almost nothing left, which only zeros leave small (eq-width-counts)."""
        at, grid = cells.standing, cells.grid
        found = at.edge.copy()
        if grid.masking.empties_rows and self.fill == "zero" and grid.masking.masks < np.inf:
            found |= at.learns & (grid.ridge == 0) & (at.delta >= 0)
        return found & (grid.p_t < 1)

    def learned(self, grid: Grid) -> Array:
        """Return the share of the signal that reaches an unmasked input at each atom."""
        spectrum, solution = self.spectrum, solve(grid, self)
        values = spectrum.eigenvalues / spectrum.scale
        whole = np.ones(1)
        slope = self.gain * float(self.activation.moments(whole * self.gain**2)[0][0])
        learnt, alpha, shift = (solution.columns[:, i].reshape(*grid.shape, 1) for i in (4, 5, 6))
        fractions = np.zeros((*grid.shape, values.size))
        present = solution.learns.reshape(*grid.shape, 1) & (values > 0)
        below = alpha * values + shift
        return np.divide(slope * learnt * values, below, out=fractions, where=present)
