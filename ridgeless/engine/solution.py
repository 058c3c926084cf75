"""From the arguments of one call to the solved cells of its grid."""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import count, nonnegative_array, ratio_array, real_scalar
from ridgeless.errors import ConvergenceError, DomainError
from ridgeless.mask_ratio import Quadrature, RatioLaw
from ridgeless.row_classes import RowClasses, row_classes
from ridgeless.spectrum import Spectrum, as_spectrum
from ridgeless.target import MaskedFeature, Rows, Signal, Target

Array = NDArray[np.float64]

FIRST_ORDER, LAST_ORDER = 64, 2048  # nodes of a continuous law
LAW_TOLERANCE = 1e-13  # how little doubling the nodes may move any part of the risk
TINY_RIDGE = 1e-40  # in units of the mean eigenvalue; its square root is lost in rounding
HUGE = 1e120
NODES_PER_THREAD = 400_000  # node evaluations below which a thread costs more than it saves


@dataclass(frozen=True)
class Solution:
    """The solved cells of one call, of shape `shape`."""

    spectrum: Spectrum
    signal: Signal
    shape: tuple[int, ...]
    parameters: dict[str, Any]  # what was asked, as broadcast by the call
    learns: NDArray[np.bool_]  # False where the predictor is 0: no rows, or no usable feature
    columns: dict[str, Array]  # fixed_point.COLUMNS; bias = signal.variance where nothing is learnt


def solve(
    spectrum: Spectrum | ArrayLike,
    mask_ratio: RatioLaw | ArrayLike,
    *,
    aspect_ratio: ArrayLike,
    target: Target | None,
    ridge: ArrayLike,
    rows: Rows | None,
    masks_per_sample: float,
    test_mask_ratio: ArrayLike,
) -> Solution:
    """Check the arguments, solve every cell of their broadcast grid and return the solution."""
    law = as_spectrum(spectrum)
    target = checked_target(target)
    counted = checked_rows(target.rows if rows is None else rows)
    masks = checked_masks(masks_per_sample)
    ratios = (
        mask_ratio if isinstance(mask_ratio, RatioLaw) else ratio_array("mask_ratio", mask_ratio)
    )
    gammas = nonnegative_array("aspect_ratio", aspect_ratio, finite=False)
    lams = nonnegative_array("ridge", ridge, finite=True)
    tests = ratio_array("test_mask_ratio", test_mask_ratio)
    signal = target.on(law)

    schemes, refine = scheme_classes(ratios, counted, masks)
    shape = () if isinstance(ratios, RatioLaw) else ratios.shape
    numbers = np.arange(schemes.rows.size).reshape(shape)
    named = {"aspect_ratio": gammas, "ridge": lams, "test_mask_ratio": tests}
    try:
        grid = np.broadcast_arrays(numbers, *named.values())
        np.broadcast_shapes(grid[0].shape, signal.noise.shape)
    except ValueError:
        named = {"mask_ratio": np.asarray(numbers), **named, "snr": signal.noise}
        shapes = ", ".join(f"{name} {array.shape}" for name, array in named.items() if array.ndim)
        raise DomainError(
            f"the arguments must broadcast together, got the shapes {shapes}"
        ) from None
    shape = grid[0].shape
    scheme, gamma, lam, p_t = (np.ravel(x) for x in grid)

    out = np.full((scheme.size, 10), np.nan)
    cells = _Cells(law, signal, schemes, scheme, gamma, lam, p_t)
    learns = cells.learns
    index = np.flatnonzero(learns)
    out[index] = cells.solve(index, out[index])
    # Rows with almost nothing left must still be interpolated: infinite variance, decided from
    # the law because its nodes never reach p = 1 (eq-infinite-law).
    endless = cells.edge & (p_t < 1)
    if isinstance(ratios, RatioLaw) and masks == 1 and not ratios.inverse_keep_is_finite:
        endless |= learns & (lam == 0) & (cells.delta >= 0) & (p_t < 1)
    if refine is not None:
        _refine(cells, refine, index, out, endless)
    from ridgeless.engine.fixed_point import COLUMNS

    columns = {name: out[:, i].reshape(shape) for i, name in enumerate(COLUMNS)}
    out[~learns, 0] = signal.variance
    out[~learns, 1:4] = 0.0
    out[endless, 1] = np.inf if signal.variance > 0 else 0.0
    out[endless, 2] = np.inf
    return Solution(
        law,
        signal,
        shape,
        {
            "mask_ratio": mask_ratio if isinstance(mask_ratio, RatioLaw) else ratios,
            "aspect_ratio": gammas,
            "ridge": lams,
            "test_mask_ratio": tests,
        },
        learns.reshape(shape),
        columns,
    )


class _Cells:
    """The flat grid of one call, with what the kernel needs of each cell."""

    def __init__(
        self,
        law: Spectrum,
        signal: Signal,
        schemes: RowClasses,
        scheme: NDArray[np.intp],
        gamma: Array,
        lam: Array,
        p_t: Array,
    ) -> None:
        self.law, self.signal, self.schemes = law, signal, schemes
        self.scheme, self.lam, self.p_t = scheme, lam, p_t
        self.d0 = law.mean / law.scale
        unmasked = ~((schemes.masked > 0) & (schemes.weight > 0)).any(axis=1)
        # Zero eigenvalues decouple where nothing is masked (eq-drop).
        support = np.where(unmasked, 1.0 if law.zero_mass == 0 else law.positive_mass, 1.0)[scheme]
        rows = schemes.rows[scheme]
        with np.errstate(all="ignore"):
            psi = gamma / rows
            # The distance to the threshold, never from a rounded quotient (eq-threshold).
            self.delta = (gamma * support - rows) / rows
            ridge = lam / law.mean * schemes.ridge_scale[scheme]
        # Beyond these the predictor, or its fluctuation, is zero to more than a hundred digits.
        self.learns = (rows > 0) & (psi < HUGE) & (ridge < HUGE)
        self.gamma = np.where(psi > 1 / HUGE, gamma, 0.0)
        self.lopsided, self.edge = self._split_rows()

    def _split_rows(self) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Where unmasked rows overfill the span of Sigma while masked rows do not fill the rest.

        Only with zero eigenvalues and a law that has an atom at p = 0. Neither rows nor columns
        are then independent, and the ridgeless limit is taken with a ridge too small to matter.
        Where one of the two counts is exactly even, the variance is infinite (eq-threshold).
        """
        kept = self.schemes
        none = np.zeros(self.scheme.size, dtype=bool)
        if self.law.zero_mass == 0:
            return none, none
        bare = ((kept.masked == 0) * kept.weight).sum(axis=1)[self.scheme]
        rows = kept.rows[self.scheme]
        with np.errstate(all="ignore"):
            excess = bare * rows - self.gamma * self.law.positive_mass
            vacant = self.gamma * self.law.zero_mass - (1 - bare) * rows
        mixed = (bare > 0) & (bare < 1) & (self.law.zero_mass > 0) & (self.lam == 0) & self.learns
        lopsided = mixed & (excess >= 0) & (vacant >= 0)
        return lopsided, lopsided & ((excess == 0) | (vacant == 0))

    def where(self, cell: int) -> str:
        """Name a cell in a sentence."""
        return f"aspect_ratio = {float(self.gamma[cell])!r}, ridge = {float(self.lam[cell])!r}"

    def solve(self, index: NDArray[np.intp], start: Array) -> Array:
        """Solve the cells `index` from `start` (nan: cold) and return their columns."""
        from ridgeless.engine.fixed_point import ACCEPTED, solve_cells

        scale, schemes = self.law.scale, self.schemes
        scheme = self.scheme[index]
        lam = self.lam[index]
        own = np.where(lam > 0, np.maximum(lam / scale, 1 / HUGE), 0.0)
        own *= schemes.ridge_scale[scheme]
        own[self.lopsided[index]] = TINY_RIDGE
        ridge = own + self.d0 * (schemes.ridge_shift * schemes.ridge_scale)[scheme]
        s, h = self.law.nodes
        sig_s, sig_b = self.signal.nodes
        classes = (schemes.weight, schemes.kept, schemes.masked, schemes.excess, schemes.unequal)
        out = np.ascontiguousarray(start)

        def part(piece: slice) -> None:
            rows = (schemes.per_mask[scheme], schemes.masks[scheme])
            cells = (scheme, self.gamma[index], *rows, ridge, own, self.p_t[index])
            columns = (x[piece] for x in cells)
            solve_cells(s, h, self.law.tail, sig_s, sig_b, self.d0, *classes, *columns, out[piece])

        size = s.size + sig_s.size + schemes.weight.shape[1]
        in_threads(part, index.size, work=8 * index.size * size)
        residual = out[:, 9]
        failed = ~(residual <= ACCEPTED)
        if failed.any():
            cell = int(np.flatnonzero(failed)[0])
            at = int(index[cell])
            raise ConvergenceError(
                f"the fixed point did not converge at {self.where(at)}, row classes number "
                f"{int(scheme[cell])}: residual {residual[cell]:.3g}, allowed {ACCEPTED:.3g}"
            )
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


def scheme_classes(
    ratios: RatioLaw | Array, rows: Rows, masks: float
) -> tuple[RowClasses, Callable[[int], RowClasses] | None]:
    """Return the row classes, and for a continuous law how to make them with more nodes."""
    if not isinstance(ratios, RatioLaw):
        mask = ratios.reshape(-1, 1)
        rule = Quadrature(mask, 1 - mask, np.ones_like(mask))
        return row_classes(rule, mask[:, 0], rows, masks), None
    mean = np.array([ratios.mean])

    def at_order(order: int) -> RowClasses:
        rule = ratios.quadrature(order)
        full = Quadrature(*(np.broadcast_to(x, rule.mask.shape)[None] for x in rule))
        return row_classes(full, mean, rows, masks)

    schemes = at_order(FIRST_ORDER)
    # Infinitely many masks need only moments of the law: polynomials, exact at any order.
    resolved = not ratios.continuous or masks == math.inf or schemes.weight.shape[1] == 1
    return schemes, None if resolved else at_order


def _refine(
    cells: _Cells,
    at_order: Callable[[int], RowClasses],
    index: NDArray[np.intp],
    out: Array,
    endless: NDArray[np.bool_],
) -> None:
    """Double the nodes of a law until no part of the risk moves, from the coarser solution."""
    order = FIRST_ORDER
    while index.size:
        order *= 2
        if order > LAST_ORDER:
            at = int(index[0])
            raise ConvergenceError(
                f"the law of mask ratios is not resolved by {LAST_ORDER} nodes at {cells.where(at)}"
            )
        cells.schemes = at_order(order)
        coarse = out[index, :3]
        out[index] = cells.solve(index, out[index])
        fine = out[index, :3]
        with np.errstate(invalid="ignore"):  # inf - inf: equal, below
            moved = np.abs(fine - coarse)
        # A part that is rounding beside the others need not settle.
        small = 1e-2 * np.where(np.isfinite(fine), fine, 0).sum(axis=1, keepdims=True)
        settled = (moved <= LAW_TOLERANCE * (fine + small)) | (fine == coarse)
        settled[endless[index], 1:] = True
        index = index[~settled.all(axis=1)]


def checked_target(target: Target | None) -> Target:
    """Return the target, by default a masked feature, if it is one."""
    if target is None:
        return MaskedFeature()
    if isinstance(target, type) or not (hasattr(target, "rows") and hasattr(target, "on")):
        raise DomainError(f"target must be MaskedFeature() or LinearTarget(...), got {target!r}")
    return target


def checked_rows(rows: str) -> Rows:
    """Return `rows` if it names a choice of rows."""
    if rows == "masked":
        return "masked"
    if rows == "all":
        return "all"
    raise DomainError(f"rows must be 'masked', 'all' or None, got {rows!r}")


def checked_masks(masks: float) -> float:
    """Return the number of masks per sample, a whole number or inf."""
    if real_scalar("masks_per_sample", masks) == math.inf:
        return math.inf
    return count("masks_per_sample", masks)
