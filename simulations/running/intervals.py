"""How far a mean of independent values may be off."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["mean_interval", "standard_error"]


def standard_error(values: ArrayLike) -> Any:
    """Return the standard error of the mean along the first axis; infinite for a single value.

    Examples
    --------
    >>> standard_error([[1.0, 5.0], [3.0, 5.0]])
    array([1., 0.])
    """
    found: NDArray[np.float64] = np.asarray(values, dtype=np.float64)
    if len(found) < 2:
        return np.full(found.shape[1:], math.inf)[()]
    return found.std(axis=0, ddof=1) / math.sqrt(len(found))


def mean_interval(values: ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Return the mean of a list and half the width of its interval (Student).

    Examples
    --------
    >>> mean_interval([1.0, 2.0, 3.0])
    (2.0, 2.484)
    """
    from scipy.stats import t

    found = np.asarray(values, dtype=np.float64)
    if found.size < 2:
        return float(found.mean()), math.inf
    half = float(t.ppf(0.5 + confidence / 2, found.size - 1)) * float(standard_error(found))
    return float(found.mean()), half
