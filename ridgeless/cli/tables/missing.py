"""What becomes of missing and infinite values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ridgeless.cli.tables.columns import Cells
from ridgeless.cli.tables.reading import Reading
from ridgeless.errors import DomainError

__all__ = ["complete"]


def complete(cells: Cells, reading: Reading) -> Cells:
    """Return cells of which none is missing, or say where one is and what helps.

    Raises
    ------
    DomainError
        If a value is missing and nothing is to be done about it, if nothing would be left, or if
        one is infinite.
    """
    values = cells.frame.to_numpy(dtype=np.float64, na_value=np.nan)
    endless = np.argwhere(np.isinf(values))
    if len(endless):
        row, column = endless[0]
        place = cells.frame.columns[column]
        where = cells.where(row, place if isinstance(place, int) else place[0])
        raise DomainError(f"{where}: the table must be finite, got an infinite number")
    gaps = np.isnan(values)
    if not gaps.any():
        return cells
    count, rows, columns = int(gaps.sum()), gaps.any(axis=1), gaps.any(axis=0)
    if reading.missing == "refuse":
        row, column = np.argwhere(gaps)[0]
        place = cells.frame.columns[column]
        where = cells.where(row, place if isinstance(place, int) else place[0])
        more = f" ({count} in {int(columns.sum())} columns and {int(rows.sum())} rows in all)"
        raise DomainError(
            f"{where}: a missing value{more if count > 1 else ''}: "
            f"{reading.option('missing', 'drop-rows', 'drop-columns', 'mean')} says what to do"
        )
    if reading.missing == "mean":
        with np.errstate(over="ignore"):
            filled = cells.frame.fillna(cells.frame.mean())
        if not np.isfinite(filled.to_numpy(dtype=np.float64)).all():
            raise DomainError(f"{cells.path}: a column that is to be filled has no finite mean")
        note = f"filled {count} missing values with the means of {int(columns.sum())} columns"
        return replace(cells, frame=filled, notes=(*cells.notes, note))
    if reading.missing == "drop-rows":
        if rows.all():
            raise DomainError(
                f"{cells.path}: every row misses a value, so that drop-rows leaves none: "
                f"{reading.option('missing', 'drop-columns', 'mean')}"
            )
        lines = None if cells.lines is None else cells.lines[~rows]
        note = f"left out {int(rows.sum())} rows with missing values"
        return replace(cells, frame=cells.frame[~rows], lines=lines, notes=(*cells.notes, note))
    if columns.all():
        raise DomainError(
            f"{cells.path}: every column misses a value, so that drop-columns leaves none: "
            f"{reading.option('missing', 'drop-rows', 'mean')}"
        )
    note = f"left out {int(columns.sum())} columns with missing values"
    kept = [place for place, gap in zip(cells.frame.columns, columns, strict=True) if not gap]
    return replace(cells, frame=cells.frame[kept], notes=(*cells.notes, note))
