"""Cells that are numbers, cells that stand for nothing, and the decimal mark."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["MISSING_TOKENS", "decimal_mark", "is_missing", "number"]

#: What stands for a missing value, beside an empty cell.
MISSING_TOKENS = frozenset(
    ["", "NA", "N/A", "n/a", "na", "NaN", "nan", "-nan", "-NaN", "NAN", "NULL", "Null", "null",
     "None", "none", "<NA>", "#N/A", "#NA", "#N/A N/A", "NaT", "?", "-", "--", ".", "*"]
)  # fmt: skip
# Not what Python's float takes: 1_10583 is a gene's place, and infinity and nan are words.
_DOT = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
_COMMA = re.compile(r"[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?")
_INFINITY = re.compile(r"[+-]?inf(inity)?", re.IGNORECASE)
# 1,234 may be 1.234 or 1234.
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+")


def number(cell: str, decimal: str = ".") -> float | None:
    """Return the number in a cell, None if it is none.

    Examples
    --------
    >>> number("1.5"), number("1,5", ","), number("1_10583")
    (1.5, 1.5, None)
    """
    cell = cell.strip()
    if (_DOT if decimal == "." else _COMMA).fullmatch(cell):
        return float(cell.replace(",", "."))
    return float(cell) if _INFINITY.fullmatch(cell) else None


def is_missing(cell: str) -> bool:
    """Whether a cell stands for a missing value."""
    return cell.strip() in MISSING_TOKENS


def decimal_mark(cells: Iterable[str]) -> str:
    """Return the decimal mark of cells: "." , "," or "?" where 1,234 could be either.

    Examples
    --------
    >>> decimal_mark(["1,5", "2"]), decimal_mark(["1.5", "a,b"]), decimal_mark(["1,234"])
    (',', '.', '?')
    """
    dots = commas = unclear = 0
    for cell in cells:
        cell = cell.strip()
        if "," in cell and _COMMA.fullmatch(cell):
            commas += 1
            unclear += bool(_THOUSANDS.fullmatch(cell))
        elif _THOUSANDS.fullmatch(cell):
            unclear += 1
        elif "." in cell and _DOT.fullmatch(cell):
            dots += 1
    if commas <= dots:
        return "."
    return "?" if unclear == commas else ","
