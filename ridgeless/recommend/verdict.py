"""What a curve of errors says: a ratio, ranges around it, and whether to trust it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["Judged", "Verdict", "judge", "related"]

Array = NDArray[np.float64]
Verdict = Literal["choose", "hardly matters", "nothing to learn", "cannot tell"]

FLAT = 1e-9  # differences that are rounding
RANGE = 1.1  # within 10% of the best
USUAL = 0.5  # up to which all ratios must be in the range if the ratio hardly matters
ERRORS = 1.22  # paired standard errors of few rows are too small by about as much
LITTLE = 0.2  # of the error of the mean: what more may be lost is no noise
ONE_ROW = 0.5  # share of the error in one row
FEW_PIECES = 5  # independent ones among the rows
SHUFFLES, CLEAR = 20, 4.0
MOST = 2000, 200  # rows and columns that are shuffled


@dataclass(frozen=True)
class Judged:
    """The ratio and its ranges."""

    verdict: Verdict
    best: int  # place on the grid
    mask_ratio: float
    low: float
    high: float
    interval: tuple[float, float]
    standard_error: Array  # of the mean error at every ratio
    said: tuple[str, ...]


def judge(
    ratios: Array,
    errors: Array,
    null: Array,
    clusters: NDArray[np.intp],
    confidence: float,
    columns_related: bool = False,
) -> Judged:
    """Judge errors of shape (ratios, rows) beside those of predicting the mean, shape (rows,).

    Rows of one cluster are not independent: standard errors count clusters. Where columns are
    related and the mean is better by less than the noise, it is not preferred.
    """
    from scipy.stats import norm

    mean, usual = errors.mean(axis=1), float(null.mean())
    best = int(np.argmax(mean <= mean.min() * (1 + FLAT)))  # the smallest of those alike
    standard = np.array([_standard_error(one, clusters) for one in errors])
    reach = ERRORS * float(norm.ppf((1 + confidence) / 2))
    lost = mean[best] - usual
    doubtful = lost >= 0
    noise = min(reach * _standard_error(errors[best] - null, clusters), LITTLE * usual)
    if doubtful and not (columns_related and lost <= noise):
        return Judged("nothing to learn", best, 1.0, 1.0, 1.0, (0.0, 1.0), standard, ())
    ratio = _lowest(ratios, mean, best)
    low, high = _range(ratios, mean, best, RANGE * mean[best])
    gaps = np.array([_standard_error(one - errors[best], clusters) for one in errors])
    near = mean - mean[best] <= reach * gaps
    first, last = best, best
    while first > 0 and near[first - 1]:
        first -= 1
    while last < ratios.size - 1 and near[last + 1]:
        last += 1
    interval = float(min(ratios[first], ratio)), float(max(ratios[last], ratio))
    verdict: Verdict = "choose"
    said = []
    inside = ratios <= max(USUAL, ratios[0])
    if (mean[inside] <= RANGE * mean[best]).all() and ratios[0] < USUAL:
        verdict = "hardly matters"
    largest = errors[best].max() / errors[best].sum()
    pieces = np.unique(clusters).size
    if doubtful:
        verdict = "cannot tell"
        said.append(
            "Columns are related, but so few rows cannot tell whether that pays: predicting the "
            "mean of each column is as good, within the noise."
        )
    elif largest > ONE_ROW:
        verdict = "cannot tell"
        said.append(
            f"Row {int(errors[best].argmax())} alone makes {largest:.0%} of the error: it decides "
            "the answer. Look at it."
        )
    elif pieces < FEW_PIECES:
        verdict = "cannot tell"
        said.append(f"The rows amount to {pieces} independent pieces, which are too few to tell.")
    return Judged(verdict, best, ratio, min(low, ratio), max(high, ratio), interval, standard,
                  tuple(said))  # fmt: skip


def _standard_error(values: Array, clusters: NDArray[np.intp]) -> float:
    """Return the standard error of a mean over rows in clusters."""
    sums = np.bincount(clusters, weights=values - values.mean())
    count = np.unique(clusters).size
    if count < 2:
        return float("inf")
    return float(np.sqrt(np.sum(sums**2) * count / (count - 1)) / values.size)


def _lowest(ratios: Array, mean: Array, best: int) -> float:
    """Return where a parabola in log odds through the lowest point and its neighbours is lowest."""
    if not 0 < best < ratios.size - 1:
        return float(ratios[best])
    x = np.log(ratios[best - 1 : best + 2] / (1 - ratios[best - 1 : best + 2]))
    y = mean[best - 1 : best + 2]
    left, right = (y[1] - y[0]) / (x[1] - x[0]), (y[2] - y[1]) / (x[2] - x[1])
    if not right - left > 0:
        return float(ratios[best])
    middle = (x[0] + x[1]) / 2, (x[1] + x[2]) / 2
    at = middle[0] - left * (middle[1] - middle[0]) / (right - left)
    return float(1 / (1 + np.exp(-np.clip(at, x[0], x[2]))))


def _range(ratios: Array, mean: Array, best: int, level: float) -> tuple[float, float]:
    """Return the connected range around the best where the error is at most `level`."""

    def edge(step: int) -> float:
        at = best
        while 0 <= at + step < ratios.size and mean[at + step] <= level:
            at += step
        if not 0 <= at + step < ratios.size:
            return float(ratios[at])
        share = (level - mean[at]) / (mean[at + step] - mean[at])
        return float(ratios[at] + share * (ratios[at + step] - ratios[at]))

    return edge(-1), edge(1)


def related(
    Z: Array, groups: NDArray[np.intp], target: int | None, rng: np.random.Generator
) -> bool:
    """Whether columns are related: mean squared correlations above those of shuffled ones."""
    rows, columns = MOST
    if len(Z) > rows:
        Z = Z[rng.choice(len(Z), rows, replace=False)]
    some = np.arange(Z.shape[1])
    if some.size > columns:
        some = rng.choice(some.size, columns, replace=False)
        if target is not None:
            some = np.union1d(some, [target])
    Z, groups = Z[:, some], groups[some]
    across = groups[:, None] != groups
    if target is not None:
        across &= (some == target)[:, None]

    def strength(table: Array) -> float:
        return float(np.mean((table.T @ table / len(table))[across] ** 2))

    shuffled = np.array(
        [strength(np.stack([rng.permutation(x) for x in Z.T], axis=1)) for _ in range(SHUFFLES)]
    )
    return bool(strength(Z) > shuffled.mean() + CLEAR * shuffled.std())
