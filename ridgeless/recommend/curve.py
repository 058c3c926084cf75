"""Errors of all schemes on rows that were left out, by the way that suits the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgeless.recommend.columns import Columns
from ridgeless.recommend.grouped import by_groups
from ridgeless.recommend.leave_one_out import Errors, by_columns, by_rows, exact_for
from ridgeless.recommend.refit import held_out
from ridgeless.recommend.scheme import Scheme

__all__ = ["Progress", "left_out_one_by_one", "left_out_together"]

Array = NDArray[np.float64]
Labels = NDArray[np.intp]
#: Called with a share of the work in [0, 1] and what is under way.
Progress = Callable[[float, str], None]

#: Share of a column's variance in one row, from which on that row is fitted again without itself.
LARGE = 0.05
FEW_ROWS = 60
#: Work, in multiplications, that fitting again may take; so many rows at least.
WORK, LEAST_REFITS = 4e9, 20


@dataclass(frozen=True)
class Found:
    """Errors, and how many large rows were fitted again."""

    errors: Errors
    large: int
    refitted: int
    approximate: bool  # the part of the correction that costs n d^2 was left out


def left_out_one_by_one(
    columns: Columns, schemes: Sequence[Scheme], fills: int, progress: Progress | None = None
) -> Found:
    """Return errors on every row, left out alone."""
    Z, targets = columns.rows, columns.targets
    n, d = Z.shape
    every = np.arange(n)
    large, allowed = _to_refit(columns, len(schemes))
    again = large[:allowed]
    if again.size < n:
        errors = Errors.empty(len(schemes), n, targets.size)
        for place, one in _each(columns, schemes, fills):
            errors.rows[place], errors.targets[place] = one.rows[0], one.targets[0]
            if progress:
                progress((place + 1) / len(schemes), "leaving rows out")
        used = Z if targets.size == d else Z[:, targets]
        power = np.einsum("ij,ij->i", used, used) / targets.size  # no copy of a wide table
        errors.null = (n / (n - 1)) ** 2 * power
    else:
        errors = Errors.empty(len(schemes), n, targets.size)
        errors.null = np.zeros(n)
    for step, i in enumerate(again):
        part = [(np.delete(every, i), every[i : i + 1])]
        exact, _ = held_out(Z, schemes, targets, columns.labels, part)
        errors.rows[:, i], errors.null[i] = exact.rows[:, i], exact.null[i]
        if again.size == n:
            errors.targets += exact.targets / n
        if progress:
            progress((step + 1) / again.size, "fitting without single rows")
    whole = columns.labels is not None or d <= n or exact_for(d, targets.size)
    return Found(errors, large.size, again.size, not whole and again.size < n)


def left_out_together(
    columns: Columns, schemes: Sequence[Scheme], parts: Sequence[tuple[Labels, Labels]]
) -> tuple[Errors, NDArray[np.bool_]]:
    """Return errors on rows of parts (training rows, test rows)."""
    return held_out(columns.rows, schemes, columns.targets, columns.labels, parts)


def _each(columns: Columns, schemes: Sequence[Scheme], fills: int) -> Iterator[tuple[int, Errors]]:
    Z, targets = columns.rows, columns.targets
    if columns.labels is not None:
        return by_groups(Z, schemes, targets, fills, columns.labels)
    return (by_rows if Z.shape[1] <= Z.shape[0] else by_columns)(Z, schemes, targets, fills)


def _to_refit(columns: Columns, schemes: int) -> tuple[Labels, int]:
    """Return the rows that are large in one column, largest first, and how many are affordable."""
    Z = columns.rows
    n, d = Z.shape
    power = np.array([np.max(np.square(row)) for row in Z])
    smaller = min(n, d)
    cost = 10.0 * smaller**3 + n * d * smaller + 3.0 * schemes * (smaller + 1) * d + 1e6
    if columns.labels is not None:
        cost *= 5  # groups are whitened one by one
    affordable = max(int(WORK / cost), LEAST_REFITS if cost < WORK else 0)
    if n <= FEW_ROWS or affordable >= n:
        wanted = np.argsort(-power)
    else:
        wanted = np.argsort(-power)[: int(np.count_nonzero(power > LARGE * n))]
    return wanted, min(affordable, wanted.size)
