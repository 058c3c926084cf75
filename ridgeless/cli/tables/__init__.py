"""Tables and lists as users have them on disk: one reader for every command."""

from ridgeless.cli.tables.answers import answers
from ridgeless.cli.tables.read import read, stack
from ridgeless.cli.tables.reading import SUFFIXES, Reading, add_options, chosen, inline, is_table
from ridgeless.cli.tables.table import Table
from ridgeless.cli.tables.vectors import eigenvalues, labels

__all__ = [
    "SUFFIXES",
    "Reading",
    "Table",
    "add_options",
    "answers",
    "chosen",
    "eigenvalues",
    "inline",
    "is_table",
    "labels",
    "read",
    "stack",
]
