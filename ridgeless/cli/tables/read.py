"""From a path to a table of numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.cli.tables import formats
from ridgeless.cli.tables.columns import Cells, features, without_text
from ridgeless.cli.tables.content import as_text, unpacked
from ridgeless.cli.tables.dialect import Records, records
from ridgeless.cli.tables.header import has_names
from ridgeless.cli.tables.missing import complete
from ridgeless.cli.tables.numerals import MISSING_TOKENS, number
from ridgeless.cli.tables.reading import Reading
from ridgeless.cli.tables.table import Table
from ridgeless.errors import DomainError

__all__ = ["cells_of", "read", "stack"]

#: Digits are kept to the last from pandas 3 on, and before if asked.
EXACT: dict[str, Any] = {"float_precision": "round_trip"}


def read(path: str, reading: Reading | None = None) -> Table:
    """Read a table of numbers.

    Text with commas, tabs, semicolons, pipes or white space, packed or not; .npy, .npz, .parquet,
    .h5ad, .mtx. What the reader is not told it finds out, and says in `Table.understood`.

    Raises
    ------
    DomainError
        If it is no table of numbers; the sentence names file, line, column and the option that
        helps. A missing file raises OSError.
    """
    reading = reading or Reading()
    cells, read_as = cells_of(path, reading)
    cells = features(cells, reading)
    cells, called = without_text(cells, reading)
    cells = complete(cells, reading)
    columns: list[Any] = list(cells.frame.columns)  # places, or place and value of a dummy
    places = tuple(j if isinstance(j, int) else int(j[0]) for j in columns)
    known = cells.names or ("",) * (max(places) + 1)
    names = tuple(called.get(j, known[p]) for j, p in zip(columns, places, strict=True))
    return Table(
        path=path,
        values=np.ascontiguousarray(cells.frame.to_numpy(dtype=np.float64)),
        names=names if cells.names or called else (),
        places=places,
        file_names=cells.names,
        read_as=read_as,
        left_out=cells.notes,
    )


def cells_of(path: str, reading: Reading) -> tuple[Cells, str]:
    """Return all columns of a file, numbers or text, and how it was read."""
    _require_pandas()
    content = unpacked(path)
    if not formats.is_array(path, content):
        return _text(path, content, reading)
    frame: Any = formats.frame(path, content)
    if len(frame) == 0 or frame.shape[1] == 0:
        raise DomainError(f"{path} must hold rows and columns, got shape {frame.shape}")
    named = () if isinstance(frame.columns[0], int) else tuple(map(str, frame.columns))
    frame.columns = range(frame.shape[1])
    cells = Cells(path, _numbers_where_possible(frame, "."), named, None)
    return cells, "names of columns" if named else "no names of columns"


def stack(path: str, reading: Reading | None = None) -> tuple[NDArray[Any], str]:
    """Return the array of a .npy or .npz file of any shape, or a table, and how it was read."""
    if path.endswith((".npy", ".npz")):
        found = formats.array(path, unpacked(path))
        if found.ndim != 2 or found.dtype.kind not in "iufb":
            return found, f"{path}: an array of shape {found.shape}"
    table = read(path, reading)
    return table.values, table.understood


def _require_pandas() -> None:
    try:
        import pandas  # noqa: F401
    except ModuleNotFoundError:
        raise DomainError(
            "reading tables needs pandas: pip install pandas, or pip install 'ridgeless[tables]'"
        ) from None


def _text(path: str, content: bytes, reading: Reading) -> tuple[Cells, str]:
    if Path(path).suffix in (".xls", ".xlsx"):
        raise DomainError(f"{path} is named as an Excel workbook: save its sheet as CSV")
    text, encoding = as_text(content, path)
    found = records(text, path, reading)
    names, row_names, start = _names(found, path, reading)
    rows = found.cells[start:]
    if not rows:
        raise DomainError(f"{path} has a header and no rows")
    width = len(names) or len(rows[0])
    for row, line in zip(rows, found.lines[start:], strict=True):
        if len(row) != width:
            of = "the header" if names else "the first line"
            raise DomainError(
                f"{path}, line {line}: {len(row)} cells, where {of} has {width}; every line must "
                f"hold equally many, with {found.named} between them "
                f"({reading.option('delimiter', 'MARK')} if that is wrong)"
            )
    frame = _frame(found, start, width, len(rows), path)
    read_as = [f"names from {'a comment' if start == 0 else f'line {found.lines[0]}'}"
               if names else "no names of columns", found.named]  # fmt: skip
    if found.decimal == ",":
        read_as.append("decimal commas")
    if encoding:
        read_as.append(encoding)
    notes = (f"left out {found.skipped} lines that begin with #",) if found.skipped else ()
    lines = np.array(found.lines[start:], dtype=np.intp)
    return Cells(path, frame, names, lines, row_names, found.decimal, notes), ", ".join(read_as)


def _names(found: Records, path: str, reading: Reading) -> tuple[tuple[str, ...], bool, int]:
    """Return the names, whether rows have names of their own, and where rows begin."""
    first, body = found.cells[0], found.cells[1:]
    width = len(body[0]) if body else len(first)
    if found.comment is not None and reading.header is None:
        names = _of_comment(found)
        if names and len(names) in (len(first), len(first) - 1):
            row_names = len(names) < len(first)
            return (*[""] * row_names, *names), row_names, 0
    if reading.header is False:
        return (), False, 0
    # R writes no name for the names of the rows.
    if len(first) == width - 1 and {len(row) for row in body} == {width}:
        if not all(not row[-1].strip() for row in body):
            return ("", *_cleaned(first)), True, 1
        return (*_cleaned(first), ""), False, 1
    headed: bool | None = reading.header
    if headed is None:
        even = [row for row in body if len(row) == width]
        headed = has_names(first, even, found.decimal) if len(first) == width else False
    if headed is None:
        shown = ", ".join(first)
        raise DomainError(
            f"{path}, line {found.lines[0]}: {shown:.60} may be names or a sample: say "
            f"{reading.header_options()}"
        )
    return (_cleaned(first), False, 1) if headed else ((), False, 0)


def _of_comment(found: Records) -> tuple[str, ...]:
    """Return the cells of a comment that could be a header."""
    comment = found.comment or ""
    mark = found.delimiter
    cells = comment.split() if mark == " " else comment.split(mark)
    if len(cells) < 2 and len(found.cells[0]) > 1:
        cells = comment.split()
    names = _cleaned(cells)
    return names if names and number(names[0], found.decimal) is None else ()


def _cleaned(cells: Sequence[str]) -> tuple[str, ...]:
    return tuple(cell.strip().strip("\"'") for cell in cells)


def _frame(found: Records, start: int, width: int, rows: int, path: str) -> Any:
    """Return cells as numbers where a column has no others, and as text elsewhere."""
    import pandas as pd

    # Records before the first row, in lines of text: one may take several lines.
    skipped = 0 if start == 0 else _lines_of(found, start)
    mark = "\t" if found.delimiter == " " else found.delimiter
    try:
        frame = pd.read_csv(
            io.StringIO("\n".join(found.text[skipped:]) + "\n"),
            sep=mark,
            header=None,
            names=range(width),
            index_col=False,
            decimal=found.decimal,
            na_values=list(MISSING_TOKENS),
            keep_default_na=False,
            skipinitialspace=mark != "\t",
            **EXACT if int(pd.__version__.partition(".")[0]) < 3 else {},
            low_memory=False,
            engine="c",
            skip_blank_lines=False,
        )
    except (ValueError, OverflowError) as error:
        raise DomainError(f"{path} cannot be read as a table: {error}") from None
    if len(frame) != rows:
        raise DomainError(
            f"{path} cannot be read as a table: its quotes leave {len(frame)} or {rows} rows"
        )
    return _numbers_where_possible(frame, found.decimal)


def _lines_of(found: Records, records: int) -> int:
    """Return how many lines of `found.text` the first records take."""
    import csv

    mark = "\t" if found.delimiter == " " else found.delimiter
    reader = csv.reader((f"{line}\n" for line in found.text), delimiter=mark)
    for _ in range(records):
        next(reader)
    return reader.line_num


def _numbers_where_possible(frame: Any, decimal: str) -> Any:
    """Return columns of numbers as floats; text keeps None where it is missing."""
    import pandas as pd

    columns: dict[int, Any] = {}
    for place in frame.columns:
        column = frame[place]
        if pd.api.types.is_bool_dtype(column) or pd.api.types.is_numeric_dtype(column):
            columns[place] = column.to_numpy(dtype=np.float64, na_value=np.nan)
            continue
        cells = column.astype(object)
        values = [
            np.nan if pd.isna(cell) or str(cell).strip() in MISSING_TOKENS
            else number(str(cell), decimal) for cell in cells
        ]  # fmt: skip
        if None in values:
            columns[place] = pd.Series(
                [None if isinstance(v, float) and np.isnan(v) else str(cell)
                 for cell, v in zip(cells, values, strict=True)], dtype=object, index=frame.index
            )  # fmt: skip
        else:
            columns[place] = np.array(values, dtype=np.float64)
    return pd.DataFrame(columns, index=frame.index)
