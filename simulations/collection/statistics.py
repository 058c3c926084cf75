"""Means and standard errors that add up batch by batch."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

__all__ = ["RiskEstimate", "Tally"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Tally:
    """Count, means and co-moments of the parts of a risk; tallies add.

    Floating-point addition depends on its order: fold batches in the order of their numbers.

    Examples
    --------
    >>> tally = Tally.of(np.array([[1.0, 0.0], [3.0, 0.0]])) + Tally.of(np.array([[5.0, 0.0]]))
    >>> tally.estimate()
    RiskEstimate(mean=3, standard_error=1.15, trials=3)
    """

    count: int
    means: Array  #: shape (parts,)
    comoments: Array  #: sum of outer products of deviations, shape (parts, parts)

    @classmethod
    def of(cls, trials: Array) -> Tally:
        """Tally trials, shape (trials, parts)."""
        means = trials.mean(axis=0)
        deviations = trials - means
        return cls(trials.shape[0], means, deviations.T @ deviations)

    def __add__(self, other: Tally) -> Tally:
        """Combine two tallies (Chan, Golub and LeVeque's pairwise update)."""
        count = self.count + other.count
        step = other.means - self.means
        spread = np.outer(step, step) * (self.count * other.count / count)
        return Tally(
            count,
            self.means + step * (other.count / count),
            self.comoments + other.comoments + spread,
        )

    def estimate(self) -> RiskEstimate:
        """Return the mean of the total risk, and its standard error."""
        if self.count < 2:
            raise ValueError(f"a standard error needs at least 2 trials, got {self.count}")
        scale = 1 / (self.count * (self.count - 1))
        errors = np.sqrt(np.diag(self.comoments) * scale)
        return RiskEstimate(
            mean=math.fsum(self.means),
            standard_error=math.sqrt(max(float(self.comoments.sum()), 0.0) * scale),
            trials=self.count,
            signal=float(self.means[0]),
            noise=float(self.means[1]),
            part_errors=(float(errors[0]), float(errors[1])),
        )


@dataclass(frozen=True)
class RiskEstimate:
    """A simulated risk: mean and standard error over independent trials."""

    mean: float
    standard_error: float
    trials: int
    #: Parts of the mean: the signal's is bias + design variance, the noise's the noise variance.
    signal: float = field(repr=False)
    noise: float = field(repr=False)
    part_errors: tuple[float, float] = field(repr=False)

    def z(self, theory: float) -> float:
        """Return (mean - theory) in standard errors; 0 where both agree to rounding.

        An infinite theory is infinitely far from any mean.
        """
        gap = self.mean - theory
        if math.isfinite(theory) and abs(gap) <= 1e-12 * max(abs(theory), 1e-3):
            return 0.0
        return (
            gap / self.standard_error if self.standard_error > 0 else math.copysign(math.inf, gap)
        )

    def __repr__(self) -> str:
        """Show three digits of the error."""
        return (
            f"RiskEstimate(mean={self.mean:.6g}, standard_error={self.standard_error:.3g}, "
            f"trials={self.trials})"
        )
