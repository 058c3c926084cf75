"""Populations: which rows of a table each replicate takes, and what their spread says."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Populations", "populations", "standard_error"]

Array = NDArray[np.float64]


class Populations(NamedTuple):
    """Rows of each replicate."""

    rows: list[NDArray[np.intp]]
    disjoint: bool


def populations(
    rows: int, size: int, replicates: int, random: bool, rng: np.random.Generator
) -> Populations:
    """Return so many populations of `size` out of `rows`: disjoint ones if there are enough rows.

    One is enough where it takes all rows, in order, and nothing else is random.
    """
    if size == rows:
        return Populations([np.arange(rows)] * (replicates if random else 1), replicates == 1)
    if size * replicates <= rows:
        order = rng.permutation(rows)
        return Populations(
            [np.sort(part) for part in order[: size * replicates].reshape(-1, size)], True
        )
    chosen = [np.sort(rng.choice(rows, size, replace=False)) for _ in range(replicates)]
    return Populations(chosen, False)


def standard_error(risks: Array, within: Array, share: float, disjoint: bool) -> Array:
    """Return the standard error of the mean over replicates, shape (R, cells) to (cells,).

    The spread of a few replicates is itself uncertain: their error is widened by Student's factor,
    so that it covers what a normal error covers. `within`, shape (R, cells), is the variance of
    one population's risk over its rows, by the jackknife; populations that take a `share` of the
    rows each and overlap have that in common.
    """
    from scipy.stats import norm, t

    many = risks.shape[0]
    spread = np.zeros(risks.shape[1])
    if many > 1:
        factor = float(t.ppf(norm.cdf(1), many - 1))
        spread = factor**2 * risks.var(axis=0, ddof=1) / many
    if disjoint and many > 1:
        return np.asarray(np.sqrt(spread))
    return np.asarray(np.sqrt(spread + share * within.mean(axis=0)))
