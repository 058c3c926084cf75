r"""Coordinates for coefficients that depend on the mask ratio, and the rank of such rows.

A ratio-aware predictor has the coefficients :math:`\sum_j \varphi_j(q)\, b_j` with Legendre
polynomials :math:`\varphi_j(q) = P_j(2q - 1)` (eq-ratio-aware-model). Laws of few ratios see only
the span of their vectors :math:`\varphi(q_k)`; a ratio with more rows than features fixes the
coefficients at that ratio by itself, whatever the other rows say. Coordinates in which both are
plain keep all digits of the ridgeless limit (eq-ratio-aware-rank).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial.legendre import legmulx, legvander
from numpy.typing import NDArray

__all__ = ["SAME", "Atoms", "Basis", "basis", "legendre"]

Array = NDArray[np.float64]

#: Two counts of directions that differ by less than this, relatively, are the same count.
SAME = 4 * np.finfo(float).eps
#: A ratio with more rows than features times this is a coordinate of its own.
NEARLY = 1.1


def legendre(keep: Array, degree: int) -> Array:
    """Return P_0 ... P_degree at 2q - 1, shape (*keep.shape, degree + 1).

    Examples
    --------
    >>> legendre(np.array([0.0, 0.5, 1.0]), 2)
    array([[ 1. , -1. ,  1. ],
           [ 1. ,  0. , -0.5],
           [ 1. ,  1. ,  1. ]])
    """
    values = legvander(2 * keep - 1, degree)
    return np.asarray(values.reshape((*np.shape(keep), degree + 1)), dtype=np.float64)


@dataclass(frozen=True)
class Atoms:
    """The distinct keep ratios of the rows, heaviest first; none for a continuous law."""

    keep: Array
    weight: Array  #: share of the rows
    bare: NDArray[np.bool_]  #: nothing is masked

    @classmethod
    def of(cls, keep: Array, weight: Array, masked: Array) -> Atoms:
        """Merge equal ratios."""
        values, first, where = np.unique(keep[weight > 0], return_index=True, return_inverse=True)
        totals = np.bincount(where, weight[weight > 0], values.size)
        order = np.argsort(-totals, kind="stable")
        bare = masked[weight > 0][first] == 0
        return cls(np.asarray(values[order]), np.asarray(totals[order]), bare[order])

    def masked(self) -> Atoms:
        """Return the atoms where something is masked."""
        return Atoms(self.keep[~self.bare], self.weight[~self.bare], self.bare[~self.bare])

    @classmethod
    def none(cls) -> Atoms:
        """No ratio has a positive probability."""
        empty = np.zeros(0)
        return cls(empty, empty, empty > 0)

    def span(self, degree: int) -> tuple[int, int]:
        """Return the dimensions seen with eigenvalue s > 0 and with s = 0.

        An unmasked row has nothing in the directions of eigenvalue 0.
        """
        count = degree + 1
        if self.keep.size == 0:
            return count, count
        return min(count, self.keep.size), min(count, int((~self.bare).sum()))

    def heavy(self, per_feature: float, zero_mass: float) -> NDArray[np.bool_]:
        """Which ratios have more rows than features by themselves."""
        room = np.where(self.bare, 1 - zero_mass, 1.0)
        return np.asarray(self.weight * per_feature > room * (1 + SAME))

    def rank(self, degree: int, per_feature: float, zero_mass: float) -> tuple[float, bool]:
        """Return the rank of the rows over d, and whether it is reached in two ways.

        The rank is the least of (directions filled up) + (rows that are not in them), over all
        choices of directions (eq-ratio-aware-rank). Reached in two ways, some directions have
        exactly as many rows as they need: a threshold of one ratio among others. That of all rows
        and all directions is not meant: the conservation law has its distance to the last digit.
        """
        full, full_zero = self.span(degree)
        if self.keep.size == 0:
            return min(per_feature, full), False
        masked = np.concatenate(([0.0], np.cumsum(self.weight[~self.bare])))
        bare = float(self.weight[self.bare].sum())
        filled, rank = [], []
        for i in range(full + 1):  # dimensions filled up where s > 0, by the heaviest ratios
            for j in range(full_zero + 1) if zero_mass > 0 else (full_zero,):  # where s = 0
                # Among them the ratio without masks or not; all of them hold it anyway.
                for with_bare in {bare > 0 and i == full, bare > 0 and i > 0}:
                    here = masked.size - 1 if i == full else min(i - with_bare, masked.size - 1)
                    there = masked.size - 1 if j == full_zero else j
                    inside = float(masked[min(here, there)]) + bare * with_bare
                    outside = 0.0 if inside >= masked[-1] + bare else masked[-1] + bare - inside
                    filled.append((1 - zero_mass) * i + zero_mass * j)
                    rank.append(filled[-1] + per_feature * float(outside))
        least = min(rank)
        tied = [x for x, total in zip(filled, rank, strict=True) if total <= least * (1 + SAME)]
        whole = min(tied) <= SAME and max(tied) >= max(filled) - SAME
        inside = any(SAME < x < max(filled) - SAME for x in tied)
        return least, bool(max(tied) > min(tied) + SAME and (inside or not whole))


@dataclass(frozen=True)
class Basis:
    """Coordinates c of the coefficients: values at some ratios first, then polynomials."""

    degree: int
    low: float  #: the polynomials are those of 2 (q - low)/width - 1
    width: float
    into: Array  #: shape (degree + 1, J)
    penalty: Array  #: E, shape (J, J): the squared norm of the coefficients is c' E c
    one: Array  #: the constant function 1, on the ratios of the rows
    fixed: Array  #: keep ratios whose values are the first coordinates
    seen_at_zero: Array | None  #: span of the coordinates at eigenvalue 0, if not all

    def __call__(self, keep: Array) -> Array:
        """Return the polynomials in these coordinates, shape (*keep.shape, J)."""
        values = legendre((keep - self.low) / self.width, self.degree) @ self.into
        for i, ratio in enumerate(self.fixed):
            values[keep == ratio] = np.eye(self.penalty.shape[0])[i]
        return np.asarray(values)


def basis(
    keep: Array, atoms: Atoms, degree: int, per_feature: float = 0.0, zero_mass: float = 0.0
) -> Basis:
    """Return coordinates for rows with keep ratios `keep`, N/d = `per_feature`.

    First the values at the ratios that (nearly) fix themselves, if these are few enough, then
    Legendre polynomials stretched over the ratios, or an orthonormal basis of their span.
    """
    size, size_at_zero = atoms.span(degree)
    many = atoms.keep.size == 0 or (atoms.keep.size > degree and size_at_zero == size)
    if many and np.ptp(keep) > 0:
        low, width = float(keep.min()), float(np.ptp(keep))
        into, one = np.eye(size), np.eye(size)[0]
        stretched = _stretched(degree, low, width)
        penalty = stretched @ stretched.T
    else:
        low, width, penalty = 0.0, 1.0, np.eye(size)
        into = np.linalg.qr(legendre(atoms.keep, degree).T)[0]
        one = into[0]
    heavy = atoms.heavy(per_feature * NEARLY, zero_mass) & np.isfinite(per_feature)
    fixed = atoms.keep[heavy] if heavy.sum() <= size else np.zeros(0)
    count = fixed.size
    change, back = np.eye(size), np.eye(size)
    if count:
        vectors = (legendre((fixed - low) / width, degree) @ into).T
        q, r = np.linalg.qr(vectors, mode="complete")
        change = np.hstack([np.linalg.solve(r[:count], q[:, :count].T).T, q[:, count:]])
        back = np.vstack([vectors.T, q[:, count:].T])
    seen = None
    if size_at_zero < size:
        masked = atoms.masked()
        seen = np.zeros((size, 0))
    if 0 < size_at_zero < size:
        there = basis(masked.keep, masked, degree, per_feature, zero_mass)
        seen = back @ into.T @ there.into
        for i, ratio in enumerate(fixed):
            for j in np.flatnonzero(there.fixed == ratio):
                seen[i] = np.eye(size_at_zero)[j]
    constant = back @ one
    constant[:count] = 1.0  # these coordinates are its values, exactly
    return Basis(
        degree, low, width, into @ change, change.T @ penalty @ change, constant, fixed, seen
    )


def _stretched(degree: int, low: float, width: float) -> Array:
    """Return P_i(2 (q - low)/width - 1) in the P_j(2q - 1): one row per i."""
    middle = 2 * low + width - 1
    rows = np.zeros((degree + 1, degree + 1))
    rows[0, 0] = 1.0
    for n in range(degree):
        shifted = np.zeros(degree + 2)
        shifted[: n + 2] = legmulx(rows[n, : n + 1]) if n else (0.0, 1.0)
        step = (shifted[:-1] - middle * rows[n]) / width
        rows[n + 1] = ((2 * n + 1) * step - (n * rows[n - 1] if n else 0.0)) / (n + 1)
    return rows
