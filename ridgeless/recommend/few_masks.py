r"""The error with K masks per sample: masks are drawn, and the masked copies of a row go together.

Every target has a regression of its own, on the rows where it is masked (all rows for a named
column). Without the copies B of row i

.. math:: \hat b_{-i} = \hat b - C X_B' (1 - H_{BB})^{-1} r_B , \qquad C = (X'X + N\varrho)^{-1} ,

exactly, which is the error on a row that was not trained on (eq-recommend-few-masks). Means and
variances are those of all rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgeless.recommend.leave_one_out import Errors

__all__ = ["Few", "drawn"]

Array = NDArray[np.float64]
Labels = NDArray[np.intp]

SMALLEST = 1e-11  # penalty that stands for none, in units of the largest eigenvalue
NO_ROW = 1e-300


@dataclass(frozen=True)
class Few:
    """How training rows and test inputs are masked."""

    masks: int
    fill: str
    test_fill: str
    ridge: float
    test_mask_ratio: float
    every_row: bool  # rows count whether or not their target is masked


def drawn(
    Z: Array,
    ratios: Sequence[float],
    few: Few,
    targets: Labels,
    labels: Labels,
    rng: np.random.Generator,
) -> Errors:
    """Return errors by ratio of one draw of masks; `labels` number the groups of features."""
    n, d = Z.shape
    count = int(labels.max()) + 1
    # One uniform number per mask and group: ratios share them, so that curves are smooth.
    uniform = rng.random((few.masks, n, count))[:, :, labels].reshape(few.masks * n, d)
    sample = np.tile(np.arange(n), few.masks)
    errors = Errors.empty(len(ratios), n, targets.size)
    for place, p in enumerate(ratios):
        hidden = uniform < p
        scale = 1.0 if few.fill == "zero" else 1.0 / (1.0 - p)
        X = np.where(hidden, 0.0, Z[sample] * scale)
        for column, j in enumerate(targets):
            counted = np.ones(len(X), dtype=bool) if few.every_row else hidden[:, j]
            squares = _left_out(X, Z, j, labels, sample, counted, few)
            errors.rows[place] += squares / targets.size
            errors.targets[place, column] = squares.mean()
    errors.null = np.mean(Z[:, targets] ** 2, axis=1)
    return errors


def _left_out(
    X: Array, Z: Array, j: int, labels: Labels, sample: Labels, counted: NDArray[np.bool_], few: Few
) -> Array:
    """Return the squared error on every row, without its own copies."""
    others = labels != labels[j]
    test, y = Z[:, others], Z[:, j]
    if not counted.any():
        return np.square(y)
    rows, own = X[counted][:, others], sample[counted]
    weights = _coefficients(rows, y[own], own, test.shape[0], few.ridge * len(rows))
    seen = 1.0 - few.test_mask_ratio
    mean, variance = seen, seen * few.test_mask_ratio
    if few.test_fill == "rescale":
        mean, variance = (1.0, few.test_mask_ratio / seen) if seen > 0 else (0.0, 0.0)
    fitted = np.einsum("ij,ij->i", test, weights)
    error = np.square(y - mean * fitted)
    if variance > 0:
        parts = np.zeros((len(y), int(labels.max()) + 1))
        np.add.at(parts.T, labels[others], (test * weights).T)
        error += variance * np.square(parts).sum(axis=1)
    return np.asarray(error)


def _coefficients(rows: Array, y: Array, own: Labels, samples: int, penalty: float) -> Array:
    """Return the coefficients without the copies of each sample, shape (samples, columns)."""
    N, d = rows.shape
    order = np.argsort(own, kind="stable")
    rows, y, own = rows[order], y[order], own[order]
    dual = d > N
    K = rows @ rows.T if dual else rows.T @ rows
    top = float(np.linalg.eigvalsh(K)[-1])
    if top <= NO_ROW:
        return np.zeros((samples, d))
    C = np.linalg.inv(K + max(penalty, SMALLEST * top) * np.eye(len(K)))
    C = (C + C.T) / 2
    if dual:
        # (Cy)_B = C_BB e_B: what is fitted without B has zeros for B.
        alpha = C @ y
        whole, spread = rows.T @ alpha, rows.T @ C
    else:
        whole, spread = C @ (rows.T @ y), C @ rows.T
        residual = y - rows @ whole
    out = np.tile(whole, (samples, 1))
    starts, sizes = np.unique(own, return_index=True, return_counts=True)[1:]
    for size in np.unique(sizes):
        # All samples with so many counted copies at once.
        some = starts[sizes == size]
        B = some[:, None] + np.arange(size)
        if dual:
            blocks = C[B[:, :, None], B[:, None, :]]
            step = np.linalg.solve(blocks, alpha[B][:, :, None])[:, :, 0]
        else:
            blocks = np.eye(size) - np.einsum("aid,dab->aib", rows[B], _of(spread, B))
            step = np.linalg.solve(blocks, residual[B][:, :, None])[:, :, 0]
        out[own[some]] -= np.einsum("dab,ab->ad", _of(spread, B), step)
    return out


def _of(spread: Array, B: Labels) -> Array:
    """Return columns of `spread` by sample and copy, shape (d, samples, copies)."""
    return spread[:, B.ravel()].reshape(len(spread), *B.shape)
