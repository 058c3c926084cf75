r"""Coordinates for coefficients that depend on the mask ratio.

A ratio-aware predictor has the coefficients :math:`\sum_j \varphi_j(q)\, b_j` with Legendre
polynomials :math:`\varphi_j(q) = P_j(2q - 1)` (eq-ratio-aware-model). On a narrow law these are
nearly alike, and laws of few ratios see only the span of their vectors :math:`\varphi(q_k)`:
coordinates are coefficients of polynomials that are orthonormal on the rows. A ratio with more
rows than features fixes the coefficients at that ratio by itself, whatever the other rows say: its
value comes first. So all digits of the ridgeless limit are kept (eq-ratio-aware-basis). The penalty
is a matrix in these coordinates, whose elements differ by powers of the law's width.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.ratio_aware.atoms import Atoms
from ridgeless.engine.ratio_aware.newton import Newton, Places, newton

__all__ = ["Basis", "basis", "orthonormal"]

Array = NDArray[np.float64]

#: A ratio with more rows than features times this comes before others.
NEARLY = 1.1
#: Condition up to which a law is narrow.
NARROW = 100.0


@dataclass(frozen=True)
class Basis:
    """Coordinates c of the coefficients: those that some ratios fix by themselves come first.

    They are the values at these ratios, or differences of them where the ratios are close.
    """

    newton: Newton
    change: Array  #: shape (J', J'): from c to coefficients of `newton`
    legendre: Array  #: from c to coefficients of the Legendre polynomials, shape (degree + 1, J')
    penalty: Array  #: E, shape (J', J'): the squared norm of the coefficients is c' E c
    one: Array  #: the constant function 1, on the ratios of the rows
    first: int  #: how many coordinates some ratios fix by themselves
    fixed: Array  #: places whose values are the first coordinates
    seen_at_zero: Array | None  #: span of the coordinates at eigenvalue 0, if not all

    def __call__(self, x: Array) -> Array:
        """Return the polynomials at places of the rows, shape (*x.shape, J')."""
        values = self.newton(x) @ self.change
        for i, place in enumerate(self.fixed):
            values[x == place] = np.eye(self.one.size)[i]
        return np.asarray(values)

    def at(self, x: float) -> Array:
        """Return the polynomials at any place, shape (J',)."""
        return np.asarray(self(np.array(x)) + self.newton.rest(x) @ self.legendre)


def basis(
    places: Places,
    weight: Array,
    atoms: Atoms,
    degree: int,
    per_feature: float = 0.0,
    zero_mass: float = 0.0,
) -> Basis:
    """Return coordinates for rows at `places`, with shares `weight`, N/d = `per_feature`."""
    size, size_at_zero = atoms.span(degree)
    fixed = _fixed(atoms, per_feature * NEARLY, zero_mass, size)
    base = newton(places, degree, fixed)
    differences = base.legendre()
    if _norm(differences[: fixed.size].T).min(initial=1.0) * NARROW > 1:
        fixed = np.asarray(base.points[: fixed.size])
        first = np.linalg.inv(base(fixed)[:, : fixed.size])
    else:  # too close for their values: only that they come first
        first = np.eye(_fixed(atoms, per_feature, zero_mass, size).size)
        base = newton(places, degree, _fixed(atoms, per_feature, zero_mass, size))
        fixed, differences = fixed[:0], base.legendre()
    change, legendre, penalty = _coordinates(
        differences, np.sqrt(weight)[:, None] * base(places.x), first
    )
    back = np.linalg.inv(change)
    one = np.asarray(back[:, 0].copy(), dtype=np.float64)
    one[: fixed.size] = 1.0  # these coordinates are its values, exactly
    seen = None
    if size_at_zero < size:
        seen = np.zeros((size, 0))
    if 0 < size_at_zero < size:
        kept = np.isin(places.x, atoms.masked().place)
        masked = Places(places.x[kept], places.low, places.width)
        there = basis(masked, weight[kept], atoms.masked(), degree, per_feature, zero_mass)
        seen = back @ (differences @ there.legendre)
        for i, place in enumerate(fixed):
            for j in np.flatnonzero(there.fixed == place):
                seen[i] = np.eye(size_at_zero)[j]
    return Basis(base, change, legendre, penalty, one, first.shape[0], fixed, seen)


def _fixed(atoms: Atoms, per_feature: float, zero_mass: float, size: int) -> Array:
    """Return the places of ratios that fix the coefficients at them, if these are few enough."""
    heavy = atoms.place[atoms.heavy(per_feature, zero_mass)]
    few = heavy.size <= size and np.isfinite(per_feature)
    return np.asarray(heavy if few else heavy[:0])


def _coordinates(differences: Array, rows: Array, first: Array) -> tuple[Array, Array, Array]:
    """Return the change to coefficients of Newton and of Legendre polynomials, and the penalty.

    Of a narrow law, coordinates of which the penalty is diagonal are nearly orthogonal on the rows
    (at `rows` the Newton polynomials, times the roots of shares); of others, coordinates of which
    the rows are orthonormal have a penalty that is not far from diagonal.
    """
    grade = _norm(differences.T)
    q, r = np.linalg.qr((differences / grade[:, None]).T)
    signs = np.sign(np.diag(r))
    lower, q = r.T * signs, q * signs
    change = grade[:, None] * lower / grade
    on_rows = rows @ change
    if first.size == 0 and np.linalg.cond(on_rows / _norm(on_rows)) < NARROW:
        return change, q / grade, np.diag(grade**-2)
    count = first.shape[0]
    change = np.zeros((grade.size, grade.size))
    change[:count, :count] = first
    change[count:, count:] = orthonormal(rows[:, count:])
    legendre = q @ np.linalg.inv(lower) / grade @ change
    return change, legendre, legendre.T @ legendre


def _norm(columns: Array) -> Array:
    return np.asarray(np.sqrt((columns**2).sum(axis=0)))


def orthonormal(columns: Array) -> Array:
    """Return an upper triangular matrix that makes columns orthonormal."""
    size = _norm(columns)
    triangle = np.linalg.qr(columns / size, mode="r")
    signs = np.sign(np.diag(triangle))[:, None]
    return np.asarray(np.triu(np.linalg.inv(signs * triangle)) / size[:, None])
