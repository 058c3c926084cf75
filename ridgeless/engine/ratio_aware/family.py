"""The family of coefficients that depend on the mask ratio: matrices of J rows for numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.grid import Cells, Grid, solve
from ridgeless.engine.ratio_aware.atoms import SAME, Atoms
from ridgeless.engine.ratio_aware.basis import basis
from ridgeless.engine.ratio_aware.digits import NOTHING, decimals, enough
from ridgeless.engine.ratio_aware.mean import Mean, mean_answers
from ridgeless.engine.ratio_aware.newton import Places
from ridgeless.engine.spectral import SpectralFamily
from ridgeless.engine.thresholds import HUGE, TINY_RIDGE
from ridgeless.errors import ConvergenceError
from ridgeless.mask_ratio import SMALLEST, Quadrature, RatioLaw, ScheduledRatio, UniformRatio
from ridgeless.row_classes import RowClasses

if TYPE_CHECKING:
    from ridgeless.engine.ratio_aware.fixed_point import State

__all__ = ["RatioAwareFamily"]

LITTLE = 1e-6  # a ridge, in units of the spectrum's scale

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class RatioAwareFamily(SpectralFamily):
    """A spectrum, a signal on it and the highest degree of the polynomials."""

    degree: int = 1
    #: Eigenvalues, in units of the spectrum's scale, whose learned fractions are columns too.
    points: Array = field(default_factory=lambda: np.zeros(0))

    @property
    def width(self) -> int:
        """The parts, and a learned fraction per point."""
        return 3 + self.points.size

    @property
    def rounding(self) -> float:
        """Many polynomials are nearly alike on a narrow law."""
        return 1e-11

    def diverges(self, cells: Cells) -> Flags:
        """None more: thresholds are those of J d directions, told by the solve."""
        return np.zeros(cells.grid.scheme.size, dtype=bool)

    def learned(self, grid: Grid) -> Array:
        """Return the share of the signal that is learnt at each atom, at the test ratio."""
        spectrum = self.spectrum
        found = solve(grid, replace(self, points=spectrum.eigenvalues / spectrum.scale))
        return found.columns[:, 3:].reshape(*grid.shape, len(spectrum))

    def solve(self, cells: Cells, index: Index, start: Array) -> Array:
        """Return the columns of the cells `index`; those that differ in p_t share a solve."""
        grid = cells.grid
        keys = np.stack([grid.scheme[index], grid.gamma[index], grid.ridge[index]], axis=1)
        _, first, where = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        out = np.empty_like(start)
        for number, cell in enumerate(first):
            chosen = np.flatnonzero(where == number)
            problem = _Problem.of(self, cells, int(index[cell]))
            with np.errstate(all="ignore"):
                out[chosen] = problem.columns(grid.p_t[index[chosen]])
        self._check(cells, index, out[:, :3])
        return out

    def _check(self, cells: Cells, index: Index, parts: Array) -> None:
        """Raise if a part is negative by more than rounding; rounding below 0 is 0, in place."""
        size = np.abs(np.where(np.isfinite(parts), parts, 0.0)).max(axis=1, keepdims=True)
        failed = np.flatnonzero(~(parts >= -self.rounding * size).all(axis=1))
        if failed.size:
            raise ConvergenceError(
                f"degree = {self.degree} is too high for so narrow a law of mask ratios at "
                f"{cells.grid.where(int(index[failed[0]]))}: rounding left a part of the risk at "
                f"{float(parts[failed[0]].min()):.3g}; use a lower degree"
            )
        np.maximum(parts, 0.0, out=parts)


@dataclass(frozen=True)
class _Problem:
    """One law of ratios, aspect ratio and ridge; the test ratio is free."""

    family: RatioAwareFamily
    rule: Quadrature
    places: Places  #: of the nodes of the rule
    loss: Array  #: loss weights of the rows
    rows: RowClasses  #: of this law alone
    atoms: Atoms
    masked: bool  #: rows count whose target is masked
    every: bool  #: infinitely many masks
    reaches_one: bool  #: E[1/q] is infinite
    gamma: float
    ridge: float  #: as asked, in units of the spectrum's scale

    @classmethod
    def of(cls, family: RatioAwareFamily, cells: Cells, cell: int) -> _Problem:
        """Take one cell of a grid."""
        grid, masking = cells.grid, cells.grid.masking
        if not isinstance(masking.ratio, RatioLaw):
            masking = masking.with_ratio(float(masking.ratio.flat[grid.scheme[cell]]))
        law = masking.law
        rule = law.quadrature(cells.order)
        places = _places(law, cells.order, rule)
        loss = law.loss_weight(rule.mask)
        rule = rule._replace(mask=np.where(rule.mask > 0, np.maximum(rule.mask, SMALLEST), 0.0))
        rows = masking.with_masks(1).row_classes(cells.order)
        used = rows.weight[0] > 0
        atoms = Atoms.none()
        # A law so narrow that its ratios round to a few numbers has those ratios.
        if not law.continuous or np.unique(places.x[used]).size <= family.degree:
            atoms = Atoms.of(places.x[used], rows.weight[0][used], rows.masked[0][used])
        lam, scale = float(grid.ridge[cell]), family.spectrum.scale
        return cls(
            family,
            rule,
            places,
            loss,
            rows,
            atoms,
            masking.rows == "masked",
            masking.masks == math.inf,
            not law.inverse_keep_is_finite,
            float(cells.standing.gamma[cell]),
            max(lam / scale, family.spectrum.mean / scale / HUGE) if lam > 0 else 0.0,
        )

    def columns(self, tests: Array) -> Array:
        """Return the parts and the learned fractions, shape (tests.size, 3 + points)."""
        if self.every or self.gamma == 0:  # of infinitely many rows, masks are only averages
            return self._every_mask(tests)
        return self._one_mask(tests)

    def _every_mask(self, tests: Array) -> Array:
        """Infinitely many masks: ridge regressions (eq-ratio-aware-marginal)."""
        from ridgeless.engine.distance import excess
        from ridgeless.engine.ratio_aware.marginal import Marginal

        family, spectrum, rule, atoms = self.family, self.family.spectrum, self.rule, self.atoms
        counted = rule.weight * rule.mask if self.masked else rule.weight
        weight = counted / counted.sum() * self.loss
        used = (weight > 0) & (rule.keep > 0)
        first = int(spectrum.nodes.values[0] == 0)
        s, h = (x[first:] for x in spectrum.nodes)
        problem = Marginal(
            replace(self.places, x=self.places.x[used]),
            weight[used],
            family.degree,
            s,
            h,
            spectrum.mean / spectrum.scale,
            self.gamma,
            delta=excess(self.gamma, spectrum.tail[first], 1.0, 1.0, 1.0, spectrum.tail[0]),
            ridge=self.ridge,
            singular=self.ridge == 0
            and bool(atoms.bare.any())
            and atoms.place.size <= family.degree + 1,
        )
        return problem.answers(family.signal.nodes, family.points, tests)

    def _one_mask(self, tests: Array) -> Array:
        """One mask per sample: the matrix fixed point (eq-ratio-aware-fixed-point)."""
        from ridgeless.engine.distance import constants, excess
        from ridgeless.engine.ratio_aware.fixed_point import Equations, solve, variances

        family, spectrum, rule, rows = self.family, self.family.spectrum, self.rule, self.rows
        atoms, degree = self.atoms, family.degree
        psi = self.gamma / float(rows.rows[0])
        per_feature = 1 / psi if psi > 0 else math.inf
        size, size_at_zero = atoms.span(degree)
        rank, tied = (1.0, False)
        if psi > 0 and self.ridge == 0:
            rank, tied = atoms.rank(degree, per_feature, spectrum.zero_mass)
        first = int(spectrum.nodes.values[0] == 0)
        columns = size * spectrum.tail[first] + size_at_zero * (
            spectrum.tail[0] - spectrum.tail[first]
        )
        delta = excess(
            self.gamma,
            columns,
            float(rows.per_mask[0]),
            float(rows.masks[0]),
            1.0,
            spectrum.tail[0],
            float(rows.rest[0]),
        )
        # Neither rows nor columns are independent: the limit of a ridge too small to matter.
        least = min(per_feature, columns / spectrum.tail[0])
        between = psi > 0 and self.ridge == 0 and (tied or rank < least * (1 - SAME))
        between &= not (tied and delta == 0)
        used = rows.weight[0] > 0
        places = replace(self.places, x=self.places.x[used])
        # With a ridge to speak of, no ratio needs a coordinate of its own.
        alone = per_feature if self.ridge < LITTLE else 0.0
        at = basis(places, rows.weight[0][used], atoms, degree, alone, spectrum.zero_mass)
        # (so small that the coordinate of the largest penalty does not feel it either)
        tiny = TINY_RIDGE / float(at.penalty.max())
        ridge = tiny if between else self.ridge * float(rows.ridge_scale[0])
        base, e = constants(delta, ridge)
        a, b, f = (x[0][used] for x in (rows.kept, rows.masked, rows.surplus))
        s, h = (x[first if size_at_zero == 0 else 0 :] for x in spectrum.nodes)
        d0 = spectrum.mean / spectrum.scale
        problem = Equations(
            s=s,
            h=h,
            d0=d0,
            weight=rows.weight[0][used],
            energy=np.stack([a, b * d0]),
            surplus=f,
            phi=at(places.x),
            penalty=at.penalty,
            seen_at_zero=at.seen_at_zero,
            psi=psi,
            delta=delta,
            base=base,
            e=e,
            first=at.first,
            change=np.eye(at.one.size),
        )
        state = solve(problem, between=between)
        diverging = delta >= 0 and self.ridge == 0 and self.reaches_one
        heavy = atoms.place[atoms.heavy(per_feature, spectrum.zero_mass)] if tied else np.zeros(0)
        signal, mask = family.signal, rule.mask[used]
        loss = self.loss[used]
        mean = Mean(places, problem.weight / state.g, loss, degree, e, d0)
        out = np.empty((tests.size, family.width))
        for i, p_t in enumerate(tests.tolist()):
            place = places.of(p_t)
            phi_t = at.at(place)
            out[i, [0, *range(3, family.width)]] = self._means(state, mean, at.one, phi_t, p_t)
            out[i, 1:3] = variances(state, mask, loss, signal.nodes, at.one, phi_t, p_t)
            if p_t < 1 and (diverging or (tied and between and place not in heavy)):
                out[i, 1:3] = np.inf if signal.variance > 0 else 0.0, np.inf
        return out

    def _means(self, state: State, mean: Mean, one: Array, phi_t: Array, p_t: float) -> Array:
        """Return the bias and the learned fractions, in decimals where floats cancel."""
        from ridgeless.engine.ratio_aware.fixed_point import missed

        points, nodes = self.family.points, self.family.signal.nodes
        signal = [x[nodes.values > 0] for x in nodes]

        def answer(digits: int | None) -> tuple[Array, Array]:
            values, mass, at, test, d0 = (
                decimals(x, digits)[()] for x in (*signal, points, p_t, mean.d0)
            )
            found = partial(missed, state, one=one, phi_t=phi_t)
            own = found if digits is None else mean.missed(test, digits)
            return mean_answers(own, (values, mass), at, d0, test)

        floor = np.append(NOTHING, np.ones(points.size))
        return enough(answer, floor, f"at test_mask_ratio = {p_t!r}")


def _places(law: RatioLaw, order: int, rule: Quadrature) -> Places:
    """Return the places of a law's nodes, exactly where it stretches one of the unit interval.

    Differences of the ratios of a narrow law have lost digits.
    """
    if type(law) is UniformRatio:
        ends = law.low, law.high
        unit: RatioLaw = UniformRatio(0.0, 1.0)
    elif type(law) is ScheduledRatio:
        ends, unit = (law.start, law.end), ScheduledRatio(0.0, 1.0, law.shape)
    else:
        return Places(rule.mask)
    low, high = sorted(ends)
    if low == high:
        return Places(rule.mask)
    return Places(unit.quadrature(order).mask, low, high - low)
