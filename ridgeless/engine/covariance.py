"""A covariance with its groups of features, checked, in coordinates in which D is diagonal."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import real_array, require
from ridgeless.errors import DomainError
from ridgeless.lazy import lazy

__all__ = ["Covariance", "rounding"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Covariance:
    """Sigma and D over their common unit, in the eigenvectors of D inside each group.

    Directions in which D has nothing are left out: a feature that never varies, features of a
    group that are collinear. They still count in d.
    """

    size: int  #: number of features d
    scale: float  #: power of two near the mean variance, the unit of what follows
    basis: Array  #: shape (d, r): of features, the directions that vary
    sigma: Array  #: shape (r, r)
    masked: Array  #: D, its diagonal, shape (r,)
    eigenvalues: Array  #: of Sigma, all d, ascending; zeros are exact

    @classmethod
    def of(cls, covariance: ArrayLike, groups: Sequence[Hashable] | None) -> Covariance:
        """Return a covariance that is symmetric, positive semi-definite and not zero."""
        sigma = real_array("covariance", covariance)
        if sigma.ndim != 2 or sigma.shape[0] != sigma.shape[1] or sigma.size == 0:
            raise DomainError(f"covariance must be square, got shape {sigma.shape}")
        require("covariance", sigma, np.isfinite(sigma), "be finite")
        size = sigma.shape[0]
        largest = np.abs(sigma).max()
        if np.abs(sigma - sigma.T).max() > 1e-8 * largest:
            raise DomainError("covariance must be symmetric")
        variances = np.diag(sigma)
        require("the diagonal of covariance", variances, variances >= 0, "be at least 0")
        if not variances.any():
            raise DomainError("covariance must not be zero")
        if groups is not None and len(groups) != size:
            raise DomainError(f"groups must hold {size} labels, one per feature, got {len(groups)}")
        scale = math.ldexp(1.0, math.frexp(float(variances.mean()))[1] - 1)
        sigma = (sigma + sigma.T) / (2 * scale)
        values = np.linalg.eigvalsh(sigma).astype(np.float64)
        if values[0] < -size * rounding(size) * values[-1]:
            raise DomainError(
                "covariance must be positive semi-definite, got the eigenvalue "
                f"{float(values[0] * scale)!r}"
            )
        values = np.where(values > rounding(size) * values[-1], values, 0.0)
        basis, masked = _directions(sigma, groups)
        return cls(size, scale, basis, _congruent(sigma, basis), masked, np.asarray(values))

    @property
    def rank(self) -> int:
        """Rank of Sigma."""
        return int(np.count_nonzero(self.eigenvalues))

    @property
    def mean(self) -> float:
        """Mean variance over all features, in units of `scale`."""
        return float(self.masked.sum()) / self.size

    @lazy
    def eigenbasis(self) -> tuple[Array, Array]:
        """Eigenvalues of Sigma on the directions that vary, ascending, and eigenvectors."""
        from scipy.linalg import eigh

        values, vectors = eigh(self.sigma)
        return np.where(np.arange(values.size) >= values.size - self.rank, values, 0.0), vectors


def rounding(size: int) -> float:
    """Return the share of the largest eigenvalue below which one is a rounded zero.

    Products behind a covariance round too, by a few times its size.
    """
    return 8 * size * float(np.finfo(float).eps)


def _directions(sigma: Array, groups: Sequence[Hashable] | None) -> tuple[Array, Array]:
    """Return the eigenvectors of D with positive eigenvalues, and those."""
    variances = sigma.diagonal()
    if groups is None or len(set(groups)) == len(groups):
        live = np.flatnonzero(variances > 0)
        return np.eye(len(sigma))[:, live], variances[live]
    members: dict[Hashable, list[int]] = {}
    for feature, label in enumerate(groups):
        members.setdefault(label, []).append(feature)
    columns, masked = [], []
    for own in members.values():
        values, vectors = np.linalg.eigh(sigma[np.ix_(own, own)])
        kept = values > rounding(len(sigma)) * values[-1]
        padded = np.zeros((len(sigma), int(kept.sum())))
        padded[own] = vectors[:, kept]
        columns.append(padded)
        masked.append(values[kept])
    return np.hstack(columns), np.concatenate(masked)


def _congruent(sigma: Array, basis: Array) -> Array:
    """Return sigma in a basis that mixes features only inside groups."""
    from scipy.sparse import csr_array

    sparse = csr_array(basis)
    half = np.asarray(sparse.T @ sigma)
    return np.asarray((sparse.T @ half.T).T)
