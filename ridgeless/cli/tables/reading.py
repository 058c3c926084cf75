"""How a table is to be read, where that is not left to the reader to find out."""

from __future__ import annotations

import argparse
from dataclasses import dataclass, replace
from typing import Any

from ridgeless.errors import DomainError

__all__ = ["SUFFIXES", "Reading", "add_options", "chosen", "inline", "is_table"]

#: Endings of files that are tables.
SUFFIXES = (
    ".csv", ".tsv", ".tab", ".dat", ".npy", ".npz", ".parquet", ".h5ad", ".mtx",
    ".csv.gz", ".csv.bz2", ".csv.xz", ".csv.zip", ".tsv.gz", ".txt.gz", ".mtx.gz",
)  # fmt: skip

DELIMITERS = {"comma": ",", "tab": "\t", "semicolon": ";", "pipe": "|", "space": " "}
MISSING = ("refuse", "drop-rows", "drop-columns", "mean")
TEXT_COLUMNS = ("refuse", "drop", "dummies")


@dataclass(frozen=True)
class Reading:
    """What the reader is told; None is for it to find out.

    `columns`, `drop` and `index_column` hold names, or places in the file counted from 0.
    """

    delimiter: str | None = None
    decimal: str | None = None
    header: bool | None = None
    index_column: str | None = None
    drop: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    missing: str = "refuse"
    text_columns: str = "refuse"
    #: Whether options stand behind the path, as in table.csv:missing=mean.
    inline: bool = False

    def __post_init__(self) -> None:
        if self.delimiter is not None:
            mark = DELIMITERS.get(self.delimiter, self.delimiter).replace("\\t", "\t")
            if len(mark) != 1 or mark in "\r\n\"'":
                raise DomainError(
                    f"delimiter must be one character or one of {', '.join(DELIMITERS)}, got "
                    f"{self.delimiter!r}"
                )
            object.__setattr__(self, "delimiter", mark)
        for name, value, known in (
            ("decimal", self.decimal, (None, ".", ",")),
            ("missing", self.missing, MISSING),
            ("text_columns", self.text_columns, TEXT_COLUMNS),
        ):
            if value not in known:
                words = ", ".join(repr(x) for x in known if x)
                raise DomainError(f"{name} must be one of {words}, got {value!r}")
        if self.decimal is not None and self.decimal == self.delimiter:
            raise DomainError(f"decimal must differ from the delimiter, got {self.decimal!r} twice")

    def option(self, name: str, *values: str) -> str:
        """Return how to set an option where these came from: "--missing drop-rows, ... or mean"."""
        listed = " or ".join(filter(None, (", ".join(values[:-1]), values[-1] if values else "")))
        if self.inline:
            return f":{name}={listed} behind the path"
        return f"--{name} {listed}".rstrip()

    def header_options(self) -> str:
        """Return how to say whether the first line has names."""
        return (
            ":header=yes or :header=no behind the path"
            if self.inline
            else "--header or --no-header"
        )


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the reader to a command."""
    group = parser.add_argument_group("reading the table, where it guesses wrong")
    group.add_argument("--header", action=argparse.BooleanOptionalAction, default=None,
                       help="whether the first line has the columns' names")  # fmt: skip
    group.add_argument("--index-column", metavar="COLUMN",
                       help="column that names or counts the rows, or none")  # fmt: skip
    group.add_argument("--drop", metavar="COLUMNS", action="append", default=[],
                       help="leave out these: names or numbers (from 0), with commas")  # fmt: skip
    group.add_argument("--columns", metavar="COLUMNS", action="append", default=[],
                       help="take these columns only")  # fmt: skip
    marks = ", ".join(DELIMITERS)
    group.add_argument("--delimiter", metavar="MARK", help=f"between cells: a character, {marks}")
    group.add_argument("--decimal", choices=[".", ","], help="the decimal mark")
    group.add_argument("--missing", choices=MISSING, default="refuse",
                       help="what to do about missing values")  # fmt: skip
    group.add_argument("--text-columns", choices=TEXT_COLUMNS, default="refuse",
                       help="what to do about columns of text; dummies: a column of 0 and 1 per "
                       "value but the first")  # fmt: skip


def chosen(options: argparse.Namespace) -> Reading:
    """Return what the options say."""
    return Reading(
        delimiter=options.delimiter,
        decimal=options.decimal,
        header=options.header,
        index_column=options.index_column,
        drop=tuple(options.drop),
        columns=tuple(options.columns),
        missing=options.missing,
        text_columns=options.text_columns,
    )


def inline(text: str) -> tuple[str, Reading]:
    """Return the path and the options of ``path:option=value:option=value``.

    Examples
    --------
    >>> path, reading = inline("a/table.csv:missing=mean:header=no")
    >>> path, reading.missing, reading.header
    ('a/table.csv', 'mean', False)
    """
    path, *parts = text.split(":")
    while parts and "=" not in parts[0]:
        path += f":{parts.pop(0)}"
    reading = Reading(inline=True)
    for part in parts:
        name, _, value = part.partition("=")
        reading = _with(reading, name.replace("-", "_"), value, text)
    return path, reading


def is_table(text: str) -> bool:
    """Whether `text` is the path of a table by its ending, with or without options behind it."""
    return inline(text)[0].endswith(SUFFIXES)


def _with(reading: Reading, name: str, value: str, text: str) -> Reading:
    if name == "header":
        known = {"yes": True, "no": False}
        if value not in known:
            raise DomainError(f"header must be yes or no, got {value!r} in {text!r}")
        return _set(reading, name, known[value])
    if name in ("drop", "columns"):
        return _set(reading, name, (*getattr(reading, name), value))
    if name in ("delimiter", "decimal", "index_column", "missing", "text_columns"):
        return _set(reading, name, value)
    raise DomainError(
        "options behind a path must be header, index-column, drop, columns, delimiter, decimal, "
        f"missing or text-columns, got {name!r} in {text!r}"
    )


def _set(reading: Reading, name: str, value: Any) -> Reading:
    return replace(reading, **{name: value})
