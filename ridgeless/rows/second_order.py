r"""What the choice of the rows adds: weights of the squared leave-one-out residuals.

.. math:: Z_j = r\Big[\frac1T\sum_t D_{tj}'D_{tj}
          + \sum_{i \ne j}\tilde A_{ji}Z_i\tilde A_{ij}\Big], \qquad r = \frac Mn - 1

(eq-rows-variance), in units of the medium. The map is symmetric and its largest eigenvalue below
one, so that conjugate gradients solve it, for all targets at once.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import ConvergenceError
from ridgeless.rows.effective_ridge import Medium

__all__ = ["Weights", "weights"]

Array = NDArray[np.float64]

STEPS, TOLERANCE, BELIEVED = 500, 1e-10, 1e-6


class Weights(NamedTuple):
    """Weights of the residuals, and what they say about themselves."""

    values: Array  #: Z, shape (B, K, K)
    gain: float  #: largest eigenvalue of the map, below one: how near the threshold is
    residual: float  #: relative


def weights(medium: Medium, ratio: float) -> Weights:
    """Return the weights of residuals, for `ratio` r = M/n - 1.

    The largest eigenvalue comes from the same steps, by Lanczos.
    """
    start = ratio * medium.exposure
    values = np.zeros_like(start)
    if not start.any():
        return Weights(values, 0.0, 0.0)
    rest, direction = start, start
    sizes = [float(np.vdot(rest, rest))]
    steps: list[float] = []
    while len(steps) < STEPS and sizes[-1] > TOLERANCE**2 * sizes[0]:
        moved = direction - ratio * medium.coupled(direction)
        length = float(np.vdot(direction, moved))
        if length <= 0:
            break  # the largest eigenvalue is not below one
        steps.append(sizes[-1] / length)
        values = values + steps[-1] * direction
        rest = rest - steps[-1] * moved
        sizes.append(float(np.vdot(rest, rest)))
        direction = rest + (sizes[-1] / sizes[-2]) * direction
    residual = (sizes[-1] / sizes[0]) ** 0.5
    if not residual <= BELIEVED:
        raise ConvergenceError(
            "the variance was not found: the map between residuals has an eigenvalue of 1 or "
            f"more (residual {residual:.1e}); as many rows as directions and no ridge is where "
            "that happens"
        )
    return Weights(values, 1 - _least(np.array(sizes[:-1]), np.array(steps)), residual)


def _least(sizes: Array, steps: Array) -> float:
    """Return the least eigenvalue that the steps have seen (Lanczos)."""
    growth = sizes[1:] / sizes[:-1]
    diagonal = 1 / steps
    diagonal[1:] += growth / steps[:-1]
    beside = np.sqrt(growth) / steps[:-1]
    return float(np.linalg.eigvalsh(np.diag(diagonal) + np.diag(beside, -1))[0])
