"""Fixed points x = f(x) by Anderson's acceleration."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["FixedPoint", "fixed_point"]

Array = NDArray[np.float64]

DEPTH, STEPS = 6, 300
#: A residual so many times the best one starts the memory anew.
WORSE = 10


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
    moves: list[tuple[Array, Array]] = []  # of the residual and of the value
    last: tuple[Array, Array] | None = None
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
        if size > WORSE * best.residual:
            moves, last = [], None
        if last is not None:
            moves = [*moves[1 - DEPTH :], (residual - last[0], value - last[1])]
        last = residual, value
        x = value - combined(moves, residual)
    return best._replace(steps=STEPS)


def combined(moves: list[tuple[Array, Array]], residual: Array) -> Array | float:
    """Return the move of the value whose move of the residual is closest to the residual."""
    if not moves:
        return 0.0
    gram = np.array([[np.dot(one, other) for one, _ in moves] for other, _ in moves])
    side = np.array([np.dot(move, residual) for move, _ in moves])
    # Moves shrink by decades: each counts by its own length.
    scale = 1 / np.sqrt(np.diag(gram).clip(min=np.finfo(float).tiny))
    inverse = np.linalg.pinv(gram * scale * scale[:, None], rcond=1e-13, hermitian=True)
    share = scale * (inverse @ (scale * side))
    moved = [x * move for x, (_, move) in zip(share, moves, strict=True)]
    return np.asarray(np.sum(moved, axis=0))
