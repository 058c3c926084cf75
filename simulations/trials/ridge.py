"""Min-norm and ridge regression on given rows, for many responses at once."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulations.trials.masks import Moments

__all__ = ["Gram", "MarginalRidge", "Ridge", "lower_factor"]

Array = NDArray[np.float64]

# Reciprocal condition number of the Gram matrix below which its Cholesky factor is not used.
_ILL_CONDITIONED = 1e-11
#: Columns of an inverse that are squared at a time, to bound the memory.
COLUMNS = 512


class Gram:
    """Rows, and the Gram matrix of their smaller side; regressions with any penalty share it.

    Parameters
    ----------
    rows : array, X, shape (N, d), or a function that returns it
        Masked training rows. Rows and features of zeros are allowed: they leave the solution of
        the others as it is. A function is called whenever the rows are needed: they are the
        largest table, and once the Gram matrix is there they seldom are.
    """

    def __init__(self, rows: Array | Callable[[], Array]) -> None:
        self._rows = rows
        table = self.rows
        self.shape = table.shape
        self.primal = table.shape[0] > table.shape[1]
        self.matrix = table.T @ table if self.primal else table @ table.T
        diagonal = np.einsum("ii->i", self.matrix)
        #: Features (rows, if there are fewer of them) that are zero. Any pivot serves them, since
        #: they meet zeros alone; the mean of the others leaves the condition number as it is.
        self.dead = np.flatnonzero(diagonal == 0)
        if self.dead.size:
            live = diagonal.size - self.dead.size
            diagonal[self.dead] = diagonal.sum() / live if live else 1.0

    @property
    def rows(self) -> Array:
        """X, shape (N, d)."""
        return self._rows() if callable(self._rows) else self._rows


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
        self.factor = self._cholesky() if gram.matrix.size else gram.matrix
        self.singular = self._svd() if self.factor is None else None

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients, shape (d, r), of `responses`, shape (N, r)."""
        gram = self.gram
        if gram.shape[0] == 0:
            return np.zeros((gram.shape[1], responses.shape[1]))
        if self.singular is not None:
            left, filtered, right = self.singular
            return np.asarray(right.T @ (filtered[:, None] * (left.T @ responses)))
        if gram.primal:
            # LAPACK's order of columns, in which it solves in place.
            return self.solve((responses.T @ gram.rows).T)
        return np.asarray(gram.rows.T @ self.solve(responses))

    def solve(self, moments: Array) -> Array:
        r"""Return :math:`G^{-1}` times the moments, which are overwritten in LAPACK's order.

        With more rows than features the coefficients of y are those of the moments X'y.
        """
        from scipy.linalg.lapack import dpotrs

        in_place = not moments.flags.c_contiguous
        return np.asarray(dpotrs(self.factor, moments, lower=1, overwrite_b=in_place)[0])

    def noise_trace(self, second: Array) -> float:
        r"""Return the trace of :math:`B'S B`, with B the map from responses to coefficients.

        Independent noise of unit variance in each row adds it to the risk, `second` being the
        second moment S of the test inputs. With more rows than features
        :math:`BB' = G^{-1} - \mu G^{-2}` for :math:`G = X'X + \mu`.
        """
        gram = self.gram
        if self.singular is not None:
            _, filtered, right = self.singular
            units = filtered[:, None] * right
            return float(np.einsum("ij,ij->", units @ second, units))
        if not gram.primal:
            units = self.coefficients(np.eye(gram.shape[0]))
            return float(np.einsum("ij,ij->", units, second @ units))
        from scipy.linalg.lapack import dpotri

        inverse = dpotri(self.factor, lower=1)[0]  # only its lower triangle counts
        inverse[gram.dead, gram.dead] = 0.0
        # Column by column, or some of them: no further table of this size.
        below = [inverse[j:, j] @ second[j, j:] for j in range(second.shape[0])]
        trace = 2 * np.sum(below) - inverse.diagonal() @ second.diagonal()
        if self.total_penalty > 0:
            for j in range(second.shape[0]):
                inverse[j, j:] = inverse[j:, j]
            for start in range(0, second.shape[0], COLUMNS):
                some = slice(start, start + COLUMNS)
                square = inverse @ inverse[:, some]
                trace -= self.total_penalty * np.einsum("ij,ij->", square, second[:, some])
        return float(trace)

    def _cholesky(self) -> Array | None:
        # The transpose of a symmetric matrix is the same in LAPACK's order of columns.
        matrix = self.gram.matrix.copy().T
        if self.total_penalty > 0:
            np.einsum("ii->i", matrix)[:] += self.total_penalty
        return lower_factor(matrix)

    def _svd(self) -> tuple[Array, Array, Array]:
        """Return left vectors, filtered inverse singular values and right vectors."""
        rows = self.gram.rows
        left, values, right = np.linalg.svd(rows, full_matrices=False)
        tiny = values <= max(rows.shape) * np.finfo(float).eps * values[0]
        values = np.where(tiny, np.inf, values)  # 1/inf = 0: those directions are not used
        return left, 1 / (values + self.total_penalty / values), right


def lower_factor(matrix: Array) -> Array | None:
    """Return the lower Cholesky factor, or None if the matrix is ill-conditioned.

    The matrix is overwritten if it is in LAPACK's order of columns.
    """
    from scipy.linalg.lapack import dlange, dpocon, dpotrf

    norm = dlange("1", matrix)  # type: ignore[call-arg]
    factor, failed = dpotrf(matrix, lower=1, overwrite_a=1)
    if failed or dpocon(factor, norm, uplo="L")[0] < _ILL_CONDITIONED:
        return None
    return np.asarray(factor)


class MarginalRidge:
    r"""Regression on infinitely many masks of every row (eq-classes-K-inf).

    The squared loss averaged over masks is
    :math:`b'(\overline{q^2} S + \overline{qp}\, D(S) + \lambda) b - 2 \bar q\, b'X'y/n` with
    :math:`S = X'X/n` and D(S) its part between features that are masked together, its diagonal or
    its blocks: in features multiplied by :math:`\Delta^{-1/2}`,
    :math:`\Delta = \overline{qp}\, D(S) + \lambda`, it is a ridge regression with penalty
    :math:`1/\overline{q^2}`; min-norm if nothing is masked or penalised.

    Parameters
    ----------
    rows : array, X, shape (n, d)
        Unmasked training rows.
    penalty : float, lambda
    means : Moments
        Means of q^2, q p and q over the masks, times their loss weights.
    groups : labels, shape (d,), optional
        Features with the same label are masked together.
    excluded : list of int
        Features that are left out.
    """

    def __init__(
        self,
        rows: Array,
        penalty: float,
        means: Moments,
        groups: Sequence[Hashable] | None = None,
        excluded: Sequence[int] = (),
    ) -> None:
        self.features = rows.shape[1]
        self.inflation = means.keep / means.square if means.square > 0 else 0.0
        if self.inflation == 0:
            return
        min_norm = means.cross == 0 and penalty == 0
        if min_norm:
            root = _inverse_root(np.ones(self.features), excluded)
        elif groups is None:
            power = means.cross * np.einsum("ij,ij->j", rows, rows) / rows.shape[0] + penalty
            root = _inverse_root(power, excluded)
        else:
            root = _inverse_root_of_blocks(rows, penalty, means.cross, groups, excluded)
        self.root = root
        self.ridge = Ridge(
            Gram(lambda: _product(rows, root)), 0.0 if min_norm else 1 / means.square
        )

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients, shape (d, r), of `responses`, shape (n, r)."""
        if self.inflation == 0:
            return np.zeros((self.features, responses.shape[1]))
        return np.asarray(self.inflation * (self.root @ self.ridge.coefficients(responses)))

    def noise_trace(self, second: Array) -> float:
        """Return what noise of unit variance in each row adds to the risk; see `Ridge`."""
        if self.inflation == 0:
            return 0.0
        scaled = _product(self.root @ second, self.root)
        return self.inflation**2 * self.ridge.noise_trace(scaled)


def _inverse_root(power: Array, excluded: Sequence[int]) -> Any:
    """Return the inverse root of a diagonal matrix, sparse."""
    from scipy.sparse import diags_array

    # A feature that is zero in every row carries nothing, and its scale is not needed.
    scale = 1 / np.sqrt(np.where(power > 0, power, np.inf))
    scale[list(excluded)] = 0.0
    return diags_array(scale, format="csr")


def _inverse_root_of_blocks(
    rows: Array, penalty: float, cross: float, groups: Sequence[Hashable], excluded: Sequence[int]
) -> Any:
    """Return the inverse root of Delta, sparse, group by group."""
    from scipy.sparse import coo_array

    labels = np.asarray(groups)
    out = np.isin(np.arange(labels.size), list(excluded))
    entries: list[tuple[Array, Any, Any]] = []
    for label in np.unique(labels):
        places = np.flatnonzero((labels == label) & ~out)
        some = rows[:, places]
        power = cross * (some.T @ some) / rows.shape[0] + penalty * np.eye(places.size)
        values, vectors = np.linalg.eigh(power)
        # What is constant within a group in every row carries nothing beside the others.
        tiny = values <= places.size * np.finfo(float).eps * values[-1:].sum()
        root = (vectors / np.sqrt(np.where(tiny, np.inf, values))) @ vectors.T
        left, right = np.meshgrid(places, places, indexing="ij")
        entries.append((root.ravel(), left.ravel(), right.ravel()))
    values, left, right = map(np.concatenate, zip(*entries, strict=True))
    return coo_array((values, (left, right)), (labels.size, labels.size)).tocsr()


def _product(table: Array, sparse: Any) -> Array:
    """Multiply a table from the right, some rows at a time: it is large."""
    out = np.empty_like(table)
    for start in range(0, table.shape[0], COLUMNS):
        some = slice(start, start + COLUMNS)
        out[some] = table[some] @ sparse
    return out
