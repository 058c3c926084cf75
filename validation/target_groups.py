"""Which columns linear regression predicts best and worst: the two tasks of one data set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from validation.datasets.tokens import Tokens

__all__ = ["column_groups", "linear_residuals"]

SAMPLES = 10_000
#: Relative ridge that keeps redundant columns apart from rounding.
RIDGE = 1e-6


def column_groups(data: Tokens) -> dict[str, NDArray[np.bool_]]:
    """Return the third of the columns that is easiest to predict, and the hardest third.

    A column is predicted linearly from all other tokens, on the whole training pool. Columns are
    values, shape (L, channels), or symbols wherever they stand, shape (symbols,).
    """
    residual = linear_residuals(data)
    if data.symbols:
        variance = data.columns(data.train[:SAMPLES]).var(axis=0)
        with np.errstate(invalid="ignore"):  # a symbol that never comes has no residual
            residual = np.nansum(residual * variance, axis=0) / variance.sum(axis=0)
    low, high = np.nanquantile(residual, [1 / 3, 2 / 3])
    return {"easy": residual <= low, "hard": residual >= high}


def linear_residuals(data: Tokens) -> NDArray[np.float64]:
    """Return the share of each column's variance that the other tokens leave, (L, channels).

    Columns that never vary have none (nan).
    """
    columns = data.columns(data.train[:SAMPLES]).astype(np.float64)
    tokens = np.broadcast_to(np.arange(data.length)[:, None], columns.shape[1:]).ravel()
    flat = columns.reshape(len(columns), -1)
    spread = flat.std(axis=0)
    varies = data.counted.ravel() & (spread > 0)
    rows = (flat[:, varies] - flat[:, varies].mean(axis=0)) / spread[varies]
    sigma = rows.T @ rows / len(rows)
    sigma[np.diag_indices_from(sigma)] += RIDGE
    left = np.full(flat.shape[1], np.nan)
    inverse = np.linalg.inv(sigma)
    # The residual covariance of a token, given the others, is the inverse of its block.
    places = np.flatnonzero(varies)
    for token in np.unique(tokens[varies]):
        own = np.flatnonzero(tokens[places] == token)
        left[places[own]] = np.diag(np.linalg.inv(inverse[np.ix_(own, own)]))
    return np.asarray(np.minimum(left, 1.0).reshape(columns.shape[1:]))
