"""Lines as records of cells: which mark is between them, and which lines are comments."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from ridgeless.cli.tables.numerals import decimal_mark, is_missing, number
from ridgeless.cli.tables.reading import Reading
from ridgeless.errors import DomainError

__all__ = ["Records", "records"]

CANDIDATES = (",", "\t", ";", "|")
SPACE = " "
NAMES = {",": "commas", "\t": "tabs", ";": "semicolons", "|": "pipes", " ": "white space"}
COMMENTS = ("#", "%", "//")
SAMPLE, LEAST_SAMPLE = 300, 5  # records that are looked at to find the dialect
LETTERS = 400_000  # of them, together
#: Cells that are numbers, from which on a delimiter stands against white space.
NUMERIC = 0.5
_SPACED = re.compile(r'"(?:[^"]|"")*"|\S+')

csv.field_size_limit(1 << 27)


@dataclass(frozen=True)
class Records:
    """Cells by record, where they stand in the file, and how they were told apart."""

    cells: list[list[str]]
    lines: list[int]  # of each record, from 1
    text: list[str]  # lines with the delimiter between cells, a record each or part of one
    delimiter: str
    decimal: str
    comment: str | None  # the last comment before the first record, without its mark
    skipped: int  # comments further down

    @property
    def named(self) -> str:
        """The delimiter in words."""
        return NAMES.get(self.delimiter, repr(self.delimiter))


def records(text: str, path: str, reading: Reading) -> Records:
    """Return the records of a text.

    Raises
    ------
    DomainError
        If there is none, or a decimal mark may be a separator of thousands.
    """
    numbered = [
        (number, line)
        for number, line in enumerate(re.split(r"\r\n|\n|\r", text), 1)
        if line.strip(" ")  # a line of tabs is a row of missing values
    ]
    comment, numbered, skipped = _without_comments(numbered)
    if not numbered:
        raise DomainError(f"{path} is empty")
    sample = [line for _, line in numbered[: _some(numbered[-1][1])]]
    delimiter = reading.delimiter or _delimiter(sample)
    # White space is tabs from here on.
    mark = "\t" if delimiter == SPACE else delimiter
    if delimiter == SPACE:
        numbered = [(n, "\t".join(_SPACED.findall(line))) for n, line in numbered]
    cells, lines = [], []
    read = _cells((line for _, line in numbered), mark)
    done = 0
    try:
        for record, used in read:
            cells.append(record)
            lines.append(numbered[done][0])
            done = used
    except csv.Error as error:
        raise DomainError(f"{path}, line {numbered[done][0]}: {error}") from None
    decimal = reading.decimal or _decimal(cells[: 4 * _some(numbered[-1][1])], path, reading)
    return Records(cells, lines, [x for _, x in numbered], delimiter, decimal, comment, skipped)


def _some(line: str) -> int:
    """Return how many lines like this one are looked at."""
    return min(SAMPLE, max(LEAST_SAMPLE, LETTERS // len(line)))


def _without_comments(
    numbered: list[tuple[int, str]],
) -> tuple[str | None, list[tuple[int, str]], int]:
    """Return the last comment at the top, the other lines, and how many comments are among them."""
    top = 0
    while top < len(numbered) and numbered[top][1].lstrip().startswith(COMMENTS):
        top += 1
    comment, rest = None, numbered[top:]
    if top and rest:
        comment = numbered[top - 1][1].lstrip()
        mark = next(x for x in COMMENTS if comment.startswith(x))
        comment = comment[len(mark) :].lstrip(mark).strip(" ")
    elif top:
        return None, numbered, 0  # all lines are alike
    plain = [pair for pair in rest if not pair[1].lstrip().startswith("#")]
    if len(plain) < len(rest) / 2:  # names that begin so
        return comment, rest, 0
    return comment, plain, len(rest) - len(plain)


def _cells(lines: Iterable[str], delimiter: str) -> Iterator[tuple[list[str], int]]:
    ended = (f"{line}\n" for line in lines)
    reader = csv.reader(ended, delimiter=delimiter, skipinitialspace=delimiter != "\t")
    for record in reader:
        yield record, reader.line_num


def _delimiter(sample: Sequence[str]) -> str:
    """Return the mark that makes lines equally long and most cells numbers."""
    found = {mark: _fit(sample, mark) for mark in CANDIDATES}
    best = max(CANDIDATES, key=lambda mark: found[mark])
    spaced = _fit(["\t".join(_SPACED.findall(line)) for line in sample], "\t")
    if found[best][0] == 0:
        return SPACE if spaced[0] else ","
    # A last resort: where all cells are numbers then, as with decimal commas, or hardly any now.
    better = spaced[:3] > found[best][:3] and (found[best][2] < NUMERIC or spaced[2] == 1)
    return SPACE if better else best


def _fit(sample: Sequence[str], mark: str) -> tuple[float, int, float, int]:
    """Return how even the lines are, whether wholly, the share of numbers, and the width."""
    try:
        rows = [record for record, _ in _cells(sample, mark)]
    except csv.Error:
        return 0.0, 0, 0.0, 0
    width, often = Counter(map(len, rows[1:] or rows)).most_common(1)[0]
    if width < 2:
        return 0.0, 0, 0.0, 0
    body = [row for row in rows[1:] or rows if len(row) == width]
    cells = [cell for row in body for cell in row]
    decimal = decimal_mark(cells)
    marks = "," if decimal == "?" else decimal
    numeric = sum(is_missing(x) or number(x, marks) is not None for x in cells) / len(cells)
    even = often / len(rows[1:] or rows)
    # A few ragged lines are a mistake in the file, not a sign of another mark.
    return round(even, 1), int(even == 1), numeric, width


def _decimal(cells: list[list[str]], path: str, reading: Reading) -> str:
    mark = decimal_mark(cell for row in cells for cell in row)
    if mark == "?":
        cell = next(x for row in cells for x in row if "," in x and number(x, ",") is not None)
        raise DomainError(
            f"{path}: {cell.strip()!r} may be a number with a decimal comma, or with thousands set "
            f"off: say {reading.option('decimal', ',', '.')}"
        )
    return mark
