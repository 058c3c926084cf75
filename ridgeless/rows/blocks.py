"""Symmetric K x K blocks, one per sample; with one row per sample they are numbers."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["apply", "function", "inverse", "logarithm", "power", "root"]

Array = NDArray[np.float64]


def function(blocks: Array, act: Callable[[Array], Array]) -> Array:
    """Return a function of each symmetric block, shape (B, K, K), by its eigenvalues.

    Examples
    --------
    >>> function(np.array([[[2.0, 1.0], [1.0, 2.0]]]), np.log).round(3)
    array([[[0.549, 0.549],
            [0.549, 0.549]]])
    """
    if blocks.shape[1] == 1:
        return act(blocks)
    values, vectors = np.linalg.eigh(blocks)
    return np.asarray((vectors * act(values)[:, None, :]) @ vectors.swapaxes(1, 2))


def root(blocks: Array) -> Array:
    """Return the symmetric root of each block; rounding must have left it positive."""

    def act(values: Array) -> Array:
        if not (values > 0).all():
            raise np.linalg.LinAlgError("a block is not positive")
        return np.asarray(np.sqrt(values))

    return function(blocks, act)


def inverse(blocks: Array) -> Array:
    """Return the inverse of each block."""
    return np.asarray(1 / blocks if blocks.shape[1] == 1 else np.linalg.inv(blocks))


def logarithm(blocks: Array) -> Array:
    """Return the logarithm of each positive block; one without an exponent is the smallest."""
    return function(blocks, lambda x: np.log(np.maximum(x, np.finfo(float).tiny)))


def power(blocks: Array) -> Array:
    """Return the exponential of each block, infinite where that is beyond all numbers."""
    with np.errstate(over="ignore"):
        return function(blocks, np.exp)


def apply(blocks: Array, rows: Array) -> Array:
    """Return each block times its sample's rows, shape (B, K, P)."""
    return np.asarray(blocks * rows if blocks.shape[1] == 1 else blocks @ rows)
