"""Tokens on which networks and theories are compared: each is hidden in every test row."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from validation.datasets.tokens import Tokens
from validation.target_groups import linear_residuals

__all__ = ["PLACES", "Asked", "Rows", "counted", "frequency", "inputs_of", "places", "rows_of"]

Array = NDArray[np.float64]

#: Tokens compared, from easy to hard to predict linearly.
PLACES = 4


class Asked(NamedTuple):
    """A token that is hidden, and what is seen beside it."""

    X: Array  #: rows with the token blank, shape (N, L c)
    y: Array  #: its values that count, shape (N, t)


@dataclass(frozen=True)
class Rows:
    """Samples as rows: zero is the mean of the training pool, and what a hidden token shows."""

    data: Tokens
    values: Array  #: shape (N, L, c)

    def without(self, token: int) -> Asked:
        """Return the question of one token."""
        seen = self.values.copy()
        seen[:, token] = 0.0
        y = self.values[:, token][:, counted(self.data)[token]]
        return Asked(seen.reshape(len(seen), -1), y)


def rows_of(data: Tokens, samples: NDArray[Any]) -> Rows:
    """Return samples as rows; symbols are indicators less their frequency."""
    values = data.columns(samples).astype(np.float64)
    if data.symbols:
        values -= frequency(data)
    return Rows(data, values)


def inputs_of(data: Tokens, rows: Array) -> tuple[NDArray[Any], NDArray[np.bool_]]:
    """Return what a model is given, inputs and which tokens are hidden, from rows it may see.

    A token that is nothing but zeros is hidden, unless it never varies.
    """
    values = rows.reshape(len(rows), data.length, -1)
    hidden = np.logical_not(values.any(axis=2)) & counted(data).any(axis=1)
    if not data.symbols:
        return values.astype(np.float32), np.asarray(hidden)
    return (values + frequency(data)).argmax(axis=2), np.asarray(hidden)


@lru_cache(maxsize=8)
def counted(data: Tokens) -> NDArray[np.bool_]:
    """Return which values count and vary, shape (L, c)."""
    varies = data.columns(data.train).std(axis=0) > 0
    return np.asarray(data.counted & varies)


@lru_cache(maxsize=8)
def places(data: Tokens) -> tuple[int, ...]:
    """Return the tokens that are compared, spread evenly from easy to hard."""
    residual = linear_residuals(data)
    known = np.flatnonzero(np.isfinite(residual).any(axis=1) & counted(data).any(axis=1))
    order = known[np.argsort(np.nanmean(residual[known], axis=1), kind="stable")]
    at = (np.arange(PLACES) + 0.5) / PLACES * len(order)
    return tuple(sorted({int(order[int(place)]) for place in at}))


@lru_cache(maxsize=8)
def frequency(data: Tokens) -> Array:
    """Return how often each symbol comes at each place of the pool, shape (L, V)."""
    return np.asarray(data.columns(data.train).mean(axis=0), dtype=np.float64)
