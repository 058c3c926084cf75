"""Min-norm and ridge regression on given rows, for many responses at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulations.masks import Moments

__all__ = ["MarginalRidge", "Ridge"]

Array = NDArray[np.float64]

# Reciprocal condition number of the Gram matrix below which its Cholesky factor is not used.
_ILL_CONDITIONED = 1e-11


class Ridge:
    r"""Ridge regression, or min-norm regression where the penalty is zero (eq-estimator).

    .. math:: \hat\beta = \lim_{\mu \downarrow N\lambda} (X'X + \mu)^{-1} X'y
                        = \lim_{\mu \downarrow N\lambda} X'(XX' + \mu)^{-1} y

    by a Cholesky factor of the smaller of the two Gram matrices; by singular values where that
    is ill-conditioned.

    Parameters
    ----------
    rows : array, X, shape (N, d)
        Masked training rows. Rows and features of zeros are allowed: they leave the solution of
        the others as it is.
    penalty : float, lambda in units of the eigenvalues
        N counts all rows, those of zeros too.

    Examples
    --------
    >>> Ridge(np.array([[1.0, 1.0]]), 0.0).coefficients(np.array([[2.0]]))
    array([[1.],
           [1.]])
    """

    def __init__(self, rows: Array, penalty: float) -> None:
        self.shape = rows.shape
        self.features = np.flatnonzero(rows.any(axis=0))
        self.kept = np.flatnonzero(rows.any(axis=1))
        if self.features.size < rows.shape[1] or self.kept.size < rows.shape[0]:
            rows = rows[np.ix_(self.kept, self.features)]
        self.rows = rows
        self.total_penalty = penalty * self.shape[0]
        self.primal = rows.shape[0] > rows.shape[1]
        self.factor = self._cholesky() if rows.size else None
        self.singular = self._svd() if rows.size and self.factor is None else None

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients, shape (d, r), of `responses`, shape (N, r)."""
        out = np.zeros((self.shape[1], responses.shape[1]))
        if self.rows.size == 0:
            return out
        y = responses[self.kept]
        if self.factor is not None:
            from scipy.linalg import cho_solve

            y = self.rows.T @ y if self.primal else y
            solved = cho_solve((self.factor, True), y, check_finite=False)
            out[self.features] = solved if self.primal else self.rows.T @ solved
        else:
            assert self.singular is not None
            left, filtered, right = self.singular
            out[self.features] = right.T @ (filtered[:, None] * (left.T @ y))
        return out

    def _cholesky(self) -> Array | None:
        """Return the lower factor of the smaller Gram matrix, or None if it is ill-conditioned."""
        from scipy.linalg.lapack import dpocon, dpotrf

        side = self.rows if self.primal else self.rows.T
        gram = np.asfortranarray(side.T @ side)
        gram.flat[:: gram.shape[0] + 1] += self.total_penalty
        norm = np.abs(gram).sum(axis=0).max()
        factor, failed = dpotrf(gram, lower=1, overwrite_a=1)
        if failed or dpocon(factor, norm, uplo="L")[0] < _ILL_CONDITIONED:
            return None
        return np.asarray(factor)

    def _svd(self) -> tuple[Array, Array, Array]:
        """Return left vectors, filtered inverse singular values and right vectors."""
        left, values, right = np.linalg.svd(self.rows, full_matrices=False)
        tiny = values <= max(self.rows.shape) * np.finfo(float).eps * values[0]
        values = np.where(tiny, np.inf, values)  # 1/inf = 0: those directions are not used
        return left, 1 / (values + self.total_penalty / values), right


class MarginalRidge:
    r"""Regression on infinitely many masks of every row (eq-classes-K-inf).

    The squared loss averaged over masks is
    :math:`b'(\overline{q^2} S + \overline{qp}\,\mathrm{diag} S + \lambda) b
    - 2 \bar q\, b'X'y/n` with :math:`S = X'X/n`: in features scaled by
    :math:`\Delta^{-1/2}`, :math:`\Delta = \overline{qp}\,\mathrm{diag} S + \lambda`, it is a ridge
    regression with penalty :math:`1/\overline{q^2}`; min-norm if nothing is masked or penalised.

    Parameters
    ----------
    rows : array, X, shape (n, d)
        Unmasked training rows.
    penalty : float, lambda
    means : Moments
        Means of q^2, q p and q over the masks.
    """

    def __init__(self, rows: Array, penalty: float, means: Moments) -> None:
        power = means.cross * np.einsum("ij,ij->j", rows, rows) / rows.shape[0] + penalty
        self.features = rows.shape[1]
        self.inflation = means.keep / means.square if means.square > 0 else 0.0
        if means.cross == 0 and penalty == 0:
            self.scale = np.ones(self.features)
            self.ridge = Ridge(rows, 0.0)
        elif means.square > 0:
            # A feature that is zero in every row carries nothing, and its scale is not needed.
            self.scale = 1 / np.sqrt(np.where(power > 0, power, np.inf))
            self.ridge = Ridge(rows * self.scale, 1 / means.square)

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients, shape (d, r), of `responses`, shape (n, r)."""
        if self.inflation == 0:
            return np.zeros((self.features, responses.shape[1]))
        coefficients = self.scale[:, None] * self.ridge.coefficients(responses)
        return self.inflation * coefficients
