"""Min-norm and ridge regression on given rows, for many responses at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from simulations.masks import Moments

__all__ = ["Gram", "MarginalRidge", "Ridge"]

Array = NDArray[np.float64]

# Reciprocal condition number of the Gram matrix below which its Cholesky factor is not used.
_ILL_CONDITIONED = 1e-11


class Gram:
    """Rows, and the Gram matrix of their smaller side; regressions with any penalty share it.

    Parameters
    ----------
    rows : array, X, shape (N, d)
        Masked training rows. Rows and features of zeros are allowed: they leave the solution of
        the others as it is.
    """

    def __init__(self, rows: Array) -> None:
        self.shape = rows.shape
        self.primal = rows.shape[0] > rows.shape[1]
        matrix = rows.T @ rows if self.primal else rows @ rows.T
        #: Indices of the features (of the rows, if there are fewer of them) that are not zero.
        self.live = np.flatnonzero(matrix.diagonal() > 0)
        if self.live.size < matrix.shape[0]:
            matrix = matrix[np.ix_(self.live, self.live)]
            rows = rows[:, self.live] if self.primal else rows[self.live]
        self.rows, self.matrix = rows, matrix


class Ridge:
    r"""Ridge regression, or min-norm regression where the penalty is zero (eq-model).

    .. math:: \hat\beta = \lim_{\mu \downarrow N\lambda} (X'X + \mu)^{-1} X'y
                        = \lim_{\mu \downarrow N\lambda} X'(XX' + \mu)^{-1} y

    by a Cholesky factor of the smaller of the two Gram matrices; by singular values where that
    is ill-conditioned.

    Parameters
    ----------
    gram : Gram
    penalty : float, lambda in units of the eigenvalues
        N counts all rows, those of zeros too.

    Examples
    --------
    >>> Ridge(Gram(np.array([[1.0, 1.0]])), 0.0).coefficients(np.array([[2.0]]))
    array([[1.],
           [1.]])
    """

    def __init__(self, gram: Gram, penalty: float) -> None:
        self.gram = gram
        self.total_penalty = penalty * gram.shape[0]
        self.factor = self._cholesky() if gram.live.size else None
        self.singular = self._svd() if gram.live.size and self.factor is None else None

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients, shape (d, r), of `responses`, shape (N, r)."""
        gram = self.gram
        if gram.live.size == 0:
            return np.zeros((gram.shape[1], responses.shape[1]))
        y = responses
        if not gram.primal and gram.live.size < gram.shape[0]:
            y = responses[gram.live]
        if self.factor is not None:
            from scipy.linalg import cho_solve

            y = gram.rows.T @ y if gram.primal else y
            solved = cho_solve((self.factor, True), y, overwrite_b=gram.primal, check_finite=False)
            found = solved if gram.primal else gram.rows.T @ solved
        else:
            assert self.singular is not None
            left, filtered, right = self.singular
            found = right.T @ (filtered[:, None] * (left.T @ y))
        if not gram.primal or gram.live.size == gram.shape[1]:
            return np.asarray(found)
        out = np.zeros((gram.shape[1], responses.shape[1]))
        out[gram.live] = found
        return out

    def noise_trace(self, second: Array) -> float:
        r"""Return the trace of :math:`B'S B`, with B the map from responses to coefficients.

        Independent noise of unit variance in each row adds it to the risk, `second` being the
        second moment S of the test inputs. With more rows than features
        :math:`BB' = G^{-1} - \mu G^{-2}` for :math:`G = X'X + \mu`.
        """
        gram = self.gram
        if not gram.primal or self.factor is None:
            units = self.coefficients(np.eye(gram.shape[0]))
            return float(np.einsum("ij,ij->", units, second @ units))
        from scipy.linalg.lapack import dpotri

        inverse = dpotri(self.factor, lower=1)[0]  # only its lower triangle counts
        if gram.live.size < gram.shape[1]:
            second = second[np.ix_(gram.live, gram.live)]
        if self.total_penalty > 0:
            inverse = np.tril(inverse) + np.tril(inverse, -1).T
            inverse -= self.total_penalty * (inverse @ inverse)
        # Column by column: no further table of this size.
        below = [inverse[j:, j] @ second[j, j:] for j in range(second.shape[0])]
        return float(2 * np.sum(below) - inverse.diagonal() @ second.diagonal())

    def _cholesky(self) -> Array | None:
        """Return the lower factor of the Gram matrix, or None if it is ill-conditioned."""
        from scipy.linalg.lapack import dpocon, dpotrf

        # The transpose of a symmetric matrix is the same in LAPACK's order of columns.
        matrix = self.gram.matrix.copy().T
        if self.total_penalty > 0:
            np.einsum("ii->i", matrix)[:] += self.total_penalty
        norm = float(np.abs(matrix).sum(axis=0).max())
        factor, failed = dpotrf(matrix, lower=1, overwrite_a=1)
        if failed or dpocon(factor, norm, uplo="L")[0] < _ILL_CONDITIONED:
            return None
        return np.asarray(factor)

    def _svd(self) -> tuple[Array, Array, Array]:
        """Return left vectors, filtered inverse singular values and right vectors."""
        rows = self.gram.rows
        left, values, right = np.linalg.svd(rows, full_matrices=False)
        tiny = values <= max(rows.shape) * np.finfo(float).eps * values[0]
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
            self.ridge = Ridge(Gram(rows), 0.0)
        elif means.square > 0:
            # A feature that is zero in every row carries nothing, and its scale is not needed.
            self.scale = 1 / np.sqrt(np.where(power > 0, power, np.inf))
            self.ridge = Ridge(Gram(rows * self.scale), 1 / means.square)

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients, shape (d, r), of `responses`, shape (n, r)."""
        if self.inflation == 0:
            return np.zeros((self.features, responses.shape[1]))
        coefficients = self.scale[:, None] * self.ridge.coefficients(responses)
        return self.inflation * coefficients

    def noise_trace(self, second: Array) -> float:
        """Return what noise of unit variance in each row adds to the risk; see `Ridge`."""
        if self.inflation == 0:
            return 0.0
        scaled = self.scale[:, None] * second * self.scale
        return self.inflation**2 * self.ridge.noise_trace(scaled)
