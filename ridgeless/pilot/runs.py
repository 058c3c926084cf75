"""Runs as they were measured: one point per ratio, in logarithms of a loss."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.checks import real_array
from ridgeless.errors import DomainError
from ridgeless.mask_ratio import RatioLaw

__all__ = ["Runs", "logit", "runs_of"]

Array = NDArray[np.float64]

TOP_SCORE = 100.0


@dataclass(frozen=True)
class Runs:
    """Means over the runs of each ratio."""

    ratios: Array  # distinct, increasing
    values: Array  # means, as measured
    losses: Array  # u: log loss, or log of what is missing to the top score
    counts: NDArray[np.intp]
    noise: float  # standard deviation of u between runs of one ratio; nan where none repeats
    top: float  # score from which what is missing is counted; nan for losses
    left_out: tuple[str, ...]  # ratios that are laws

    def value(self, loss: Any) -> Any:
        """Return u as a loss or a score."""
        return np.exp(loss) if math.isnan(self.top) else self.top - np.exp(loss)


def logit(ratio: Any) -> Any:
    """Return the log odds of a ratio."""
    return np.log(ratio) - np.log1p(-np.asarray(ratio, dtype=np.float64))


def runs_of(ratios: Iterable[Any], values: Any, seeds: Any, higher_is_better: bool) -> Runs:
    """Return checked runs; those with a law in place of a ratio are left out.

    Raises
    ------
    DomainError
        If lengths differ, a ratio is not inside (0, 1), a loss is not positive, or a score not
        below the top one.
    """
    listed = list(ratios)
    measured = real_array("values", values)
    if measured.ndim != 1 or measured.size != len(listed):
        raise DomainError(
            f"values must hold one number for each of the {len(listed)} ratios, got shape "
            f"{measured.shape}"
        )
    if seeds is not None and len(list(seeds)) != len(listed):
        raise DomainError(f"seeds must hold one for each of the {len(listed)} ratios")
    laws = [k for k, ratio in enumerate(listed) if _is_law(ratio)]
    left_out = tuple(dict.fromkeys(str(listed[k]) for k in laws))
    kept = [k for k in range(len(listed)) if k not in laws]
    p = real_array("ratios", [float(listed[k]) for k in kept])
    measured = measured[kept]
    if p.size == 0:
        raise DomainError("ratios must hold at least one number between 0 and 1, got none")
    outside = ~((p > 0) & (p < 1))
    if outside.any():
        raise DomainError(f"ratios must lie in (0, 1), got {float(p[outside][0])!r}")
    losses, top = _losses(measured, higher_is_better)
    distinct, place = np.unique(p, return_inverse=True)
    counts = np.bincount(place)
    means = np.bincount(place, weights=losses) / counts
    noise = math.nan
    if len(losses) > distinct.size:
        spread = np.sum((losses - means[place]) ** 2) / (len(losses) - distinct.size)
        noise = float(np.sqrt(spread))
    averages = np.bincount(place, weights=measured) / counts
    return Runs(distinct, averages, means, counts, noise, top, left_out)


def _is_law(ratio: Any) -> bool:
    if isinstance(ratio, RatioLaw):
        return True
    if not isinstance(ratio, str):
        return False
    try:
        float(ratio)
    except ValueError:
        return True
    return False


def _losses(values: Array, higher_is_better: bool) -> tuple[Array, float]:
    if not np.isfinite(values).all():
        raise DomainError("values must be finite: leave out runs that diverged")
    if not higher_is_better:
        if values.min() <= 0:
            raise DomainError(
                f"values must be positive losses, got {float(values.min())!r}; scores, of which "
                "more is better, need higher_is_better=True"
            )
        return np.log(values), math.nan
    top = 1.0 if values.max() <= 1 else TOP_SCORE
    if values.max() >= top:
        raise DomainError(f"values must be scores below {top:g}, got {float(values.max())!r}")
    return np.log(top - values), top
