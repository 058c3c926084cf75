r"""The medium that random subsets of the rows look like: the noise N at which it is consistent.

.. math:: A = (K + N)^{-1}, \qquad N_i = M\,\text{base} + \Big(\frac Mn - 1\Big)T_i, \qquad
          T_i = A_{ii}^{-1} - N_i

(eq-rows-fixed-point), by Anderson's acceleration of log T. Base times e is the ridge. M enters by
1/n' = 1/n - 1/M alone (eq-rows-collapse).
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import ConvergenceError
from ridgeless.rows.anderson import fixed_point
from ridgeless.rows.blocks import logarithm, power

__all__ = ["Medium", "Solution", "Space", "solve"]

Array = NDArray[np.float64]

#: Largest change of log T at which the iteration stops, and at which its end is still believed.
TOLERANCE, BELIEVED = 1e-10, 1e-6


class Medium(Protocol):
    """Rows at one noise, through features or a kernel."""

    @property
    def inverse_medium(self) -> Array:
        """G_i = A_ii^-1, shape (B, K, K)."""

    @property
    def cavity(self) -> Array:
        """T, shape (B, K, K)."""

    @property
    def exposure(self) -> Array:
        """How a sample's residuals weigh on the tests, shape (B, K, K)."""

    def residuals(self, targets: Array) -> Array:
        """Return the leave-one-out residuals in units of the medium, shape (B, K, t)."""

    def predictions(self, targets: Array, residuals: Array) -> Array:
        """Return what is predicted of the tests, their own samples left out, shape (T, t)."""

    def coupled(self, weights: Array) -> Array:
        """Return the sum over other samples i of A_ji W_i A_ij, in units, shape (B, K, K)."""


class Space(Protocol):
    """Rows, by features or by a kernel."""

    @property
    def left_out(self) -> int:
        """How many tests leave out a sample, that of their number."""

    @property
    def norms(self) -> Array:
        """Inner products within samples, shape (B, K, K)."""

    def at(self, noise: Array, e: float) -> Medium:
        """Return the medium in which the rows have this noise N, shape (B, K, K)."""


class Solution(NamedTuple):
    """The medium, and how it was found."""

    medium: Medium
    logarithms: Array  #: of T: where a neighbouring problem may start
    residual: float  #: the certificate: largest change of log T in one more step
    steps: int


def solve(
    space: Space,
    absent: Array,
    size: int,
    samples: float,
    base: float,
    e: float,
    start: Array,
) -> Solution:
    """Return the medium of subsets of so many samples, out of `size`.

    `absent`, shape (B, K, K), is one on the diagonal where a sample has no row.
    """
    ratio = size / samples - 1
    floor = size * base * np.eye(absent.shape[1]) + absent

    def noise(logarithms: Array) -> Array:
        return floor + ratio * power(logarithms.reshape(absent.shape))

    def act(logarithms: Array) -> Array:
        level = noise(logarithms)
        own = np.einsum("bkk->bk", level)
        if not (np.isfinite(level).all() and (own > 0).all()):
            return np.full(logarithms.shape, np.inf)  # it runs away: there is no fixed point
        return logarithm(space.at(level, e).cavity + absent).ravel()

    if ratio == 0:
        return Solution(space.at(np.broadcast_to(floor, absent.shape), e), start, 0.0, 0)
    found = fixed_point(act, start.ravel(), TOLERANCE)
    if not found.residual <= BELIEVED:
        raise ConvergenceError(
            f"the effective ridges of {samples:g} out of {size} samples were not found: after "
            f"{found.steps} steps they still move by {found.residual:.1e}, at ridge {base * e:g}; "
            "as many rows as directions and no ridge is where that happens"
        )
    logarithms = found.x.reshape(absent.shape)
    return Solution(space.at(noise(logarithms), e), logarithms, found.residual, found.steps)
