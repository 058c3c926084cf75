"""Rows that are not independent, as many fresh ones as wanted, and what the truth is on those."""

from collections.abc import Callable

import numpy as np

import ridgeless as rl
from ridgeless.recommend.refit import Fit
from tests.ridgeless.recommend.brute import at

Draw = Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]


def series(rng: np.random.Generator, rho: float, samples: int, columns: int) -> np.ndarray:
    """Independent columns, each an autoregression of unit variance."""
    rows = np.zeros((samples + 300, columns))
    noise = rng.normal(size=rows.shape) * np.sqrt(1 - rho**2)
    for t in range(1, len(rows)):
        rows[t] = rho * rows[t - 1] + noise[t]
    return rows[300:]


def slow(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return series(rng, 0.98, 400, 100), series(rng, 0.98, 4000, 100)


def factors_in_series(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    loads = rng.normal(size=(5, 60)) * 0.5
    return tuple(series(rng, 0.9, n, 5) @ loads + series(rng, 0.9, n, 60) for n in (300, 8000))


def copied(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    loads = rng.normal(size=(5, 100)) * 0.5
    first, fresh = (
        rng.normal(size=(n, 5)) @ loads + rng.normal(size=(n, 100)) for n in (200, 3000)
    )
    return np.repeat(first, 5, axis=0), fresh


def copied_noise(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    return np.repeat(rng.normal(size=(200, 100)), 5, axis=0), rng.normal(size=(3000, 100))


def shown(advice: rl.Recommendation, table: np.ndarray, fresh: np.ndarray) -> tuple[float, float]:
    """Return the error on fresh rows at the recommended ratio, and the smallest of all."""
    deviation = table.std(axis=0, ddof=1)
    fit = Fit.of(table / deviation, None)
    ones = [at(p) for p in advice.curve_ratios]
    targets = np.arange(table.shape[1])
    errors = np.array([x.mean() for _, x in fit.errors(fresh / deviation, ones, targets)])
    mean = float(np.mean(((fresh - table.mean(axis=0)) / deviation) ** 2))
    at_it = np.interp(advice.mask_ratio, advice.curve_ratios, errors)
    return mean if advice.mask_ratio == 1 else float(at_it), min(float(errors.min()), mean)
