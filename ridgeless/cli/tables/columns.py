"""Which columns of a file are features: not its index, nor what is dropped, nor text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.cli.tables.numerals import number
from ridgeless.cli.tables.reading import Reading
from ridgeless.cli.tables.table import named, place_of
from ridgeless.errors import DomainError

__all__ = ["Cells", "features", "without_text"]

LEAST_COUNTED = 5  # rows, from which on 0, 1, 2, ... are numbers of rows
MOST_DUMMIES = 50  # values of one column


@dataclass(frozen=True)
class Cells:
    """Columns as they stand in a file: numbers with nan, or text with None where they miss."""

    path: str
    frame: Any  # pandas.DataFrame, whose columns are called by their places
    names: tuple[str, ...]  # of all columns of the file; () if it has none
    lines: NDArray[np.intp] | None  # of the rows in a file of text
    row_names: bool = False  # the first column has no name in a header that others have
    decimal: str = "."
    notes: tuple[str, ...] = field(default=())

    def keep(self, places: Sequence[int], note: str = "") -> Cells:
        """Return these columns only, and why."""
        notes = (*self.notes, note) if note else self.notes
        return replace(self, frame=self.frame[list(places)], notes=notes)

    def is_text(self, place: int) -> bool:
        """Whether a column holds anything but numbers."""
        return bool(self.frame[place].dtype.kind not in "fiub")

    def where(self, row: int, place: int) -> str:
        """Return file, line and column of a cell."""
        at = f"row {row}" if self.lines is None else f"line {self.lines[row]}"
        return f"{self.path}, {at}, {named(place, self.names)}"


def features(cells: Cells, reading: Reading) -> Cells:
    """Return the columns without an index, and those that were asked for."""
    width = cells.frame.shape[1]

    def places(listed: Sequence[str], what: str) -> list[int]:
        found = []
        for text in listed:
            parts = [text] if text in cells.names else [x.strip() for x in text.split(",")]
            found += [place_of(part, cells.names, width, what) for part in parts if part]
        return found

    wanted = places(reading.columns, "columns")
    dropped = places(reading.drop, "drop")
    index, why = _index(cells, reading)
    kept = [j for j in range(width) if j not in dropped and (j in wanted or not wanted)]
    index = [j for j in index if j in kept and j not in wanted]
    kept = [j for j in kept if j not in index]
    if not kept:
        raise DomainError(f"{cells.path}: no column is left to be read")
    if index:
        shown = " and ".join(named(j, cells.names) for j in index)
        cells = replace(cells, notes=(*cells.notes, f"left out {shown}, {why}"))
    if dropped or wanted:
        left = sum(j not in kept and j not in index for j in range(width))
        cells = replace(cells, notes=(*cells.notes, f"left out {left} columns as asked"))
    gaps = cells.frame.isna().all()
    empty = [j for j in kept if gaps[j]]
    if empty and len(empty) < len(kept):
        note = f"left out {_listed(empty, cells.names)}, which is empty"
        return cells.keep([j for j in kept if j not in empty], note)
    return cells.keep(kept)


def _index(cells: Cells, reading: Reading) -> tuple[list[int], str]:
    """Return the columns that name or count the rows, and what they do."""
    width = cells.frame.shape[1]
    if reading.index_column == "none" and "none" not in cells.names:
        return [], ""
    if reading.index_column is not None:
        return [place_of(reading.index_column, cells.names, width, "index_column")], "as asked"
    if width == 1 or cells.lines is None:
        return [], ""
    if cells.row_names:
        return [0], "row names"
    nameless = [not name.strip() or name.startswith("Unnamed: ") for name in cells.names]
    if nameless and nameless[0] and not all(nameless):
        return list(range(nameless.index(False))), "an index without a name"
    return _first(cells)


def _first(cells: Cells) -> tuple[list[int], str]:
    """Return the first column if it names or counts the rows."""
    column: Any = cells.frame[0]
    if cells.is_text(0):
        if not column.isna().any() and column.is_unique and not cells.is_text(1):
            return [0], "which names the rows"
    elif len(column) >= LEAST_COUNTED:
        counted = column.to_numpy(dtype=np.float64)
        if counted[0] in (0, 1) and np.array_equal(counted - counted[0], np.arange(len(counted))):
            return [0], "which counts the rows"
    return [], ""


def _listed(places: Sequence[int], names: Sequence[str], most: int = 5) -> str:
    shown = ", ".join(named(j, names) for j in places[:most])
    return shown if len(places) <= most else f"{shown} and {len(places) - most} more"


def without_text(cells: Cells, reading: Reading) -> tuple[Cells, dict[Any, str]]:
    """Return numbers only, by dropping text or a column of 0 and 1 per value, with their names."""
    import pandas as pd

    text = [j for j in cells.frame.columns if cells.is_text(j)]
    if not text:
        return cells, {}
    if reading.text_columns == "refuse":
        raise _refusal(cells, text, reading)
    if reading.text_columns == "drop":
        kept = [j for j in cells.frame.columns if j not in text]
        if not kept:
            raise DomainError(f"{cells.path}: all columns hold text, none is left to be read")
        return cells.keep(kept, f"left out {_listed(text, cells.names)}, which holds text"), {}
    columns, called = {}, {}
    for j in cells.frame.columns:
        if j not in text:
            columns[j] = cells.frame[j]
            continue
        values = sorted(cells.frame[j].dropna().unique(), key=str)
        if len(values) > MOST_DUMMIES:
            raise DomainError(
                f"{cells.path}, {named(j, cells.names)}: {len(values)} different values are too "
                f"many for dummies (at most {MOST_DUMMIES}): {reading.option('drop', str(j))} "
                "leaves the column out"
            )
        gaps = cells.frame[j].isna()
        for value in values[1:]:
            columns[j, value] = (cells.frame[j] == value).astype(np.float64).mask(gaps)
            called[j, value] = f"{cells.names[j] if cells.names else j}={value}"
    note = f"dummies for {_listed(text, cells.names)}, all values but the first"
    return replace(cells, frame=pd.DataFrame(columns), notes=(*cells.notes, note)), called


def _refusal(cells: Cells, text: list[int], reading: Reading) -> DomainError:
    place = text[0]
    column = cells.frame[place]
    bad = [
        row
        for row, cell in enumerate(column)
        if isinstance(cell, str) and number(cell, cells.decimal) is None
    ]
    row = bad[0] if bad else int(np.flatnonzero(~column.isna())[0])
    cell = str(column.iloc[row])
    said = f"{cells.where(row, place)}: {cell[:40]!r} is not a number"
    if len(text) > 1:
        said += f", and {len(text)} of {cells.frame.shape[1]} columns have such cells"
    elif len(bad) < len(column):
        said += f" ({len(bad)} of {len(column)} cells of this column are not)"
    if number(cell, "," if cells.decimal == "." else ".") is not None:
        other = "," if cells.decimal == "." else "."
        return DomainError(
            f"{said}: {reading.option('decimal', other)} if that is the decimal mark"
        )
    return DomainError(
        f"{said}: {reading.option('text-columns', 'drop')} leaves such columns out, "
        f"dummies makes columns of their values; {reading.option('drop', str(place))} leaves "
        "this one out"
    )
