r"""Newton's polynomials on the mask ratios of a law, of floats or of decimals.

:math:`n_i(x) = \prod_{j < i} (x - x_j)` up to a factor. The coefficients of a function are its
divided differences, however close the ratios: nothing is lost that a difference of values would
lose. Points far from each other in turn (Leja) keep the n_i apart.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Newton", "Places", "newton"]

Array = NDArray[Any]  # of floats or of decimals


@dataclass(frozen=True)
class Places:
    """Where mask ratios p = low + width x are, with more digits than 1 - p or p itself may have."""

    x: Array
    low: Any = 0.0
    width: Any = 1.0

    def of(self, mask_ratio: Any) -> Any:
        """Return the place of a mask ratio."""
        return (mask_ratio - self.low) / self.width


@dataclass(frozen=True)
class Newton:
    """The polynomials of degree below the number m of points."""

    degree: int  #: of the Legendre polynomials, at least m - 1
    points: Array  #: shape (m,)
    steps: Array  #: n_i has the factor (x - x_(i-1))/steps_i
    low: Any
    width: Any

    def __call__(self, x: Array) -> Array:
        """Return n_0 ... n_(m-1), shape (*x.shape, m)."""
        found = [x * 0 + 1]
        for point, step in zip(self.points[:-1], self.steps[1:], strict=True):
            found.append(found[-1] * (x - point) / step)
        return np.stack(found, axis=-1)

    def legendre(self) -> Array:
        """Return the coefficients of P_0(2q - 1), ... in the n_i, shape (m, degree + 1)."""
        return self._differences(self.points, self.steps)

    def rest(self, x: Any) -> Array:
        """Return what the n_i leave of P_0(2q - 1), ... at x, shape (degree + 1,)."""
        if self.points.size > self.degree:
            return np.full(self.degree + 1, x * 0)
        points, steps = np.append(self.points, x), np.append(self.steps, self.steps[:1])
        beyond = self(np.asarray(x))[-1] * (x - self.points[-1])
        return np.asarray(beyond * self._differences(points, steps)[-1])

    def _differences(self, points: Array, steps: Array) -> Array:
        """Return scaled divided differences by the recurrence of the polynomials."""
        argument = (1 - 2 * self.low) - 2 * self.width * points
        slope = -2 * self.width * steps[1:]
        found = [argument * 0]
        found[0][0] += 1
        for n in range(self.degree):
            raised = argument * found[n]
            raised[1:] += slope * found[n][:-1]
            raised *= 2 * n + 1
            if n:
                raised -= n * found[n - 1]
            found.append(raised / (n + 1))
        return np.stack(found, axis=-1)


def newton(places: Places, degree: int, first: Array) -> Newton:
    """Return the polynomials on at most degree + 1 of the places, `first` before others."""
    x = places.x
    points: list[Any] = []
    steps: list[Any] = []
    product = x * 0 + 1
    while len(points) <= degree:
        size = abs(product)
        if len(points) < first.size:
            size = np.where(np.isin(x, first), size, 0 * size)
        place, step = x[np.argmax(size)], size.max()
        if not step > 0:
            break
        points.append(place)
        steps.append(step)
        product = product / step * (x - place)
    return Newton(degree, np.array(points), np.array(steps), places.low, places.width)
