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

__all__ = ["Basis", "basis"]

Array = NDArray[np.float64]

#: A ratio with more rows than features times this is a coordinate of its own.
NEARLY = 1.1


@dataclass(frozen=True)
class Basis:
    """Coordinates c of the coefficients: values at some ratios first, then polynomials."""

    newton: Newton
    change: Array  #: upper triangular, shape (J', J'): from c to coefficients of `newton`
    legendre: Array  #: from c to coefficients of the Legendre polynomials, shape (degree + 1, J')
    penalty: Array  #: E, shape (J', J'): the squared norm of the coefficients is c' E c
    one: Array  #: the constant function 1, on the ratios of the rows
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
    heavy = atoms.heavy(per_feature * NEARLY, zero_mass) & np.isfinite(per_feature)
    fixed = atoms.place[heavy] if heavy.sum() <= size else np.zeros(0)
    count = fixed.size
    base = newton(places, degree, fixed)
    change = np.zeros((base.points.size, base.points.size))
    change[:count, :count] = np.linalg.inv(base(fixed)[:, :count])
    change[count:, count:] = _orthonormal(np.sqrt(weight)[:, None] * base(places.x)[:, count:])
    back = np.linalg.inv(change)
    differences = base.legendre()
    legendre = _inverse(differences) @ change
    one = back[:, 0].copy()
    one[:count] = 1.0  # these coordinates are its values, exactly
    seen = None
    if size_at_zero < size:
        seen = np.zeros((size, 0))
    if 0 < size_at_zero < size:
        kept = np.isin(places.x, atoms.masked().place)
        there = basis(
            Places(places.x[kept], places.low, places.width),
            weight[kept],
            atoms.masked(),
            degree,
            per_feature,
            zero_mass,
        )
        seen = back @ (differences @ there.legendre)
        for i, place in enumerate(fixed):
            for j in np.flatnonzero(there.fixed == place):
                seen[i] = np.eye(size_at_zero)[j]
    return Basis(base, change, legendre, legendre.T @ legendre, one, fixed, seen)


def _orthonormal(columns: Array) -> Array:
    """Return an upper triangular matrix that makes columns orthonormal."""
    size = np.sqrt((columns**2).sum(axis=0))
    triangle = np.linalg.qr(columns / size, mode="r")
    signs = np.sign(np.diag(triangle))[:, None]
    return np.asarray(np.triu(np.linalg.inv(signs * triangle)) / size[:, None])


def _inverse(differences: Array) -> Array:
    """Return the coefficients of least norm with these differences, which may differ by orders."""
    size = np.sqrt((differences**2).sum(axis=1))
    q, r = np.linalg.qr((differences / size[:, None]).T)
    return np.asarray(q @ np.linalg.inv(r).T / size)
