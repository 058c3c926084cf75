"""Which columns take part: not those that hardly vary; and what is predicted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import count
from ridgeless.errors import DomainError
from ridgeless.estimation.sample_spectrum import scaled

__all__ = ["Columns", "listed", "of_table"]

Array = NDArray[np.float64]
Labels = NDArray[np.intp]

LEAST_OFF = 5  # rows off a column's commonest value
CHUNK = 1024  # columns at once
SAME = 1e-9  # distance from it that is none, beside the largest


@dataclass(frozen=True)
class Columns:
    """Standardised columns that vary, their groups and the targets among them."""

    rows: Array  # shape (n, d), centred, of unit variance
    kept: Labels  # their places in the table
    labels: Labels | None  # group of each, counted from 0; None where each is its own
    target: int | None  # place among the kept of a named target
    names: tuple[str, ...]  # of all columns of the table; () if they have none
    left_out: tuple[str, ...]  # sentences

    @property
    def targets(self) -> Labels:
        """Places of the columns that are predicted."""
        if self.target is not None:
            return np.array([self.target])
        return np.arange(self.rows.shape[1])

    @property
    def groups(self) -> Labels:
        """The number of each column's group."""
        return np.arange(self.rows.shape[1]) if self.labels is None else self.labels

    @property
    def hideable(self) -> int:
        """How many groups masks can hide: a named target is hidden anyway."""
        return int(self.groups.max()) + 1 - (self.target is not None)

    def named(self, places: Labels, most: int = 5) -> str:
        """Return the names of kept columns, or their numbers in the table."""
        return listed(self.kept[places], self.names, most)


def of_table(
    table: Array, names: tuple[str, ...], target: Any, groups: ArrayLike | None
) -> Columns:
    """Return the columns of a finite table that can be predicted and predicted from."""
    d = table.shape[1]
    column = _target(target, names, d)
    labels = _labels(groups, d)
    units, _ = scaled(table)
    off, still = _variation(units)
    if column is not None and still[column]:
        raise DomainError(f"target_column must vary, got the constant column {column}")
    if column is not None and off[column] < LEAST_OFF:
        raise DomainError(
            f"target_column must vary in at least {LEAST_OFF} rows, got column {column}, which has "
            f"one value in all but {off[column]}"
        )
    kept = np.flatnonzero(~still & (off >= LEAST_OFF))
    if kept.size < 2:
        raise DomainError(
            f"X must have at least two columns that vary, got {kept.size} that are off one value "
            f"in {LEAST_OFF} rows or more"
        )
    said = []
    if still.any():
        said.append(
            f"{_count(int(still.sum()), d)} constant and left out: "
            f"{listed(np.flatnonzero(still), names)}."
        )
    rare = np.flatnonzero(~still & (off < LEAST_OFF))
    if rare.size:
        said.append(
            f"{_count(rare.size, d)} one value in all but at most {LEAST_OFF - 1} rows and "
            f"left out, as input and as target: {listed(rare, names)}. So few rows cannot tell how "
            "well such a column is predicted."
        )
        said[-1] = said[-1].replace("are one value", "have one value").replace("is one", "has one")
    rows = np.ascontiguousarray(units if kept.size == d else units[:, kept])
    del units  # a wide table is copied as rarely as can be
    for _ in range(2):  # the second time for what rounding left
        rows -= rows.mean(axis=0)
    rows /= np.sqrt(np.einsum("ij,ij->j", rows, rows) / len(rows))
    own = np.unique(labels[kept], return_inverse=True)[1]
    single = int(own.max()) + 1 == own.size
    if own.max() == 0:
        raise DomainError("groups must be at least two, got one group that holds every feature")
    return Columns(
        rows=rows,
        kept=kept,
        labels=None if single else own,
        target=None if column is None else int(np.searchsorted(kept, column)),
        names=names,
        left_out=tuple(said),
    )


def listed(places: Sequence[int] | Labels, names: tuple[str, ...], most: int = 5) -> str:
    """Return columns by name, or by number where they have none."""
    shown = [repr(names[j]) if names else str(int(j)) for j in places[:most]]
    more = len(places) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _count(some: int, all_: int) -> str:
    return f"{some} of {all_} columns {'is' if some == 1 else 'are'}"


def _variation(units: Array) -> tuple[Labels, NDArray[np.bool_]]:
    """Return in how many rows each column is off its median, and which columns never vary.

    A commonest value of more than half of the rows is the median; where there is none, most rows
    are off it.
    """
    off = np.empty(units.shape[1], dtype=np.intp)
    still = np.empty(units.shape[1], dtype=bool)
    for start in range(0, units.shape[1], CHUNK):
        part = units[:, start : start + CHUNK]
        distance = np.abs(part - np.median(part, axis=0))
        off[start : start + CHUNK] = (distance > SAME * distance.max(axis=0)).sum(axis=0)
        still[start : start + CHUNK] = part.std(axis=0) <= 1e-12 * np.abs(part).max(axis=0)
    return off, still


def _target(target: Any, names: tuple[str, ...], width: int) -> int | None:
    if target is None:
        return None
    if isinstance(target, str):
        if names.count(target) > 1:
            raise DomainError(
                f"target_column must be one column, but {names.count(target)} are called "
                f"{target!r}: give its number"
            )
        if target not in names:
            known = f"of {', '.join(names):.200}" if names else "and X has no names of columns"
            raise DomainError(
                f"target_column must be a number from 0 or the name of a column {known}, got "
                f"{target!r}"
            )
        return names.index(target)
    column = count("target_column", target, least=0)
    if column >= width:
        raise DomainError(f"target_column must be below {width}, got {column}")
    return column


def _labels(groups: ArrayLike | None, features: int) -> Labels:
    """Return the number of each feature's group."""
    if groups is None:
        return np.arange(features)
    if np.ndim(groups) == 0 and not isinstance(groups, str):
        return np.arange(features) // count("groups", groups)
    given = np.asarray(groups)
    if given.shape != (features,):
        raise DomainError(
            f"groups must hold one label for each of the {features} columns of X, or be the width "
            f"of a patch, got shape {given.shape}"
        )
    try:
        return np.asarray(np.unique(given, return_inverse=True)[1])
    except TypeError:
        raise DomainError("groups must be labels of one kind, numbers or texts") from None
