"""Whether the first record has the names of the columns, which may be numbers themselves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ridgeless.cli.tables.numerals import is_missing, number

__all__ = ["has_names"]

Array = NDArray[np.float64]

ROWS, CELLS = 500, 200_000  # looked at
MOST_TEXT = 0.5  # share of words above numbers, from which on they are names
ALIKE = 0.02  # share of rows that may be as regular as names by chance
SURE = 4  # numbers in a row that are no sequence by chance; fewer may be a sample
MONOTONE = 6  # the same of numbers that only grow
FAR = 5.0  # ranges by which names lie outside their columns
RARE, NEVER = 0.05, 1e-3  # chances of whole numbers above others
FEW, MANY = 3, 10  # rows


def has_names(first: Sequence[str], body: Sequence[Sequence[str]], decimal: str) -> bool | None:
    """Say whether a record is a header, None if it could be a sample as well.

    Words above numbers are names. Numbers are names where they form a sequence and the rows do
    not, as wavelengths, years and 0, 1, 2 do, or where they lie far outside of their columns.

    Examples
    --------
    >>> rows = [["1.5", "2.5"], ["3.5", "0.5"]]
    >>> has_names(["a", "b"], rows, "."), has_names(["4.5", "2"], rows, ".")
    (True, False)
    """
    body = body[: min(ROWS, max(FEW, CELLS // len(first)))]
    if not body:
        return any(number(x, decimal) is None and not is_missing(x) for x in first)
    columns = [[row[j] for row in body] for j in range(len(first))]
    named = not first[0].strip() and len(first) > 1 and all(x.strip() for x in first[1:])
    if named and not any(map(is_missing, columns[0])):
        return True  # as pandas writes its index
    values = [[number(x, decimal) for x in column if not is_missing(x)] for column in columns]
    numeric = [bool(column) and None not in column for column in values]
    told = [j for j, one in enumerate(numeric) if one and not is_missing(first[j])]
    words = [j for j in told if number(first[j], decimal) is None]
    labels = _above_labels(first, columns, numeric)
    if not told:
        return bool(labels)
    if len(words) >= MOST_TEXT * len(told):
        return True
    names = np.array([number(first[j], decimal) for j in told if j not in words], dtype=float)
    table = np.array(
        [[_value(row[j], decimal) for j in told if j not in words] for row in body]
    )  # shape (rows, names)
    found = _sequence(names, table)
    if not words:
        return True if labels == 1 else found
    return True if found else None


def _value(cell: str, decimal: str) -> float:
    found = number(cell, decimal)
    return np.nan if found is None else found


def _above_labels(
    first: Sequence[str], columns: list[list[str]], numeric: list[bool]
) -> int | None:
    """Return 1 where a word stands above repeated labels of which it is none, 0 if it is one."""
    said = None
    for name, column, is_number in zip(first, columns, numeric, strict=True):
        if is_number or is_missing(name) or len(column) < MANY:
            continue
        known = set(column)
        if name in known:
            return 0
        if len(known) <= len(column) / 2:
            said = 1
    return said


def _sequence(names: Array, rows: Array) -> bool | None:
    """Whether numbers are names, None if that cannot be told."""
    if names.size == 0 or not np.isfinite(names).all():
        return False
    whole = bool((names == np.round(names)).all())
    # How likely a row of such a table has whole numbers only.
    seen = np.isfinite(rows)
    fractional = np.count_nonzero(seen & (rows != np.round(rows)))
    chance = (1 - (fractional + 0.5) / (np.count_nonzero(seen) + 1)) ** names.size if whole else 1
    for test, sure in ((_regular, SURE), (_growing, MONOTONE)):
        if names.size >= sure and test(names[None])[0] and np.mean(test(rows)) <= ALIKE:
            return True
    if names.size < SURE and _regular(names[None])[0] and not (rows == names).all(axis=1).any():
        return True if chance < RARE else None
    if len(rows) >= FEW:
        low, high = np.nanmin(rows, axis=0), np.nanmax(rows, axis=0)
        with np.errstate(over="ignore"):
            reach = FAR * (high - low)
            far = (names < low - reach) | (names > high + reach)
        told = reach > 0
        if told.any() and np.mean(far[told]) > MOST_TEXT:
            return True if np.count_nonzero(far & told) > 1 else None
    if chance < NEVER:
        return True
    return None if chance < RARE else False


def _regular(rows: Array) -> NDArray[np.bool_]:
    """Which rows have equal steps; of two numbers, which are neighbours."""
    if rows.shape[1] < 2:
        return np.zeros(len(rows), dtype=bool)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.diff(rows, axis=1)
        spread = np.abs(steps - steps[:, :1]).max(axis=1)
    even = (spread <= 1e-6 * np.abs(steps[:, 0])) & (steps[:, 0] != 0)
    return np.asarray(even if rows.shape[1] > 2 else even & (steps[:, 0] == 1))


def _growing(rows: Array) -> NDArray[np.bool_]:
    """Which rows only grow, or only fall."""
    if rows.shape[1] < 2:
        return np.zeros(len(rows), dtype=bool)
    with np.errstate(over="ignore", invalid="ignore"):
        steps = np.diff(rows, axis=1)
    return np.asarray((steps > 0).all(axis=1) | (steps < 0).all(axis=1))
