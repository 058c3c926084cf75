"""Mask ratios: one number, or a law from which training draws them (R2MAE, Dynamic MR)."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import count, nonnegative_array, ratio_array, real_scalar, weights_array
from ridgeless.errors import DomainError

__all__ = ["DiscreteRatio", "RatioLaw", "ScheduledRatio", "UniformRatio"]

Array = NDArray[np.float64]

#: Below it a positive mask ratio acts as the limit p -> 0+ to the last digit, and counts as this.
SMALLEST = 1e-60
FEW_NODES, LOG_ODDS_REACH = 128, 80.0
CROWDING = 4.0  # of log-odds nodes towards the middle, where they are this / sinh(this) apart
SINE_NODES = 8  # so many integrate a sine to the last digit


class Quadrature(NamedTuple):
    """Mask ratios p, keep ratios q = 1 - p and probabilities that stand for a law."""

    mask: Array
    keep: Array
    weight: Array


class RatioLaw(ABC):
    """A law of mask ratios; the same object serves theory, simulation and training.

    A law of your own needs `mean`, `quadrature`, `at` and the two flags below.
    """

    #: The law has a continuous part, so that `quadrature` is an approximation that improves
    #: with its order.
    continuous: bool = True

    @property
    @abstractmethod
    def mean(self) -> float:
        """E p, exact up to one rounding (it sets the number of rows, hence the threshold)."""

    @property
    @abstractmethod
    def inverse_keep_is_finite(self) -> bool:
        """Whether E[1/q] over ratios with q > 0 is finite (eq-infinite-law)."""

    @abstractmethod
    def quadrature(self, order: int) -> Quadrature:
        """Return `order` nodes whose sums stand for expectations over the law."""

    @abstractmethod
    def at(self, progress: float, rng: np.random.Generator) -> float:
        """Return the ratio for a training batch at `progress` in [0, 1]."""

    def filled(self, masked: bool) -> Fraction:
        """Return the share of masks that leave something of a row, weighted by p if `masked`.

        Without rounding, as far as the law can: it is the threshold that the rows set
        (eq-threshold).
        """
        rule = self.quadrature(2)
        used = (rule.keep > 0) & (self.loss_weight(rule.mask) > 0)
        if used.all():
            return Fraction(self.mean) if masked else Fraction(1)
        return Fraction(math.fsum((rule.weight * rule.mask if masked else rule.weight)[used]))

    def nodes(self, order: int = 64) -> tuple[Array, Array]:
        """Return mask ratios and their probabilities, in `order` points if continuous."""
        rule = self.quadrature(count("order", order))
        return rule.mask, rule.weight

    def loss_weight(self, ratios: Array) -> Array:
        """Return the weight in the loss of rows with these ratios, one unless the law says else."""
        return np.ones(np.shape(ratios))

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Array:
        """Draw independent ratios of shape `size`."""
        progress = np.asarray(rng.random(size))
        return np.array([self.at(t, rng) for t in progress.flat]).reshape(progress.shape)


@lru_cache(maxsize=16)
def _unit_interval(order: int) -> tuple[Array, Array, Array]:
    """Return nodes v on [0, 1], 1 - v to full relative accuracy, and weights.

    The integrands have poles just outside the ends. Up to 128 nodes: Gauss-Legendre in u with
    v = sin^2(pi u / 2), which spreads the ends apart. A rule that needs more has a pole very close
    to an end; trapezoidal nodes in the log-odds of v then err by exp(-2 pi^2 / step) wherever the
    pole is, once they reach far enough into the ends.
    """
    if order <= FEW_NODES:
        from scipy.special import roots_legendre

        x, weight = roots_legendre(order)
        u = (x + 1) / 2
        v, rest = np.sin(np.pi * u / 2) ** 2, np.sin(np.pi * u[::-1] / 2) ** 2
        weight = weight * (np.pi / 4) * np.sin(np.pi * u)
        return v, rest, weight / weight.sum() if order < SINE_NODES else weight
    place = CROWDING * (2 * np.arange(order) - (order - 1)) / (order - 1)
    v = 1 / (1 + np.exp(-LOG_ODDS_REACH / np.sinh(CROWDING) * np.sinh(place)))
    rest = v[::-1]
    weight = v * rest * np.cosh(place)
    return v, rest, weight / weight.sum()


@lru_cache(maxsize=16)
def _cosine_interval(order: int) -> tuple[Array, Array, Array]:
    """Return the same for the arcsine law on [0, 1], in place of the uniform one."""
    if order <= FEW_NODES:
        # The cosine clusters by itself: equal steps of progress are Gauss-Chebyshev nodes.
        done = (np.arange(order) + 0.5) / order
        rest, weight = done[::-1], np.full(order, 1 / order)
    else:
        done, rest, weight = _unit_interval(order)
    return np.sin(np.pi * done / 2) ** 2, np.sin(np.pi * rest / 2) ** 2, weight


@dataclass(frozen=True)
class UniformRatio(RatioLaw):
    """The mask ratio is uniform on [low, high]: R2MAE.

    Examples
    --------
    >>> UniformRatio(0.1, 0.9).mean
    0.5
    """

    low: float = 0.1
    high: float = 0.9

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = ratio_array(name, real_scalar(name, getattr(self, name)))
            object.__setattr__(self, name, float(value))
        if self.low > self.high:
            raise DomainError(f"low must be at most high = {self.high!r}, got {self.low!r}")

    @property
    def mean(self) -> float:
        """(low + high)/2."""
        return (self.low + self.high) / 2

    @property
    def inverse_keep_is_finite(self) -> bool:
        """False when the law reaches p = 1: E[1/q] diverges logarithmically."""
        return self.high < 1 or self.low == 1

    def filled(self, masked: bool) -> Fraction:
        """E p or 1, exactly; 0 of the law at p = 1."""
        return _filled_between(self.low, self.high, masked)

    def quadrature(self, order: int) -> Quadrature:
        """Nodes clustered towards both ends."""
        if self.low == self.high:
            return Quadrature(*(np.array([x]) for x in (self.low, 1 - self.low, 1.0)))
        v, rest, weight = _unit_interval(order)
        width = self.high - self.low
        return Quadrature(self.low + width * v, (1 - self.high) + width * rest, weight)

    def at(self, progress: float, rng: np.random.Generator) -> float:
        """Draw a ratio, whatever the progress."""
        _check_progress(progress)
        return float(rng.uniform(self.low, self.high))

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Array:
        """Draw independent ratios of shape `size`."""
        return np.asarray(rng.uniform(self.low, self.high, size))


@dataclass(frozen=True, init=False)
class DiscreteRatio(RatioLaw):
    """The mask ratio is one of `values`, with probabilities proportional to `weights`.

    `loss_weights`, one per value, multiply the squared error of the rows with that ratio: such a
    row is the row and its target times the root of its weight. The mean loss still divides by the
    number of rows.

    Examples
    --------
    >>> DiscreteRatio([0.2, 0.8], weights=[3, 1]).mean
    0.35
    """

    values: tuple[float, ...]
    weights: tuple[float, ...]
    loss_weights: tuple[float, ...] | None = None
    #: `weights` as given: their sums are exact, those of the quotients are not.
    chances: tuple[float, ...] = field(init=False, repr=False, compare=False)
    continuous = False

    def __init__(
        self,
        values: ArrayLike,
        weights: ArrayLike | None = None,
        loss_weights: ArrayLike | None = None,
    ) -> None:
        ratios = np.atleast_1d(ratio_array("values", values))
        if ratios.ndim != 1 or ratios.size == 0:
            raise DomainError(f"values must be a non-empty list of ratios, got {values!r}")
        chances = weights_array(weights, ratios.size)
        total = math.fsum(chances)
        kept = chances > 0
        object.__setattr__(self, "values", tuple(ratios[kept].tolist()))
        object.__setattr__(self, "weights", tuple((chances[kept] / total).tolist()))
        object.__setattr__(self, "chances", tuple(chances[kept].tolist()))
        loss = None
        if loss_weights is not None:
            factors = np.atleast_1d(nonnegative_array("loss_weights", loss_weights, finite=True))
            if factors.shape != ratios.shape:
                raise DomainError(
                    f"loss_weights must be {ratios.size} numbers, one per value, got "
                    f"{loss_weights!r}"
                )
            loss = tuple(factors[kept].tolist())
        object.__setattr__(self, "loss_weights", loss)

    def __repr__(self) -> str:
        """Show the atoms, and loss weights where there are any."""
        loss = "" if self.loss_weights is None else f", loss_weights={self.loss_weights!r}"
        return f"DiscreteRatio(values={self.values!r}, weights={self.weights!r}{loss})"

    @property
    def mean(self) -> float:
        """Weighted mean of the values."""
        return math.fsum(w * p for w, p in zip(self.weights, self.values, strict=True))

    @property
    def inverse_keep_is_finite(self) -> bool:
        """True: finitely many ratios below one."""
        return True

    def filled(self, masked: bool) -> Fraction:
        """Sums over the atoms below 1 that have weight in the loss, exactly."""
        used = (self.loss_weight(np.array(self.values)) > 0) & (np.array(self.values) < 1)
        return _filled_atoms(self.values, self.chances, tuple(used.tolist()), masked)

    def quadrature(self, order: int) -> Quadrature:
        """Return the atoms themselves, whatever the order."""
        mask = np.array(self.values)
        return Quadrature(mask, 1 - mask, np.array(self.weights))

    def loss_weight(self, ratios: Array) -> Array:
        """Return the weights of rows with these ratios; one without `loss_weights`."""
        if self.loss_weights is None:
            return np.ones(np.shape(ratios))
        # A value that stands twice with two weights acts as its mean weight.
        values, place = np.unique(self.values, return_inverse=True)
        total = np.bincount(place, self.weights)
        mean = np.bincount(place, np.multiply(self.weights, self.loss_weights)) / total
        return np.asarray(mean[np.searchsorted(values, ratios)])

    def at(self, progress: float, rng: np.random.Generator) -> float:
        """Draw a ratio, whatever the progress."""
        _check_progress(progress)
        return float(self.sample(rng))

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Array:
        """Draw independent ratios of shape `size`."""
        return np.asarray(rng.choice(self.values, size=size, p=np.array(self.weights)))


@dataclass(frozen=True)
class ScheduledRatio(RatioLaw):
    """The mask ratio moves from `start` to `end` over training (Dynamic MR).

    In the theory only the law matters that the schedule sweeps out: uniform for the linear
    shape, arcsine for the cosine shape.

    Examples
    --------
    >>> ScheduledRatio(0.3, 0.15).at(0.5, np.random.default_rng(0))
    0.225
    """

    start: float
    end: float
    shape: Literal["linear", "cosine"] = "linear"

    def __post_init__(self) -> None:
        for name in ("start", "end"):
            value = ratio_array(name, real_scalar(name, getattr(self, name)))
            object.__setattr__(self, name, float(value))
        if self.shape not in ("linear", "cosine"):
            raise DomainError(f"shape must be 'linear' or 'cosine', got {self.shape!r}")

    @property
    def mean(self) -> float:
        """(start + end)/2 for both shapes."""
        return (self.start + self.end) / 2

    @property
    def inverse_keep_is_finite(self) -> bool:
        """False when the schedule reaches p = 1 without resting there."""
        return max(self.start, self.end) < 1 or self.start == self.end

    def filled(self, masked: bool) -> Fraction:
        """E p or 1, exactly; 0 of a schedule that stays at p = 1."""
        return _filled_between(self.start, self.end, masked)

    def quadrature(self, order: int) -> Quadrature:
        """Nodes clustered towards both ends."""
        low, high = sorted((self.start, self.end))
        if low == high or self.shape == "linear":
            return UniformRatio(low, high).quadrature(order)
        v, rest, weight = _cosine_interval(order)
        width = high - low
        return Quadrature(low + width * v, (1 - high) + width * rest, weight)

    def at(self, progress: float, rng: np.random.Generator | None = None) -> float:
        """Return the scheduled ratio at `progress`; nothing is drawn."""
        done = _check_progress(progress)
        if self.shape == "cosine":
            done = math.sin(math.pi * done / 2) ** 2
        return self.start + (self.end - self.start) * done

    def sample(self, rng: np.random.Generator, size: int | tuple[int, ...] | None = None) -> Array:
        """Draw ratios at independent uniform moments of training."""
        done = np.asarray(rng.random(size))
        if self.shape == "cosine":
            done = np.sin(np.pi * done / 2) ** 2
        return np.asarray(self.start + (self.end - self.start) * done)


def counting(ratio: float) -> float:
    """Return a ratio as it counts: positive ones are at least `SMALLEST`."""
    return max(ratio, SMALLEST) if ratio > 0 else 0.0


@lru_cache(maxsize=64)
def _filled_atoms(
    values: tuple[float, ...], chances: tuple[float, ...], used: tuple[bool, ...], masked: bool
) -> Fraction:
    weights = [Fraction(chance) for chance in chances]
    sizes = [Fraction(counting(p)) if masked else Fraction(1) for p in values]
    some = sum((w * x for w, x, kept in zip(weights, sizes, used, strict=True) if kept), Fraction())
    return some / sum(weights, Fraction())


@lru_cache(maxsize=64)
def _filled_between(low: float, high: float, masked: bool) -> Fraction:
    if low == high == 1:
        return Fraction(0)
    if not masked:
        return Fraction(1)
    mean = (Fraction(low) + Fraction(high)) / 2
    return max(mean, Fraction(SMALLEST)) if mean > 0 else mean


def _check_progress(progress: float) -> float:
    return float(ratio_array("progress", real_scalar("progress", progress)))
