r"""Rows as features: matrices of P x P, however many rows there are.

With rows F of a sample (K x P) and the noise N of the medium (K x K each; eq-rows-features)

.. math:: H = \Big(eI + \sum_i F_i'N_i^{-1}F_i\Big)^{-1} = (LL')^{-1}, \qquad
          A_{ij} = N_i^{-1}\delta_{ij} - N_i^{-1}F_iHF_j'N_j^{-1}.

Rows in the coordinates of L, :math:`z_i = N_i^{-1/2}F_iL'^{-1}`, have :math:`|z_i|^2` as leverage,
and the unit medium (eq-rows-unit) is :math:`\tilde A_{ij} = -Q_iQ_j'` for i other than j, with
:math:`Q_i = (1 - z_iz_i')^{-1/2}z_i`. A is never formed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ridgeless.lazy import lazy
from ridgeless.rows.blocks import apply, function, inverse, root

__all__ = ["FeatureRows", "PrimalMedium"]

Array = NDArray[np.float64]

#: One minus the leverage is at least its own rounding.
LEAST = np.finfo(float).eps
#: Eigenvalues of a square that rounding cannot have made.
CLEAR = 1e-8


@dataclass(frozen=True)
class FeatureRows:
    """Training and test rows by their features."""

    rows: Array  #: F, shape (B, K, P)
    tests: Array  #: shape (T, P)
    left_out: int  #: of so many tests, from the first on, the sample of the same number is left out
    penalty: Array | None = None  #: a quadratic penalty beside e, shape (P, P)

    def at(self, noise: Array, e: float) -> PrimalMedium:
        """Return the medium in which the rows have this noise N, shape (B, K, K)."""
        return PrimalMedium(self, noise, e)

    def in_their_span(self) -> tuple[int, FeatureRows | None]:
        """Return the rank of the rows, and the rows in coordinates of their span.

        None if all coordinates are needed. Directions below rounding are none.
        """
        flat = self.rows.reshape(-1, self.rows.shape[2])
        seen = np.abs(flat).max(axis=0) > 0
        if not seen.all():  # hidden targets, blank pixels
            rank, spanned = self._of(seen).in_their_span()
            return rank, spanned or self._of(seen)
        gram = flat.T @ flat if flat.shape[1] <= flat.shape[0] else flat @ flat.T
        values = np.linalg.eigvalsh(gram)
        if values[0] > CLEAR * values[-1]:
            return gram.shape[0], None
        _, singular, basis = np.linalg.svd(flat, full_matrices=False)
        rank = int((singular > max(flat.shape) * LEAST * singular[0]).sum())
        basis = basis[:rank].T
        return rank, replace(self, rows=self.rows @ basis, tests=self.tests @ basis)

    def _of(self, columns: NDArray[np.bool_]) -> FeatureRows:
        return replace(self, rows=self.rows[:, :, columns], tests=self.tests[:, columns])

    @lazy
    def norms(self) -> Array:
        """F_i F_i', shape (B, K, K)."""
        if self.rows.shape[1] == 1:
            return np.asarray(np.einsum("bkp,bkp->bk", self.rows, self.rows)[:, :, None])
        return np.asarray(self.rows @ self.rows.swapaxes(1, 2))


class PrimalMedium:
    """The rows at one noise N: leverages, residuals, couplings."""

    def __init__(self, features: FeatureRows, noise: Array, e: float) -> None:
        self.features, self.noise, self.e = features, noise, e
        self.root = root(inverse(noise))  # N^-1/2
        self.lower, self.z = self._solve()
        z = self.z
        if z.shape[1] == 1:
            self.leverage = np.einsum("bkp,bkp->bk", z, z)[:, :, None]
        else:
            self.leverage = z @ z.swapaxes(1, 2)

    def _solve(self) -> tuple[Array, Array]:
        """Return L and z: a weighted Gram product, a Cholesky factor, a triangular solve."""
        from scipy.linalg import blas, cholesky

        shape = self.features.rows.shape
        weighted = apply(self.root, self.features.rows).reshape(-1, shape[2])
        gram = self._penalised(weighted.T @ weighted)
        lower = cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
        z = blas.dtrsm(1.0, lower, weighted.T, lower=1, overwrite_b=1)
        return lower, z.T.reshape(shape)

    def _penalised(self, gram: Array) -> Array:
        gram[np.diag_indices_from(gram)] += self.e
        return gram if self.features.penalty is None else gram + self.features.penalty

    @lazy
    def cavity(self) -> Array:
        """T, shape (B, K, K): what a sample sees of all others (eq-rows-fixed-point)."""
        odds = function(self.leverage, lambda x: x / np.maximum(1 - x, LEAST))
        if odds.shape[1] == 1:
            return np.asarray(odds * self.noise)
        back = inverse(self.root)
        return np.asarray(back @ odds @ back)

    @lazy
    def spread(self) -> Array:
        """(1 - leverage)^-1/2, shape (B, K, K)."""
        return function(self.leverage, lambda x: np.maximum(1 - x, LEAST) ** -0.5)

    @lazy
    def inverse_medium(self) -> Array:
        """G_i = A_ii^-1, shape (B, K, K)."""
        return self.noise + self.cavity

    @lazy
    def q(self) -> Array:
        """Q, shape (B, K, P)."""
        return apply(self.spread, self.z)

    @lazy
    def own(self) -> Array:
        """Q_i Q_i', shape (B, K, K)."""
        return function(self.leverage, lambda x: x / np.maximum(1 - x, LEAST))

    def residuals(self, targets: Array) -> Array:
        """Return the leave-one-out residuals in units of the medium, shape (B, K, t)."""
        scaled = apply(self.root, targets)
        return apply(self.spread, scaled - self._product(self.z, self._mean(scaled)))

    def _mean(self, scaled: Array) -> Array:
        """Return L'b of the mean predictor b, shape (P, t)."""
        flat = self.z.reshape(-1, self.z.shape[2])
        return np.asarray(flat.T @ scaled.reshape(flat.shape[0], -1))

    @staticmethod
    def _product(rows: Array, matrix: Array) -> Array:
        flat = rows.reshape(-1, rows.shape[2]) @ matrix
        return np.asarray(flat.reshape(*rows.shape[:2], -1))

    def coupled(self, weights: Array) -> Array:
        """Return the sum over other samples i of A_ji W_i A_ij, in units, shape (B, K, K)."""
        q = self.q
        flat = q.reshape(-1, q.shape[2])
        gram = flat.T @ apply(weights, q).reshape(flat.shape)
        return self._sandwich(gram) - self.own @ weights @ self.own

    def _sandwich(self, matrix: Array) -> Array:
        """Return Q_j C Q_j', shape (B, K, K)."""
        side = self._product(self.q, matrix)
        if side.shape[1] == 1:
            return np.asarray(np.einsum("bkp,bkp->bk", side, self.q)[:, :, None])
        return np.asarray(side @ self.q.swapaxes(1, 2))

    @lazy
    def _tests(self) -> Array:
        """Test rows in the coordinates of L, shape (T, P)."""
        from scipy.linalg import blas

        return np.asarray(blas.dtrsm(1.0, self.lower, self.features.tests.T, lower=1).T)

    @lazy
    def _onto_own(self) -> Array:
        """A test row on its own sample, in units, shape (left out, 1, K)."""
        many = self.features.left_out
        return np.asarray(self._tests[:many, None, :] @ self.q[:many].swapaxes(1, 2))

    def predictions(self, targets: Array, residuals: Array) -> Array:
        """Return what is predicted of the tests, their own samples left out, shape (T, t)."""
        found = self._tests @ self._mean(apply(self.root, targets))
        many = self.features.left_out
        found[:many] -= (self._onto_own @ residuals[:many])[:, 0]
        return np.asarray(found)

    @lazy
    def exposure(self) -> Array:
        """How a sample's residuals weigh on the tests: mean of D_tj'D_tj, shape (B, K, K)."""
        many, tests = self.features.left_out, self._tests
        if many:
            tests = tests.copy()
            tests[:many] += (self._onto_own @ self.q[:many])[:, 0]
        found = self._sandwich(tests.T @ tests)
        if many:
            own = tests[:many, None, :] @ self.q[:many].swapaxes(1, 2)
            found[:many] -= own.swapaxes(1, 2) @ own
        return np.asarray(found / tests.shape[0])
