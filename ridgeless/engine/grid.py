"""What every front does: arguments to a grid of cells, a law to enough nodes, columns to a Risk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import nonnegative_array, ratio_array
from ridgeless.engine.thresholds import Directions, Standing, standing
from ridgeless.errors import ConvergenceError, DomainError
from ridgeless.lazy import lazy
from ridgeless.masking import Masking, checked_fill
from ridgeless.parts import Risk
from ridgeless.row_blocks import RowBlocks
from ridgeless.row_classes import RowClasses
from ridgeless.row_power import RowPower, checked_power

__all__ = ["Cells", "Family", "Grid", "Level", "Solution", "answer", "diverges", "solve"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]

Kind = TypeVar("Kind", bound=Risk)

LAST_ORDER = 2048  # nodes of a continuous law
#: Features per row below which nodes do not reach as near to p = 1 as rescaled rows matter.
FEWEST = 1e-20
#: How little doubling the nodes of a law may move any part of the risk; a family whose rounding is
#: larger allows that.
LAW_TOLERANCE = 1e-13
#: Below it the last move may stay, if it did not shrink fourfold: a rule that still converges
#: squares its error, so that what is left is rounding, which a near threshold magnifies.
ROUNDING = 1e-9


class Level(NamedTuple):
    """How strong a signal and its noise are."""

    variance: float  #: beta' Sigma beta, the risk of predicting 0
    noise: Array  #: sigma^2; broadcasts with the grid
    argument: str = "snr"  #: by which the caller gave it
    shared: bool = False  #: whether the noise grows with the power of a row


class TestInputs(NamedTuple):
    """Second moments (1 - unseen)^2 Sigma + hidden D of the test inputs (eq-test-input)."""

    unseen: Array  #: 1 - c: c is how much of a signal they carry
    hidden: Array  #: b

    @classmethod
    def of(cls, p: Array, fill: str) -> TestInputs:
        """Return those of mask ratios p; where nothing is seen nothing is predicted."""
        q = 1 - p
        if fill == "zero":
            return cls(p, q * p)
        odds = np.divide(p, q, out=np.zeros_like(p), where=q > 0)
        return cls(np.where(q > 0, 0.0, 1.0), odds)


@dataclass(frozen=True)
class Grid:
    """The checked arguments of one call, broadcast and flattened to cells."""

    masking: Masking
    scheme: Index  #: which scheme of the masking a cell has, shape (cells,)
    gamma: Array  #: d/n
    ridge: Array  #: lambda
    p_t: Array  #: mask ratio of the test inputs
    test: TestInputs
    power: RowPower | None
    shared: bool  #: whether the noise grows with the power of a row
    shape: tuple[int, ...]
    parameters: dict[str, Any] = field(repr=False)
    each: dict[str, Array] = field(repr=False, default_factory=dict)  #: what else differs by cell

    @classmethod
    def of(
        cls,
        masking: Masking,
        level: Level,
        *,
        aspect_ratio: ArrayLike,
        ridge: ArrayLike,
        test_mask_ratio: ArrayLike,
        test_fill: str | None = None,
        row_power: RowPower | None = None,
        each: dict[str, Array] | None = None,
        **also: Any,
    ) -> Grid:
        """Check and broadcast the arguments.

        `each` are further ones, checked, that differ by cell, `also` are to be remembered.
        """
        named = {
            "aspect_ratio": nonnegative_array("aspect_ratio", aspect_ratio, finite=False),
            "ridge": nonnegative_array("ridge", ridge, finite=True),
            "test_mask_ratio": ratio_array("test_mask_ratio", test_mask_ratio),
            **(each or {}),
        }
        numbers = np.arange(int(np.prod(masking.shape))).reshape(masking.shape)
        try:
            arrays = np.broadcast_arrays(numbers, *named.values())
            np.broadcast_shapes(arrays[0].shape, level.noise.shape)
        except ValueError:
            given = {"mask_ratio": numbers, **named, level.argument: level.noise}
            shapes = ", ".join(f"{name} {x.shape}" for name, x in given.items() if x.ndim)
            raise DomainError(
                f"the arguments must broadcast together, got the shapes {shapes}"
            ) from None
        scheme, gamma, lam, p_t, *others = (np.ravel(x) for x in arrays)
        parameters = {"mask_ratio": masking.ratio, **named, **also}
        if level.noise.ndim or level.variance > 0:
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                parameters["snr"] = level.variance / level.noise
        fill = masking.fill if test_fill is None else checked_fill("test_fill", test_fill)
        parameters |= (
            {"fill": masking.fill, "test_fill": fill}
            if masking.rescaled or fill != masking.fill
            else {}
        )
        test, power = TestInputs.of(p_t, fill), checked_power(row_power)
        shape = arrays[0].shape
        further = dict(zip(each or {}, others, strict=True))
        own = masking, scheme, gamma, lam, p_t, test, power, level.shared, shape, parameters
        return cls(*own, further)

    def where(self, cell: int) -> str:
        """Name a cell in a sentence."""
        return f"aspect_ratio = {float(self.gamma[cell])!r}, ridge = {float(self.ridge[cell])!r}"


class Family(Protocol):
    """Features of one kind, and a signal on them: what solves the cells of a grid."""

    @property
    def level(self) -> Level:
        """Signal and noise."""

    @property
    def width(self) -> int:
        """How many columns a solve has."""

    @property
    def mean(self) -> float:
        """The mean eigenvalue d0, the unit of the ridge."""

    @property
    def rounding(self) -> float:
        """What rounding may leave of a part of the risk, relative."""

    def directions(self, grid: Grid) -> Directions:
        """How many directions rows can have something in."""

    def solve(self, cells: Cells, index: Index, start: Array) -> Array:
        """Return the columns of the cells `index` from `start` (nan: cold); the first are PARTS."""

    def diverges(self, cells: Cells) -> Flags:
        """Return which cells have an infinite variance that no node of a law shows."""

    def learned(self, grid: Grid) -> Array:
        """Return the share of the signal that is learnt along the spectrum, shape (..., atoms)."""


@dataclass(frozen=True)
class Cells:
    """A grid whose laws stand as row classes of some order."""

    grid: Grid
    family: Family
    order: int

    @lazy
    def schemes(self) -> RowClasses | RowBlocks:
        """The row classes of every scheme, or the blocks of one."""
        grid = self.grid
        found = grid.masking.row_moments(self.order)
        return found if grid.power is None else found.powered(grid.power.rule(), grid.shared)

    @lazy
    def standing(self) -> Standing:
        """How the cells stand to their thresholds."""
        grid, family = self.grid, self.family
        with np.errstate(over="ignore"):
            ridge = grid.ridge / family.mean
        at = standing(self.schemes, grid.scheme, grid.gamma, ridge, family.directions(grid))
        if not (grid.masking.rescaled and grid.masking.empties_rows):
            return at
        # E[p/q] is infinite: with all rows there are, masks hide everything (eq-classes-rescaled).
        tiny = at.learns & (at.gamma > 0) & (at.gamma < FEWEST)
        if tiny.any():
            cell = int(np.flatnonzero(tiny)[0])
            raise ConvergenceError(
                f"rescaled masks whose law reaches 1 are not resolved at {self.grid.where(cell)}; "
                f"aspect_ratio must be 0 or at least {FEWEST:g}"
            )
        return at._replace(learns=at.learns & (at.gamma > 0))

    def finer(self) -> Cells:
        """Return the cells with twice the nodes of their laws; where they stand does not change."""
        finer = Cells(self.grid, self.family, 2 * self.order)
        finer.__dict__["standing"] = self.standing
        return finer

    def converged(self, index: Index, residual: Array, accepted: float) -> None:
        """Raise unless every residual is accepted."""
        failed = np.flatnonzero(~(residual <= accepted))
        if failed.size:
            cell = int(index[failed[0]])
            raise ConvergenceError(
                f"the fixed point did not converge at {self.grid.where(cell)}, row classes number "
                f"{int(self.grid.scheme[cell])}: residual {float(residual[failed[0]]):.3g}, "
                f"allowed {accepted:.3g}"
            )


@dataclass(frozen=True)
class Solution:
    """The solved cells of one call."""

    grid: Grid
    level: Level
    learns: Flags  #: False where the predictor is 0: no rows, or no usable feature
    columns: Array  #: shape (cells, columns); bias = the signal where nothing is learnt


def diverges(cells: Cells) -> Flags:
    """Return which cells have an infinite variance whatever the nodes of their law.

    Rows with almost nothing left must still be interpolated; the nodes never reach p = 1
    (eq-infinite-law). Beside it the thresholds of one kind of rows among others.
    """
    at, grid = cells.standing, cells.grid
    found = at.edge.copy()
    if grid.masking.empties_rows and not grid.masking.rescaled and grid.masking.masks < np.inf:
        found |= at.learns & (grid.ridge == 0) & (at.delta >= 0)
    return found & (grid.p_t < 1)


def solve(grid: Grid, family: Family) -> Solution:
    """Solve every cell, a continuous law with as many nodes as it needs."""
    cells = Cells(grid, family, grid.masking.first_order)
    at = cells.standing
    index = np.flatnonzero(at.learns)
    out = np.zeros((grid.scheme.size, family.width))
    out[:, 0] = family.level.variance
    out[index] = family.solve(cells, index, np.full((index.size, family.width), np.nan))
    diverging = family.diverges(cells)
    if grid.masking.continuous:
        _refine(cells, index, out, diverging)
    if grid.power is not None and not (grid.power.inverse_mean_is_finite or grid.shared):
        # Interpolated noise counts by one over the power of its row.
        out[at.learns & (grid.ridge == 0) & (at.delta >= 0) & (grid.p_t < 1), 2] = np.inf
    if diverging.any():
        out[diverging, 1] = np.inf if family.level.variance > 0 else 0.0
        out[diverging, 2] = np.inf
    return Solution(grid, family.level, at.learns, out)


def _refine(cells: Cells, index: Index, out: Array, diverging: Flags) -> None:
    """Double the nodes of a law until no part of the risk moves, from the coarser solution."""
    tolerance = max(LAW_TOLERANCE, cells.family.rounding)
    last = np.full((index.size, 3), np.inf)
    while index.size:
        cells = cells.finer()
        if cells.order > LAST_ORDER:
            raise ConvergenceError(
                f"the law of mask ratios is not resolved by {LAST_ORDER} nodes at "
                f"{cells.grid.where(int(index[0]))}"
            )
        coarse = out[index, :3]
        out[index] = cells.family.solve(cells, index, out[index])
        fine = out[index, :3]
        with np.errstate(invalid="ignore"):  # inf - inf: equal, below
            moved = np.abs(fine - coarse)
        # A part that is rounding beside the others need not settle.
        bias, design, noise = np.where(np.isfinite(fine), fine, 0).T
        size = fine + 1e-2 * (bias + design + noise)[:, None]
        settled = (moved <= tolerance * size) | (fine == coarse)
        if cells.order == LAST_ORDER:
            settled |= (moved <= ROUNDING * size) & (moved > 0.25 * last)
        settled[diverging[index], 1:] = True
        if settled.all():
            return
        left = ~settled.all(axis=1)
        index, last = index[left], moved[left]


def answer(
    grid: Grid,
    families: Sequence[Family],
    kind: type[Kind] = Risk,  # type: ignore[assignment]
) -> Kind:
    """Solve a problem and assemble the risk and its parts, a mean over families."""
    found = [_parts(solve(grid, family), len(kind.further)) for family in families]
    means = found[0]
    if len(found) > 1:
        means = [sum(same) / len(found) for same in zip(*found, strict=True)]
    shape = means[2].shape

    def part(mean: Array) -> float | Array:
        if not shape:
            return float(mean)
        return mean.copy() if mean.shape == shape else np.full(shape, mean)

    bias, design_variance, noise_variance, null, noise, *further = map(part, means)
    also = dict(zip(kind.further, further, strict=True))
    parts = bias, design_variance, noise_variance, null, noise
    return kind(*parts, parameters=grid.parameters, **also)


def _parts(solution: Solution, further: int) -> list[Array]:
    """Return the fields of a `Risk`; the third has the shape of the whole.

    So many more parts are the columns that follow.
    """
    level, shape = solution.level, solution.grid.shape
    bias, design, unit = (solution.columns[:, i].reshape(shape) for i in range(3))
    with np.errstate(invalid="ignore", over="ignore"):
        # No noise, no variance from it, even where a unit of it would give inf; nor of any noise
        # where nothing fluctuates.
        noise_variance = np.where((level.noise == 0) | (unit == 0), 0.0, unit * level.noise)
    also = [solution.columns[:, i].reshape(shape) for i in range(3, 3 + further)]
    return [bias, design, noise_variance, np.asarray(level.variance), level.noise, *also]
