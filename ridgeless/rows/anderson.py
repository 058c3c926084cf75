"""Fixed points x = f(x) by Anderson's acceleration."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["FixedPoint", "fixed_point"]

Array = NDArray[np.float64]

DEPTH, STEPS = 6, 300


class FixedPoint(NamedTuple):
    """Where the iteration ended, and its certificate."""

    x: Array
    residual: float  #: largest |f(x) - x|
    steps: int


def fixed_point(act: Callable[[Array], Array], x: Array, tolerance: float) -> FixedPoint:
    """Return the fixed point of `act` from the start `x`.

    Each step goes to the combination of the last iterates whose residuals cancel best. A plain
    step takes its place where that made things worse: plain steps contract.

    Examples
    --------
    >>> fixed_point(np.cos, np.ones(1), 1e-12).x
    array([0.739])
    """
    best = FixedPoint(x, np.inf, 0)
    values, residuals = [], []
    for step in range(1, STEPS + 1):
        value = act(x)
        residual = value - x
        size = float(np.abs(residual).max(initial=0.0))
        if size < best.residual:
            best = FixedPoint(x, size, step)
        if size <= tolerance:
            return FixedPoint(value, size, step)
        if not np.isfinite(size):
            break
        if size > 10 * best.residual:
            values, residuals = [], []
        values, residuals = [*values[-DEPTH:], value], [*residuals[-DEPTH:], residual]
        x = value
        if len(values) > 1:
            moves = np.diff(residuals, axis=0)
            share = np.linalg.pinv(moves @ moves.T, rcond=1e-14, hermitian=True) @ (moves @ residual)
            x = value - share @ np.diff(values, axis=0)
    return best._replace(steps=STEPS)
