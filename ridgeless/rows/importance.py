"""Masks that follow what is important: large values are likelier hidden."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["IMPORTANCE", "important"]

#: What this shape of masks is called.
IMPORTANCE = "importance"


def important(
    ratios: NDArray[np.float64], values: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return masks, shape (rows, d), in which large values are likelier hidden.

    Features are drawn without replacement, with chances in proportion to |x|, until a share of
    the ratio is hidden; the number is rounded at random.
    """
    size = np.abs(values) + 1e-3 * np.abs(values).mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):  # a row of zeros hides any
        keys = np.log(size) + rng.gumbel(size=values.shape)
    ranks = (-keys).argsort(axis=1).argsort(axis=1)
    hidden = np.floor(ratios * values.shape[1] + rng.random(ratios.shape))
    return np.asarray(ranks < hidden[:, None])
