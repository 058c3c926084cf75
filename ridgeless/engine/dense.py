"""The family of a covariance: matrices in place of eigenvalues, the same solve and read-out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.covariance import Covariance
from ridgeless.engine.grid import Cells, Grid, Level, diverges, solve
from ridgeless.engine.spectral import WIDTH, columns_of
from ridgeless.engine.thresholds import HUGE, LINEAR_ALGEBRA, TINY_RIDGE, Directions
from ridgeless.lazy import lazy
from ridgeless.spectrum import Nodes
from ridgeless.target import Signal

if TYPE_CHECKING:
    from ridgeless.engine.blocks import Blocks
    from ridgeless.engine.fixed_point import Cell
    from ridgeless.engine.matrices import Coordinates, Pencil
    from ridgeless.engine.sums import Classes

__all__ = ["DenseFamily"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]

#: No signal: only the fixed point is asked for.
NONE = Signal(Nodes(np.ones(1), np.zeros(1)), 0.0, np.zeros(()))
#: Differences of b/a between classes that are rounding, relative.
SAME = 1e-14


@dataclass(frozen=True)
class DenseFamily:
    """A covariance, groups of features that are masked together, and signals on it."""

    covariance: Covariance
    beta: Array  #: coefficients of the features, shape (d, t): risks add over columns
    noise: Array  #: sigma^2
    argument: str = "snr"  #: by which the caller gave it

    @lazy
    def level(self) -> Level:
        """Signal and noise."""
        return Level(self.coordinates.signal, self.noise, self.argument)

    @property
    def width(self) -> int:
        """The columns of `ridgeless.engine.readout`."""
        return WIDTH

    @property
    def mean(self) -> float:
        """Mean variance of the features."""
        return self.covariance.mean * self.covariance.scale

    @property
    def rounding(self) -> float:
        """That of linear algebra with hundreds of features."""
        return 1e-11

    def directions(self, grid: Grid) -> Directions:
        """The ranks of Sigma and of D over the number of features (eq-dense-threshold)."""
        at = self.covariance
        return Directions(at.rank / at.size, at.masked.size / at.size)

    @lazy
    def coordinates(self) -> Coordinates:
        """The eigenvectors of D inside each group."""
        from ridgeless.engine.matrices import Coordinates

        at = self.covariance
        beta = np.sqrt(at.scale) * (at.basis.T @ self.beta)
        return Coordinates(at.sigma, at.masked, np.ones(at.masked.size), beta, at.size)

    @lazy
    def pencil(self) -> Pencil:
        """The resolvent in the eigenbasis of Sigma."""
        from ridgeless.engine.matrices import Coordinates, Pencil

        at, start = self.covariance, self.coordinates
        values, vectors = at.eigenbasis
        masked = (vectors.T * at.masked) @ vectors
        return Pencil(Coordinates(values, masked, start.own, vectors.T @ start.beta, start.total))

    def solve(self, cells: Cells, index: Index, start: Array) -> Array:
        """Return the columns of the cells `index`, scheme by scheme."""
        out = start.copy()
        scheme = cells.grid.scheme[index]
        with np.errstate(all="ignore"):
            for number in np.unique(scheme):
                own = np.flatnonzero(scheme == number)
                part = _Scheme.of(self, cells, int(number), index[own])
                tilt = part.tilt
                found = part.pencil(start[own]) if tilt is None else part.aligned(tilt)
                cells.converged(index[own], found[:, 9], LINEAR_ALGEBRA)
                out[own] = found
        return out

    def diverges(self, cells: Cells) -> Flags:
        """As decided from counts."""
        return diverges(cells)

    def learned(self, grid: Grid) -> Array:
        """Return the share of the signal that is learnt along each eigenvector of Sigma."""
        at, solution = self.covariance, solve(grid, self)
        values, vectors = at.eigenbasis
        fractions = np.zeros((grid.scheme.size, at.size))
        cells = Cells(grid, self, grid.masking.first_order)
        for cell in np.flatnonzero(solution.learns):
            part = _Scheme.of(self, cells, int(grid.scheme[cell]), np.array([cell]))
            numerator, e, alpha, beta = solution.columns[cell, 3:7]
            inner = e * part.penalty(0) + beta * at.masked
            # Where nothing is masked, directions without variance are none of H's (eq-drop).
            live = values > 0 if beta == 0 and e == 0 else np.ones(values.size, dtype=bool)
            some = vectors[:, live]
            matrix = (some.T * inner) @ some + alpha * np.diag(values[live])
            inverse = np.linalg.inv(matrix)
            fractions[cell, at.size - values.size :][live] = (
                numerator * inverse.diagonal() * values[live]
            )
        return fractions.reshape(*grid.shape, at.size)


@dataclass(frozen=True)
class _Scheme:
    """Cells of one masking scheme."""

    family: DenseFamily
    classes: Classes | Blocks
    rows: tuple[float, float]  #: per mask, and masks that add rows
    rest: float  #: what rounding took from the first
    shift: float  #: of the ridge, by masks: a multiple of D
    own: Array  #: the ridge without it
    gamma: Array
    test: tuple[Array, Array]

    @classmethod
    def of(cls, family: DenseFamily, cells: Cells, number: int, index: Index) -> _Scheme:
        """Take the cells `index`, all of scheme `number`."""
        from ridgeless.engine.rows import table_of

        schemes, lam = cells.schemes, cells.grid.ridge[index]
        at = family.covariance
        own = np.where(lam > 0, np.maximum(lam / at.scale, at.mean / HUGE), 0.0)
        own *= schemes.ridge_scale[number]
        own[cells.standing.lopsided[index]] = TINY_RIDGE
        return cls(
            family,
            table_of(schemes).at(number),
            (float(schemes.per_mask[number]), float(schemes.masks[number])),
            float(schemes.rest[number]),
            float(schemes.ridge_shift[number] * schemes.ridge_scale[number]),
            own,
            cells.standing.gamma[index],
            (cells.grid.test.unseen[index], cells.grid.test.hidden[index]),
        )

    @property
    def tilt(self) -> float | None:
        """b/a, if it is the same for all rows (eq-one-matrix)."""
        from ridgeless.engine.blocks import Blocks

        if isinstance(self.classes, Blocks):
            return None
        some = self.classes.weight > 0
        a, b = self.classes.kept[some], self.classes.masked[some]
        if (a == 0).any():
            return None
        return float((b / a)[0]) if np.ptp(b / a) <= SAME * (b / a).max() else None

    @property
    def ridge(self) -> Array:
        """The ridge with what masks add to it (eq-dense-ridge)."""
        return np.asarray(self.own + self.family.covariance.mean * self.shift)

    def penalty(self, cell: int) -> Array:
        """The ridge of a cell as a matrix, in units of `ridge`: the diagonal in D's coordinates."""
        masked = self.family.covariance.masked
        if self.shift == 0:
            return np.ones(masked.size)
        return np.asarray((self.own[cell] + self.shift * masked) / self.ridge[cell])

    def cell(self, i: int, unit: float = 1.0) -> Cell:
        """Return the numbers of a cell, its ridge over a unit."""
        from ridgeless.engine.fixed_point import Cell

        ridge, own = float(self.ridge[i]) / unit, float(self.own[i]) / unit
        unseen, hidden = (float(x[i]) for x in self.test)
        return Cell(float(self.gamma[i]), *self.rows, ridge, own, unseen, hidden, self.rest)

    def cells(self, some: Index, unit: float) -> Cell:
        """Return the numbers of several cells, their ridges over a unit."""
        from ridgeless.engine.fixed_point import Cell

        per_mask, masks, rest = (np.full(some.size, x) for x in (*self.rows, self.rest))
        ridge, own = self.ridge[some] / unit, self.own[some] / unit
        unseen, hidden = (x[some] for x in self.test)
        return Cell(self.gamma[some], per_mask, masks, ridge, own, unseen, hidden, rest)

    def pencil(self, start: Array) -> Array:
        """Solve with rows that see Sigma and D in several proportions."""
        from ridgeless.engine.fixed_point import solve
        from ridgeless.engine.readout import read_out

        resolvent, classes, out = self.family.pencil, self.classes, start.copy()
        for i in range(len(out)):
            cell = self.cell(i)
            m1 = m0 = out[i, 9] = 0.0
            if cell.gamma > 0:
                found = solve(resolvent, classes, cell, float(out[i, 7]), float(out[i, 8]))
                out[i, 7:10] = found.log_m1, found.log_m0, found.residual
                m1, m0 = float(np.exp(found.log_m1)), float(np.exp(found.log_m0))
            read_out(resolvent, classes, cell, m1, m0, out[i])
            out[i, 6] /= resolvent.floor
        return out

    def aligned(self, tilt: float) -> Array:
        """Solve with rows that all see Sigma + tilt D: an unmasked problem on its spectrum."""
        out = np.empty((self.own.size, WIDTH))
        if self.shift == 0:
            self._along(self.family.coordinates, tilt, np.arange(self.own.size), out)
            return out
        # A ridge that comes from masks is a matrix, and chooses the coordinates.
        for value in np.unique(self.own):
            some = np.flatnonzero(self.own == value)
            at = self.family.coordinates.divided(np.sqrt(self.penalty(int(some[0]))))
            self._along(at, tilt, some, out)
        return out

    def _along(self, at: Coordinates, tilt: float, some: Index, out: Array) -> None:
        """Write the columns of the cells `some`, which share coordinates."""
        from ridgeless.engine.matrices import Aligned
        from ridgeless.engine.readout import read_out

        resolvent, spectrum = Aligned.of(at, tilt)
        bare = self.classes._replace(masked=0 * self.classes.masked)
        found = columns_of(
            spectrum,
            NONE,
            type(bare)(*(x[None] for x in bare)),
            np.zeros(some.size, dtype=np.intp),
            self.cells(some, spectrum.scale),
            np.full((some.size, WIDTH), np.nan),
        )
        for i, columns in zip(some, found, strict=True):
            m1, m0 = np.exp(columns[7]), resolvent.floor * np.exp(columns[8])
            cell = self.cell(int(i), spectrum.scale)
            if cell.gamma == 0:
                m1 = m0 = 0.0
            read_out(resolvent, bare, cell, float(m1), float(m0), columns)
            columns[[3, 5]] /= spectrum.scale
            columns[6] = tilt * columns[5]
            out[i] = columns
