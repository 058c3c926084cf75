r"""Row power: samples whose features are all larger or smaller together.

Cells differ in library size, days in volatility, pictures in contrast: a sample is
:math:`x = \sqrt\varpi\,z` with z of covariance Sigma and a random power :math:`\varpi` of mean one
(eq-row-power). The fixed point meets it through :math:`\vartheta = 1/\varpi` alone.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import nonnegative_array, real_scalar, weights_array
from ridgeless.errors import DomainError

__all__ = [
    "DiscretePower",
    "LognormalPower",
    "PowerRule",
    "RowPower",
    "StudentPower",
    "checked_power",
    "without_power",
]

Array = NDArray[np.float64]

#: Beyond it powers leave the range of numbers.
WIDEST = 10.0
#: Logarithm of the weights of nodes that no sum of the fixed point sees.
NEGLIGIBLE = -92.0


class PowerRule(NamedTuple):
    """Nodes that stand for a law of powers, among the samples that have any."""

    inverse: Array  #: one over the power
    weight: Array  #: their probabilities, of sum one
    kept: float  #: share of the samples that have any


class RowPower(ABC):
    """A law of powers of mean one; the same object serves theory and simulation.

    A law of your own needs `rule` and `sample`.
    """

    #: Whether the mean of one over the power is finite; if not, interpolated noise has infinite
    #: variance.
    inverse_mean_is_finite: bool = True

    @abstractmethod
    def rule(self) -> PowerRule:
        """Return nodes whose sums stand for expectations over the law."""

    @abstractmethod
    def sample(self, rng: np.random.Generator, size: int) -> Array:
        """Draw independent powers, shape (size,)."""


@dataclass(frozen=True)
class StudentPower(RowPower):
    """Powers of Student rows: (degrees - 2) over a chi-squared of `degrees`, in (2, inf).

    Below five degrees rows have no fourth moment, and finite samples approach the theory slowly.

    Examples
    --------
    >>> rule = StudentPower(5.0).rule()
    >>> float(rule.weight @ rule.inverse)  # degrees/(degrees - 2)
    1.6666667
    """

    degrees: float

    def __post_init__(self) -> None:
        degrees = real_scalar("degrees", self.degrees)
        if not 2 < degrees < math.inf:
            raise DomainError(
                f"degrees must be above 2, for the rows to have a variance, and finite, got "
                f"{degrees!r}"
            )
        object.__setattr__(self, "degrees", degrees)

    def rule(self) -> PowerRule:
        """Trapezoids in the logarithm of one over the power, whose poles stay pi/2 away."""
        half = self.degrees / 2
        step = min(0.25, 0.8 / math.sqrt(self.degrees))
        low = math.log(half) + NEGLIGIBLE / half - 20 / math.sqrt(self.degrees)
        high = math.log(half + 45 + 6 * math.sqrt(half))
        u = low + step * np.arange(math.ceil((high - low) / step) + 1)
        logs = half * u - np.exp(u)
        logs -= logs.max()
        u, logs = u[logs > NEGLIGIBLE], logs[logs > NEGLIGIBLE]
        weight = np.exp(logs)
        return PowerRule(np.exp(u) / (half - 1), weight / weight.sum(), 1.0)

    def sample(self, rng: np.random.Generator, size: int) -> Array:
        """Draw independent powers."""
        return np.asarray((self.degrees - 2) / rng.chisquare(self.degrees, size))


@dataclass(frozen=True)
class LognormalPower(RowPower):
    """Powers exp(sigma z - sigma^2/2) with z standard normal, sigma in [0, 10].

    Examples
    --------
    >>> rule = LognormalPower(0.5).rule()
    >>> float(rule.weight @ rule.inverse)  # exp(sigma^2)
    1.284025
    """

    sigma: float

    def __post_init__(self) -> None:
        sigma = real_scalar("sigma", self.sigma)
        if not 0 <= sigma <= WIDEST:
            raise DomainError(f"sigma must be in [0, {WIDEST:g}], got {sigma!r}")
        object.__setattr__(self, "sigma", sigma)

    def rule(self) -> PowerRule:
        """Trapezoids in z, further on the side of small powers."""
        sigma = self.sigma
        if sigma == 0:
            return PowerRule(np.ones(1), np.ones(1), 1.0)
        # In the logarithm of the power a step of a quarter passes all poles.
        step = min(0.5, 0.25 / sigma)
        low, high = -9.5 - sigma, 9.5 + 2 * sigma
        z = low + step * np.arange(math.ceil((high - low) / step) + 1)
        weight = np.exp(-(z**2) / 2)
        return PowerRule(np.exp(sigma**2 / 2 - sigma * z), weight / weight.sum(), 1.0)

    def sample(self, rng: np.random.Generator, size: int) -> Array:
        """Draw independent powers."""
        return np.exp(self.sigma * rng.standard_normal(size) - self.sigma**2 / 2)


@dataclass(frozen=True, init=False)
class DiscretePower(RowPower):
    """Powers proportional to `values`, with probabilities proportional to `weights`.

    They are scaled to mean one. Samples of power 0 are rows of zeros, which still count as rows.

    Examples
    --------
    >>> DiscretePower([1.0, 3.0]).values
    (0.5, 1.5)
    """

    values: tuple[float, ...]
    weights: tuple[float, ...]

    def __init__(self, values: ArrayLike, weights: ArrayLike | None = None) -> None:
        powers = np.atleast_1d(nonnegative_array("values", values, finite=True))
        if powers.ndim != 1 or powers.size == 0:
            raise DomainError(f"values must be a non-empty list of powers, got {values!r}")
        chances = weights_array(weights, powers.size)
        chances = chances / math.fsum(chances)
        powers = powers / max(powers.max(), np.finfo(float).tiny)
        mean = math.fsum(chances * powers)
        if not mean > 0:
            raise DomainError("values must have a power above 0 with a positive weight")
        kept = chances > 0
        object.__setattr__(self, "values", tuple((powers[kept] / mean).tolist()))
        object.__setattr__(self, "weights", tuple(chances[kept].tolist()))

    def rule(self) -> PowerRule:
        """Return the positive powers themselves."""
        powers, chances = np.array(self.values), np.array(self.weights)
        some = powers > 0
        kept = math.fsum(chances[some])
        return PowerRule(1 / powers[some], chances[some] / kept, min(kept, 1.0))

    def sample(self, rng: np.random.Generator, size: int) -> Array:
        """Draw independent powers."""
        return np.asarray(rng.choice(self.values, size=size, p=np.array(self.weights)))


def checked_power(row_power: RowPower | None) -> RowPower | None:
    """Return the law of powers, if it is one."""
    if row_power is not None and not isinstance(row_power, RowPower):
        raise DomainError(
            "row_power must be None, StudentPower(degrees), LognormalPower(sigma) or "
            f"DiscretePower(values), got {row_power!r}"
        )
    return row_power


def without_power(front: str, row_power: RowPower | None) -> None:
    """Refuse a law of powers where it is not derived."""
    if checked_power(row_power) is not None:
        raise NotImplementedError(
            f"row_power is not derived for {front}; it is for risk, learned_fraction and "
            f"optimal_mask_ratio, got {row_power!r}"
        )
