r"""The risk of regression whose coefficients depend on the mask ratio of their input.

One vector of coefficients serves every mask ratio in `ridgeless.risk`; a network can adapt to how
much it sees. The smallest linear model of that is (eq-ratio-aware-model)

.. math:: f(\tilde x, q) = \sum_{j=0}^{J-1} P_j(2q - 1)\, b_j'\tilde x

with q the keep ratio of the input and Legendre polynomials P_j. A row of ratio q has the features
:math:`\varphi(q) \otimes \tilde x`, so that everything of `ridgeless.risk` holds with matrices of
J rows in place of numbers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import count, nonnegative_array, ratio_array
from ridgeless.engine.ratio_aware.basis import SAME, Atoms, basis
from ridgeless.engine.solution import (
    HUGE,
    TINY_RIDGE,
    checked_masks,
    checked_rows,
    checked_target,
)
from ridgeless.errors import ConvergenceError, DomainError
from ridgeless.mask_ratio import DiscreteRatio, Quadrature, RatioLaw
from ridgeless.risk import Risk
from ridgeless.row_classes import RowClasses, row_classes
from ridgeless.spectrum import Spectrum, as_spectrum
from ridgeless.target import Rows, Signal, Target

__all__ = ["ratio_aware_risk"]

Array = NDArray[np.float64]

# Nodes of a continuous law. Up to 128 they are Gauss's, which resolve complex poles; the larger
# rules are for poles beside an end.
ORDERS = (64, 96, 128, 256, 512, 1024, 2048)
LAW_TOLERANCE = 1e-11  # how little more nodes may move any part of the risk


def ratio_aware_risk(
    spectrum: Spectrum | ArrayLike,
    mask_ratio: RatioLaw | ArrayLike,
    *,
    degree: int = 1,
    aspect_ratio: ArrayLike = 2.0,
    target: Target | None = None,
    ridge: ArrayLike = 0.0,
    rows: Rows | None = None,
    masks_per_sample: float = 1,
    test_mask_ratio: ArrayLike = 0.0,
) -> Risk:
    r"""Return the asymptotic test risk when the coefficients depend on the mask ratio.

    .. math:: \hat b = \arg\min \frac1N \sum_{\text{rows}} \Big(y - \sum_{j \le \text{degree}}
              P_j(2q - 1)\, b_j'\tilde x\Big)^2 + \lambda \sum_j |b_j|^2

    by eq-ratio-aware-variance. A row says which ratio q it keeps, in training and in the test.
    The arguments are those of `ridgeless.risk`, which is the case of degree 0.

    Parameters
    ----------
    spectrum : Spectrum or array_like of eigenvalues, H, shape (atoms,)
        Population spectrum of the features.
    mask_ratio : p, float or array in [0, 1], or a law of ratios
        Probability that a feature is masked in a training row. With fewer distinct ratios than
        polynomials, coefficients are learnt in the span of the polynomials at those ratios.
    degree : J - 1, 0, 1, 2, ...
        Highest degree of the Legendre polynomials.
    aspect_ratio, target, ridge, rows, test_mask_ratio
        As in `ridgeless.risk`.
    masks_per_sample : 1 or inf
        Independent masks of each training sample, each with a ratio of its own.

    Returns
    -------
    Risk
        Never nan; inf at the thresholds (eq-ratio-aware-rank): N = J d rows, or d times the
        number of distinct ratios if that is less, when no ratio has more than d rows by itself.

    Raises
    ------
    DomainError
        If an argument is outside its domain.
    NotImplementedError
        For masks_per_sample other than 1 and inf, and for a law with loss weights.
    ConvergenceError
        If the fixed point is not reached to rounding.

    Examples
    --------
    Two ratios and two polynomials: each ratio learns from its own rows. With isotropic features
    and d/n = 1/4, half of the rows give each ratio an aspect ratio of 1/2 (eq-isotropic).

    >>> import ridgeless as rl
    >>> ratio_aware_risk(
    ...     [1.0], rl.DiscreteRatio([0.0, 0.5]), aspect_ratio=0.25, target=rl.LinearTarget()
    ... ).total
    1.0
    """
    law = as_spectrum(spectrum)
    task = checked_target(target)
    size = count("degree", degree, least=0)
    counted = checked_rows(task.rows if rows is None else rows)
    masks = checked_masks(masks_per_sample)
    if masks not in (1, math.inf):
        raise NotImplementedError(
            f"masks_per_sample = {masks} is not derived for coefficients that depend on the mask "
            "ratio; use masks_per_sample = 1 or inf"
        )
    ratios = (
        mask_ratio if isinstance(mask_ratio, RatioLaw) else ratio_array("mask_ratio", mask_ratio)
    )
    if isinstance(ratios, RatioLaw) and np.any(np.not_equal(ratios.quadrature(1).loss, 1)):
        raise NotImplementedError(
            "loss weights are not derived for coefficients that depend on the mask ratio; simulate "
            "them, or use a law without"
        )
    named = {
        "aspect_ratio": nonnegative_array("aspect_ratio", aspect_ratio, finite=False),
        "ridge": nonnegative_array("ridge", ridge, finite=True),
        "test_mask_ratio": ratio_array("test_mask_ratio", test_mask_ratio),
    }
    signal = task.on(law)
    shown = {"mask_ratio": np.zeros(()) if isinstance(ratios, RatioLaw) else ratios} | named
    try:
        grid = np.broadcast_arrays(*shown.values())
        shape = np.broadcast_shapes(grid[0].shape, signal.noise.shape)
    except ValueError:
        shapes = ", ".join(
            f"{name} {array.shape}"
            for name, array in (shown | {"snr": signal.noise}).items()
            if array.ndim
        )
        raise DomainError(
            f"the arguments must broadcast together, got the shapes {shapes}"
        ) from None

    cells = np.stack([x.ravel() for x in grid], axis=1)
    parts = np.empty((3, cells.shape[0]))
    # Cells that differ in the test ratio alone share a solve.
    solves, where = np.unique(cells[:, :3], axis=0, return_inverse=True)
    for number, (p, gamma, lam) in enumerate(solves):
        own = ratios if isinstance(ratios, RatioLaw) else DiscreteRatio([p])
        problem = _Problem(law, signal, own, size, counted, masks, float(gamma), float(lam))
        chosen = np.flatnonzero(where == number)
        parts[:, chosen] = problem.parts(cells[chosen, 3])
    bias, design, unit = (x.reshape(grid[0].shape) for x in parts)
    with np.errstate(invalid="ignore"):
        noise_variance = np.where(signal.noise == 0, 0.0, unit * signal.noise)

    def part(values: ArrayLike) -> float | Array:
        array = np.broadcast_to(values, shape)
        return array.copy() if shape else float(array)

    parameters: dict[str, Any] = {"mask_ratio": ratios, **named}
    if signal.noise.ndim or signal.variance > 0:
        with np.errstate(divide="ignore"):
            parameters["snr"] = signal.variance / signal.noise
    return Risk(
        bias=part(bias),
        design_variance=part(design),
        noise_variance=part(noise_variance),
        null=part(signal.variance),
        noise=part(signal.noise),
        parameters=parameters | {"degree": size},
    )


@dataclass(frozen=True)
class _Problem:
    """One law of ratios, aspect ratio and ridge; the test ratio is free."""

    law: Spectrum
    signal: Signal
    ratios: RatioLaw
    degree: int
    counted: Rows
    masks: float
    gamma: float
    ridge: float

    def parts(self, tests: Array) -> Array:
        """Return bias, design variance and noise variance per unit, shape (3, tests.size)."""
        previous: Array | None = None
        for found in self._refinements(tests):
            if previous is not None and _settled(previous, found):
                return found
            previous = found
        if previous is not None and self._exact:
            return previous
        raise ConvergenceError(
            f"the law of mask ratios is not resolved by {ORDERS[-1]} nodes at aspect_ratio = "
            f"{self.gamma!r}, ridge = {self.ridge!r}"
        )

    def _refinements(self, tests: Array) -> Iterator[Array]:
        for order in ORDERS[:1] if self._exact else ORDERS:
            yield self._at(self.ratios.quadrature(order), tests)

    @property
    def _exact(self) -> bool:
        """Whether any nodes will do: atoms, or polynomials to be integrated."""
        return self._atomic or self.masks == math.inf

    @property
    def _atomic(self) -> bool:
        return not self.ratios.continuous or self.ratios.quadrature(ORDERS[0]).mask.size == 1

    def _at(self, rule: Quadrature, tests: Array) -> Array:
        """Return the parts with the law given by nodes."""
        full = Quadrature(*(np.broadcast_to(x, rule.mask.shape)[None] for x in rule))
        rows = row_classes(full, np.array([self.ratios.mean]), self.counted, 1)
        with np.errstate(all="ignore"):
            lost = not self.ridge / self.law.mean * rows.ridge_scale[0] < HUGE
        if rows.rows[0] == 0 or lost or not self.gamma / rows.rows[0] < HUGE:
            return np.stack([np.full(tests.size, self.signal.variance), *np.zeros((2, tests.size))])
        used = rows.weight[0] > 0
        atoms = Atoms.none()
        if self._atomic:
            atoms = Atoms.of(rule.keep[used], rows.weight[0][used], rows.masked[0][used])
        ridge = max(self.ridge / self.law.scale, 1 / HUGE) if self.ridge > 0 else 0.0
        read = self._every_mask if self.masks == math.inf else self._one_mask
        return read(rule, rows, atoms, ridge, tests)

    def _every_mask(
        self, rule: Quadrature, rows: RowClasses, atoms: Atoms, ridge: float, tests: Array
    ) -> Array:
        """Infinitely many masks: ridge regressions (eq-ratio-aware-marginal)."""
        from ridgeless.engine.fixed_point import excess
        from ridgeless.engine.ratio_aware.marginal import marginal

        law = self.law
        weight = rule.weight * rule.mask if self.counted == "masked" else rule.weight
        rule = Quadrature(rule.mask, rule.keep, weight / weight.sum())
        first = int(law.nodes.values[0] == 0)
        s, h = (x[first:] for x in law.nodes)
        d0, psi = law.mean / law.scale, self._small(self.gamma)
        found = marginal(
            basis(rule.keep[rule.keep > 0], atoms, self.degree), rule, s, h, d0, psi,
            delta=excess(self.gamma, law.tail[first], 1.0, 1.0, 1.0, law.tail[0]),
            ridge=ridge,
            singular=ridge == 0 and bool(atoms.bare.any()) and atoms.keep.size <= self.degree + 1,
        )  # fmt: skip
        read = [found.read_out(s, h, d0, psi, self.signal.nodes, float(p)) for p in tests]
        return np.stack(read, axis=1)

    def _one_mask(
        self, rule: Quadrature, rows: RowClasses, atoms: Atoms, ridge: float, tests: Array
    ) -> Array:
        """One mask per sample: the matrix fixed point (eq-ratio-aware-fixed-point)."""
        from ridgeless.engine.fixed_point import constants, excess
        from ridgeless.engine.ratio_aware.fixed_point import Equations, read_out, solve

        law = self.law
        psi = self._small(self.gamma / float(rows.rows[0]))
        per_feature = 1 / psi if psi > 0 else math.inf
        size, size_at_zero = atoms.span(self.degree)
        rank, tied = (1.0, False)
        if psi > 0 and self.ridge == 0:
            rank, tied = atoms.rank(self.degree, per_feature, law.zero_mass)
        first = int(law.nodes.values[0] == 0)
        columns = size * law.tail[first] + size_at_zero * (law.tail[0] - law.tail[first])
        delta = excess(
            self.gamma, columns, float(rows.per_mask[0]), float(rows.masks[0]), 1.0, law.tail[0]
        )
        # Neither rows nor columns are independent: the limit of a ridge too small to matter.
        least = min(per_feature, columns / law.tail[0])
        between = psi > 0 and self.ridge == 0 and (tied or rank < least * (1 - SAME))
        between &= not (tied and delta == 0)
        ridge = TINY_RIDGE if between else ridge * float(rows.ridge_scale[0])
        base, e = constants(delta, ridge)
        used = rows.weight[0] > 0
        at = basis(rule.keep[used], atoms, self.degree, per_feature, law.zero_mass)
        a, b, f = (x[0][used] for x in (rows.kept, rows.masked, rows.excess))
        s, h = (x[first if size_at_zero == 0 else 0 :] for x in law.nodes)
        d0 = law.mean / law.scale
        problem = Equations(
            s=s, h=h, d0=d0, weight=rows.weight[0][used], energy=np.stack([a, b * d0]), excess=f,
            phi=at(rule.keep[used]), penalty=at.penalty, seen_at_zero=at.seen_at_zero, psi=psi,
            delta=delta, base=base, e=e,
        )  # fmt: skip
        state = solve(problem, between=between)
        endless = delta >= 0 and self.ridge == 0 and not self.ratios.inverse_keep_is_finite
        heavy = atoms.keep[atoms.heavy(per_feature, law.zero_mass)] if tied else np.zeros(0)
        out = np.empty((3, tests.size))
        for i, p_t in enumerate(tests):
            q_t = 1 - p_t
            out[:, i] = read_out(
                state, rule.mask[used], self.signal.nodes, at.one, at(np.array(q_t)), float(p_t)
            )
            if q_t > 0 and (endless or (tied and between and q_t not in heavy)):
                out[1:, i] = np.inf if self.signal.variance > 0 else 0.0, np.inf
        return out

    @staticmethod
    def _small(psi: float) -> float:
        """Return psi, or 0 where the fluctuation is zero to more than a hundred digits."""
        return psi if psi > 1 / HUGE else 0.0


def _settled(coarse: Array, fine: Array) -> bool:
    """Whether more nodes moved nothing (a part that is rounding beside the others may move)."""
    with np.errstate(invalid="ignore"):
        moved = np.abs(fine - coarse)
    small = 1e-2 * np.where(np.isfinite(fine), fine, 0).sum(axis=0)
    return bool(((moved <= LAW_TOLERANCE * (fine + small)) | (fine == coarse)).all())
