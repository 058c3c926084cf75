"""Labels of a table's rows, from a file of their own."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.cli.tables import formats
from ridgeless.cli.tables.content import as_text, unpacked
from ridgeless.cli.tables.dialect import records
from ridgeless.cli.tables.reading import Reading
from ridgeless.cli.tables.table import place_of
from ridgeless.errors import DomainError

__all__ = ["answers"]


#: What stands for a missing label, in small letters.
MISSING = {"", "na", "n/a", "nan", "null", "none", "?", "<na>"}


def answers(path: str, rows: int, column: str | None = None) -> NDArray[Any]:
    """Return one label per row of a table: numbers, or text where some are none.

    A file of one column, with or without a header, or of several of which one is named.

    Raises
    ------
    DomainError
        If labels are not one per row, or one is missing.
    """
    content = unpacked(path)
    if formats.is_array(path, content):
        found = formats.array(path, content)
        if found.shape not in ((rows,), (rows, 1)):
            raise DomainError(
                f"{path} must hold one label for each of {rows} rows, got shape {found.shape}"
            )
        return found.ravel()
    read = records(as_text(content, path)[0], path, Reading())
    width = max(map(len, read.cells))
    gaps = np.flatnonzero(np.diff(read.lines) > 1)
    if gaps.size:  # what is blank would shift all that follows
        raise DomainError(f"{path}, line {read.lines[gaps[0]] + 1}: a label is missing")
    firsts = [record[0].strip() for record in read.cells if record]
    # A name never comes again; a first label that does is one too many.
    header = len(read.cells) == rows + 1 and firsts[0] not in firsts[1:]
    if not header and len(read.cells) != rows:
        raise DomainError(
            f"{path} must hold one label for each of {rows} rows, with a header or without, got "
            f"{len(read.cells)} lines"
        )
    place = 0
    if column is not None:
        names = read.cells[0] if header else ()
        place = place_of(column, names, width, "--label-column")
    elif width > 1:
        raise DomainError(
            f"{path} must hold one column of labels, got {width}: name one by --label-column"
        )
    cells = []
    for record, line in list(zip(read.cells, read.lines, strict=True))[int(header) :]:
        cell = record[place].strip() if place < len(record) else ""
        if cell.lower() in MISSING:
            raise DomainError(f"{path}, line {line}: a label is missing")
        cells.append(cell)
    try:
        numbers = np.array([float(cell.replace(",", ".")) for cell in cells])
    except ValueError:
        return np.array(cells)
    return numbers
