"""The ratio to run next, and when to stop."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import ratio_array, real_array, real_scalar
from ridgeless.errors import DomainError
from ridgeless.pilot.process import drawn
from ridgeless.pilot.runs import Runs, logit, runs_of

__all__ = ["Pilot", "pilot"]

Array = NDArray[np.float64]

START = (0.15, 0.5, 0.75)
CANDIDATES = np.array([0.05, 0.1, *np.arange(0.15, 0.91, 0.05), 0.95]).round(2)
APART = 0.4  # in log odds: runs nearer to each other tell the same
LEVEL = 0.9
RNG = 0  # draws are the same at every call: advice on the same runs is the same
#: Share of tests of equal power: 5% false alarms one way, 10% misses.
Z_ALARM, Z_MISS = 1.645, 1.282


@dataclass(frozen=True, eq=False)
class Pilot:
    """What a few runs say: run this next, or stop."""

    #: Ratio to run next; None where stopping is as good.
    next_ratio: float | None
    #: Whether the best measured ratio is within the tolerance of the best of all, at 90%.
    stop: bool
    #: The best ratio that was run, and its mean value: the one to use.
    best_measured: tuple[float, float]
    #: Where the best ratio is predicted, and where it lies at 90%.
    best_predicted: float
    interval: tuple[float, float]
    #: Loss at each ratio that was run above that of the best of all: 5%, 50% and 95%.
    regret: dict[float, tuple[float, float, float]]
    #: Candidates, and predicted values there: 5%, 50% and 95%, shape (3, candidates).
    candidates: Array = field(repr=False)
    predicted: Array = field(repr=False)
    #: Range of candidates that noise does not tell from the best.
    within_noise: tuple[float, float] = (0.0, 1.0)
    #: Seeds per ratio that would tell the best from the second best run; None if none repeats.
    seeds_needed: int | None = None
    warnings: tuple[str, ...] = ()


def pilot(
    ratios: Iterable[Any],
    values: ArrayLike,
    *,
    seeds: ArrayLike | None = None,
    theory: Any = None,
    higher_is_better: bool = False,
    tolerance: float = 0.02,
    candidates: ArrayLike | None = None,
) -> Pilot:
    r"""Say which mask ratio to run next, and when to stop, from runs of one's own network.

    The curve of log loss against log odds of the ratio is a Gaussian process, averaged over kernels
    and noise, and with a theory curve of the user's own data where that is given. The process
    proposes runs; the ratio to use in the end is a measured one.

    Parameters
    ----------
    ratios : numbers in (0, 1)
        One per run; laws of ratios are left out, by name.
    values : array_like, shape (runs,)
        Losses above 0, or scores below 1 or below 100.
    seeds : array_like, shape (runs,), optional
        Seed of each run. Runs of one ratio, whatever their seeds, tell the noise.
    theory : callable, (ratios, errors), or Recommendation, optional
        Error by ratio as theory has it for the user's data, at the test ratio in question; only
        its shape counts.
    higher_is_better : bool
        Whether values are scores. What is missing to the top score then stands for the loss.
    tolerance : float above 0
        Loss above the best, relative, that is as good.
    candidates : array_like of ratios in (0, 1), optional
        Ratios that may be run; by default 0.05, 0.1, ..., 0.95.

    Raises
    ------
    DomainError
        If an argument is outside its domain, or scikit-learn is missing.

    Examples
    --------
    >>> advice = pilot([0.15, 0.5, 0.75], [0.30, 0.22, 0.30])
    >>> advice.best_measured, advice.stop, advice.next_ratio
    ((0.5, 0.22), False, 0.4)
    """
    runs = runs_of(ratios, values, seeds, higher_is_better)
    allowed = real_scalar("tolerance", tolerance)
    if not 0 < allowed < math.inf:
        raise DomainError(f"tolerance must be positive and finite, got {allowed!r}")
    grid = CANDIDATES if candidates is None else np.unique(ratio_array("candidates", candidates))
    if grid.size == 0 or grid[0] <= 0 or grid[-1] >= 1:
        raise DomainError("candidates must be ratios in (0, 1), at least one")
    every = np.unique(np.append(grid, runs.ratios))
    shape = None if theory is None else _theory(theory, np.append(runs.ratios, every))
    draws = drawn(runs, every, shape, np.random.default_rng(RNG))
    lowest = draws.min(axis=1, keepdims=True)
    above = np.expm1(draws - lowest)
    places = np.searchsorted(every, runs.ratios)
    best = int(runs.losses.argmin())
    regret = {
        float(p): tuple(np.quantile(above[:, k], [0.05, 0.5, 0.95]).tolist())
        for p, k in zip(runs.ratios, places, strict=True)
    }
    enough = runs.ratios.size >= len(START)
    stop = enough and float(np.quantile(above[:, places[best]], LEVEL)) <= allowed
    mean = draws.mean(axis=0)
    proposed = None if stop else _next(runs, grid, mean[np.searchsorted(every, grid)])
    where = every[draws.argmin(axis=1)]
    quantiles = np.quantile(draws, [0.05, 0.5, 0.95], axis=0)
    predicted = np.sort(runs.value(quantiles), axis=0)
    second, noise = _second(runs, best), runs.noise
    return Pilot(
        next_ratio=proposed,
        stop=stop or proposed is None,
        best_measured=(float(runs.ratios[best]), float(runs.values[best])),
        best_predicted=float(every[mean.argmin()]),
        interval=(float(np.quantile(where, 0.05)), float(np.quantile(where, 0.95))),
        regret=regret,
        candidates=every,
        predicted=predicted,
        within_noise=_within(every, mean, allowed if math.isnan(noise) else noise),
        seeds_needed=_seeds(second, noise),
        warnings=tuple(_warnings(runs, best, grid, enough)),
    )


def _theory(theory: Any, at: Array) -> Array:
    """Return log errors of a theory at ratios."""
    if hasattr(theory, "curve_ratios"):
        theory = (theory.curve_ratios, theory.prediction_error)
    if callable(theory):
        call: Callable[[Array], Any] = theory
        errors = real_array("theory", call(at))
        if errors.shape != at.shape:
            raise DomainError(
                f"theory must give one error per ratio, got shape {errors.shape} for {at.shape}"
            )
    else:
        try:
            ratios, values = (real_array("theory", part) for part in theory)
        except (TypeError, ValueError):
            raise DomainError("theory must be a function of ratios or (ratios, errors)") from None
        if ratios.ndim != 1 or ratios.shape != values.shape or ratios.size < 2:
            raise DomainError("theory must be (ratios, errors) of one length, at least 2")
        order = np.argsort(ratios)
        # Beyond its ends, as at the ends.
        errors = np.interp(at, ratios[order], values[order])
    if not ((errors > 0) & np.isfinite(errors)).all():
        raise DomainError("theory must give positive, finite errors")
    return np.log(errors)


def _next(runs: Runs, grid: Array, mean: Array) -> float | None:
    """Return the lowest predicted ratio that is apart from all that were run."""
    gaps = np.abs(logit(grid)[:, None] - logit(runs.ratios)).min(axis=1)
    if runs.ratios.size < len(START):
        for start in START:
            near = int(np.argmin(np.abs(grid - start)))
            if gaps[near] >= APART:
                return float(grid[near])
    apart = gaps >= APART - 1e-9
    if not apart.any():
        return None
    return float(grid[apart][mean[apart].argmin()])


def _second(runs: Runs, best: int) -> float:
    """Return by how much the second best run exceeds the best, in u; nan if there is none."""
    if runs.losses.size < 2:
        return math.nan
    return float(np.delete(runs.losses, best).min() - runs.losses[best])


def _seeds(gap: float, noise: float) -> int | None:
    if math.isnan(noise) or math.isnan(gap):
        return None
    if gap == 0:
        return None
    return max(2, math.ceil(2 * ((Z_ALARM + Z_MISS) * noise / gap) ** 2))


def _within(every: Array, mean: Array, noise: float) -> tuple[float, float]:
    """Return the connected range around the lowest mean within two of the noise."""
    near = mean <= mean.min() + 2 * noise
    low = high = int(mean.argmin())
    while low > 0 and near[low - 1]:
        low -= 1
    while high < every.size - 1 and near[high + 1]:
        high += 1
    return float(every[low]), float(every[high])


def _warnings(runs: Runs, best: int, grid: Array, enough: bool) -> list[str]:
    said = []
    if runs.left_out:
        said.append(f"Left out, as laws and not ratios: {', '.join(runs.left_out)}.")
    if not enough:
        missing = len(START) - runs.ratios.size
        said.append(
            f"Fewer than {len(START)} ratios were run: {missing} more before anything is said."
        )
    if enough and best in (0, runs.ratios.size - 1):
        end = "smallest" if best == 0 else "largest"
        beyond = logit(runs.ratios[0]) - logit(grid[0])
        if best:
            beyond = logit(grid[-1]) - logit(runs.ratios[-1])
        if beyond > APART:
            said.append(f"The best run is at the {end} ratio: the best of all may lie beyond it.")
    if math.isnan(runs.noise):
        said.append("No ratio was run twice, so that the noise between seeds is a guess.")
    elif runs.counts.max() < 3:
        said.append("Noise is known from few repeats.")
    return said
