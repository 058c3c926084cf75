r"""Rows by their kernel: matrices with a row and a column for each row, whatever the features.

.. math:: A = \big(K + \operatorname{diag}(N_i)\big)^{-1}, \qquad
          \tilde A_{ij} = G_i^{1/2}A_{ij}G_j^{1/2}, \qquad G_i = A_{ii}^{-1}

(eq-rows-fixed-point, eq-rows-unit) with the kernel K between rows, and predictions
:math:`k_t'A y`. A sample that is left out takes its part of A along (eq-rows-left-out). It goes on
where the noise N is zero: rows that are interpolated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgeless.lazy import lazy
from ridgeless.rows.blocks import inverse, root
from ridgeless.rows.primal import FeatureRows

__all__ = ["DualMedium", "KernelRows", "features_of", "kernel_of"]

Array = NDArray[np.float64]


#: Leverage below which a difference of two large numbers does not give it.
SMALL = 1e-5


@dataclass(frozen=True)
class KernelRows:
    """Training and test rows by the kernel between them."""

    gram: Array  #: K, shape (B, K, B, K)
    cross: Array  #: shape (T, B, K)
    left_out: int  #: of so many tests, from the first on, the sample of the same number is left out

    def at(self, noise: Array, e: float = 1.0) -> DualMedium:
        """Return the medium in which the rows have this noise N, shape (B, K, K); e is one."""
        return DualMedium(self, noise)

    @lazy
    def norms(self) -> Array:
        """The kernel within samples, shape (B, K, K)."""
        return diagonal_blocks(self.gram)


def kernel_of(features: FeatureRows) -> KernelRows:
    """Return the rows of features by their inner products."""
    shape = features.rows.shape
    flat = features.rows.reshape(-1, shape[2])
    gram, cross = flat @ flat.T, features.tests @ flat.T
    return KernelRows(
        gram.reshape(*shape[:2], *shape[:2]), cross.reshape(-1, *shape[:2]), features.left_out
    )


def features_of(kernel: KernelRows) -> tuple[int, FeatureRows]:
    """Return the rank of the kernel, and so many features that have it."""
    shape = kernel.gram.shape[:2]
    size = shape[0] * shape[1]
    values, vectors = np.linalg.eigh(kernel.gram.reshape(size, size))
    kept = values > size * np.finfo(float).eps * values[-1]
    scaled = vectors[:, kept] * np.sqrt(values[kept])
    tests = kernel.cross.reshape(-1, size) @ (vectors[:, kept] / np.sqrt(values[kept]))
    return int(kept.sum()), FeatureRows(scaled.reshape(*shape, -1), tests, kernel.left_out)


class DualMedium:
    """The rows at one noise N: leverages, residuals, couplings."""

    def __init__(self, kernel: KernelRows, noise: Array) -> None:
        from scipy.linalg import cholesky, lapack

        self.kernel, self.noise = kernel, noise
        size = kernel.gram.shape[0] * kernel.gram.shape[1]
        whole = kernel.gram.copy()
        places = np.arange(whole.shape[0])
        whole[places, :, places, :] += noise
        lower = cholesky(
            whole.reshape(size, size), lower=True, overwrite_a=True, check_finite=False
        )
        half, _ = lapack.dpotri(lower, lower=1, overwrite_c=1)
        half += np.tril(half, -1).T
        self.a = half.reshape(whole.shape)
        self.inverse_medium = inverse(diagonal_blocks(self.a))  #: G_i, shape (B, K, K)

    @lazy
    def cavity(self) -> Array:
        """T = G - N, shape (B, K, K): what a sample sees of all others (eq-rows-fixed-point)."""
        found = self.inverse_medium - self.noise
        level, whole = (np.einsum("bkk->bk", x) for x in (found, self.inverse_medium))
        if (level > SMALL * whole).all():
            return np.asarray(found)
        # Next to a huge ridge the difference is lost, and what explains little is not.
        shape, k = self.a.shape, self.kernel.gram
        size = shape[0] * shape[1]
        flat = k.reshape(size, size)
        explained = diagonal_blocks((flat @ self.a.reshape(size, size) @ flat).reshape(shape))
        seen = self.kernel.norms - explained
        own = np.linalg.inv(np.eye(shape[1]) - seen @ inverse(self.noise))
        return np.asarray(own @ seen)

    @lazy
    def _root(self) -> Array:
        return root(self.inverse_medium)

    @lazy
    def unit(self) -> Array:
        """The unit medium without its diagonal blocks, shape (B K, B, K)."""
        scaled = scale(self.a.reshape(-1, *self.a.shape[2:]), self._root).reshape(self.a.shape)
        shape = self.a.shape
        turned = np.ascontiguousarray(scaled.transpose(2, 3, 0, 1)).reshape(-1, *shape[:2])
        scaled = scale(turned, self._root).reshape(shape)
        places = np.arange(shape[0])
        scaled[places, :, places, :] = 0.0
        return np.asarray(scaled.reshape(-1, *shape[2:]))

    @lazy
    def _squares(self) -> Array:
        return np.asarray(self.unit[:, :, 0] ** 2)

    def coupled(self, weights: Array) -> Array:
        """Return the sum over other samples i of A_ji W_i A_ij, in units, shape (B, K, K)."""
        size, k = weights.shape[:2]
        if k == 1:
            return np.asarray(self._squares @ weights[:, :, 0])[:, :, None]
        side = scale(self.unit, weights).reshape(size, k, -1)
        return np.asarray(side @ self.unit.reshape(size, k, -1).swapaxes(1, 2))

    def residuals(self, targets: Array) -> Array:
        """Return the leave-one-out residuals in units of the medium, shape (B, K, t)."""
        return np.asarray(self._root @ self._duals(targets))

    def _duals(self, targets: Array) -> Array:
        """Return A y, shape (B, K, t)."""
        size = self.a.shape[0] * self.a.shape[1]
        found = self.a.reshape(size, size) @ targets.reshape(size, -1)
        return np.asarray(found.reshape(targets.shape))

    @lazy
    def _reach(self) -> Array:
        """D: what a test's prediction takes of each target, in units, shape (T, B, K)."""
        cross, size = self.kernel.cross, self.a.shape[0] * self.a.shape[1]
        found = cross.reshape(-1, size) @ self.a.reshape(size, size)
        return scale(found.reshape(cross.shape), self._root)

    @lazy
    def _onto_own(self) -> Array:
        many = np.arange(self.kernel.left_out)
        return np.asarray(self._reach[many, many][:, None, :])

    def predictions(self, targets: Array, residuals: Array) -> Array:
        """Return what is predicted of the tests, their own samples left out, shape (T, t)."""
        cross, many = self.kernel.cross, self.kernel.left_out
        duals = self._duals(targets)
        found = cross.reshape(cross.shape[0], -1) @ duals.reshape(-1, duals.shape[2])
        found[:many] -= (self._onto_own @ residuals[:many])[:, 0]
        return np.asarray(found)

    @lazy
    def exposure(self) -> Array:
        """How a sample's residuals weigh on the tests: mean of D_tj'D_tj, shape (B, K, K)."""
        reach, many = self._reach, self.kernel.left_out
        if many:
            reach = reach.copy()
            size, k = reach.shape[1:]
            own = self.unit.reshape(size, k, -1)[:many]
            reach[:many] -= (self._onto_own @ own).reshape(many, size, k)
            places = np.arange(many)
            reach[places, places] = 0.0
        if reach.shape[2] == 1:
            return np.asarray(np.mean(reach**2, axis=0)[:, :, None])
        return np.asarray(np.einsum("tja,tjb->jab", reach, reach) / reach.shape[0])


def diagonal_blocks(matrix: Array) -> Array:
    """Return the blocks on the diagonal of (B, K, B, K), a copy."""
    places = np.arange(matrix.shape[0])
    return np.asarray(matrix[places, :, places, :])


def scale(rows: Array, blocks: Array) -> Array:
    """Return rows, shape (R, B, K), times a block per sample."""
    if blocks.shape[1] == 1:
        return np.asarray(rows * blocks[:, :, 0])
    return np.asarray(np.einsum("rbk,bkl->rbl", rows, blocks))
