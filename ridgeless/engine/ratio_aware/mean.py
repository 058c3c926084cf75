"""The mean predictor of ratio-aware regression, and its bias: in decimals where floats cancel."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.ratio_aware.digits import decimals, inverse, solve
from ridgeless.engine.ratio_aware.newton import Newton, Places, newton

__all__ = ["Mean", "Polynomials", "mean_answers"]

Array = NDArray[Any]  # of floats or of decimals

#: From eigenvalues to one minus the learned fraction, and its error per unit of relative rounding.
Missed = Callable[[Array], tuple[Array, Array]]


def mean_answers(
    missed: Missed, signal: tuple[Array, Array], points: Array, d0: Any, p_t: Any
) -> tuple[Array, Array]:
    """Return the bias and the fractions learnt at `points`, and their errors per unit of rounding.

    `signal`: positive eigenvalues and mass of beta; p_t: the test ratio.
    """
    values, mass = signal
    q_t = 1 - p_t
    lost, rough = missed(values)
    wrong = p_t + q_t * lost
    bias = (mass * values) @ wrong**2 + q_t * p_t * d0 * (mass @ (1 - lost) ** 2)
    error = (mass * values) @ (abs(wrong) * q_t * rough)
    error += q_t * p_t * d0 * (mass @ (abs(1 - lost) * rough))
    there = points > 0
    fractions, errors = 0 * points, 0 * points
    if there.any():
        lost, errors[there] = missed(points[there])
        fractions[there] = 1 - lost
    return np.append(np.array([bias]), fractions), np.append(np.array([2 * error]), errors)


@dataclass(frozen=True)
class Polynomials:
    """Newton's polynomials at the ratios of rows."""

    base: Newton
    values: Array  #: shape (rows, J')
    mask: Array
    norm: Array  #: the squared norm of the Legendre coefficients, shape (J', J')
    legendre: Array  #: the Legendre coefficients

    @classmethod
    def of(cls, places: Places, degree: int, digits: int | None) -> Polynomials:
        """Take the places as they are, and all else with so many digits."""
        x, low, width = (decimals(v, digits)[()] for v in (places.x, places.low, places.width))
        base = newton(Places(x, low, width), degree, x[:0])
        differences = base.legendre()
        norm = inverse(differences @ differences.T)
        return cls(base, base(x), low + width * x, norm, differences.T @ norm)

    def at(self, p_t: Any) -> Array:
        """Return them at any mask ratio."""
        x_t = (p_t - self.base.low) / self.base.width
        return np.asarray(self.base(np.asarray(x_t)) + self.base.rest(x_t) @ self.legendre)


@dataclass(frozen=True)
class Mean:
    """The predictor that a fixed point leaves on average (eq-ratio-aware-mean), all floats.

    Effective ridges only weigh the rows, so that an error of theirs does not cancel.
    """

    places: Places
    share: Array  #: w/g
    loss: Array
    degree: int
    e: float
    d0: float

    def missed(self, p_t: Any, digits: int) -> Missed:
        """Return one minus the learned fraction at a mask ratio."""
        rows, penalty, full, blurred, surplus = self._matrices(digits)
        phi_t = rows.at(p_t)
        beyond, d0 = 1 - phi_t[0], type(p_t)(self.d0)

        def found(s: Array) -> tuple[Array, Array]:
            lost, rough = 0 * s, 0 * s
            for i, value in enumerate(s):
                right = penalty[:, 0] + (d0 - value) * surplus
                own, growth = solve(penalty + value * full + blurred, right)
                lost[i] = beyond + own @ phi_t
                rough[i] = growth * abs(own).max() * abs(phi_t).sum() + abs(beyond)
            return lost, rough

        return found

    def _matrices(self, digits: int) -> tuple[Polynomials, Array, Array, Array, Array]:
        """Return the polynomials, e E, A1, A0 and the sum of w f/g phi."""
        rows = Polynomials.of(self.places, self.degree, digits)
        share, loss, e, d0 = (
            decimals(x, digits)[()] for x in (self.share, self.loss, self.e, self.d0)
        )
        load, phi = share * loss * (1 - rows.mask), rows.values
        full = (phi.T * (load * (1 - rows.mask))) @ phi
        blurred = d0 * ((phi.T * (load * rows.mask)) @ phi)
        return rows, e * rows.norm, full, blurred, (load * rows.mask) @ phi
