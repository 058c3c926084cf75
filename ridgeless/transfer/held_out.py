"""A ridge probe fitted on some rows and tested on the others, many times over."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.transfer.labels import Labels

__all__ = ["HeldOut", "held_out"]

Array = NDArray[np.float64]

SPLITS = 50


class HeldOut(NamedTuple):
    """Means over the splits in which a row was held out; rows that never were are left out."""

    squared: Array  #: squared error of each row, summed over targets, shape (rows,)
    wrong: Array | None  #: share of splits in which its class was missed; None without classes

    @property
    def classification(self) -> tuple[float, float]:
        """Return the share of wrong classes and its standard error over rows."""
        assert self.wrong is not None
        spread = self.wrong.std(ddof=1) / np.sqrt(self.wrong.size)
        return float(self.wrong.mean()), float(spread)


def held_out(
    Z: Array, labels: Labels, samples: int, ridge: float, seed: int, splits: int = SPLITS
) -> HeldOut:
    """Return errors of a probe on `samples` random rows, on the rows that are left.

    With all rows it is tested on each row without that one, exactly. The same seed draws the same
    splits, whatever the representation: comparisons are paired.
    """
    rows = len(Z)
    squared, wrong, tested = np.zeros(rows), np.zeros(rows), np.zeros(rows)
    rng = np.random.default_rng(seed)
    for _ in range(1 if samples == rows else splits):
        order = rng.permutation(rows)
        inside, outside = order[:samples], order[samples:]
        if samples == rows:
            outside = inside
            predicted = _left_out(Z[inside], labels.y[inside], ridge)
        else:
            predicted = Z[outside] @ fitted(Z[inside], labels.y[inside], ridge)
        tested[outside] += 1
        squared[outside] += np.square(labels.y[outside] - predicted).sum(axis=1)
        if labels.classes:
            chosen = (predicted + labels.shares).argmax(axis=1)
            wrong[outside] += chosen != labels.number[outside]
    some = tested > 0
    share = wrong[some] / tested[some] if labels.classes else None
    return HeldOut(squared[some] / tested[some], share)


def fitted(Z: Array, y: Array, ridge: float) -> Array:
    """Return coefficients of ridge regression, min-norm without a ridge."""
    n, width = Z.shape
    if ridge == 0:
        return np.asarray(np.linalg.lstsq(Z, y, rcond=None)[0])
    if n < width:
        return np.asarray(Z.T @ np.linalg.solve(Z @ Z.T + n * ridge * np.eye(n), y))
    return np.asarray(np.linalg.solve(Z.T @ Z + n * ridge * np.eye(width), Z.T @ y))


def _left_out(Z: Array, y: Array, ridge: float) -> Array:
    """Return what each row is predicted without it, the penalty staying n times the ridge."""
    left, singular, _ = np.linalg.svd(Z, full_matrices=False)
    power = singular**2
    level = max(len(Z) * ridge, len(Z) * np.finfo(float).eps * power[0])
    shrunk = left * (power / (power + level))
    leverage = np.minimum(np.einsum("nk,nk->n", shrunk, left), 1 - np.finfo(float).eps)
    residual = (y - shrunk @ (left.T @ y)) / (1 - leverage)[:, None]
    return np.asarray(y - residual)
