"""Lists that go with a table: the groups of its columns, and eigenvalues."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.cli.tables import formats
from ridgeless.cli.tables.content import as_text, unpacked
from ridgeless.cli.tables.read import read
from ridgeless.cli.tables.table import Table
from ridgeless.errors import DomainError

__all__ = ["eigenvalues", "labels"]


def eigenvalues(path: str) -> NDArray[np.float64]:
    """Return the eigenvalues of a file: one column or one row of numbers.

    Raises
    ------
    DomainError
        If it holds anything else, a matrix for one.
    """
    content = unpacked(path)
    if formats.is_array(path, content) and path.endswith((".npy", ".npz")):
        values = formats.array(path, content)
        if values.ndim == 1 and values.dtype.kind in "iuf":
            return np.asarray(values, dtype=np.float64)
    values = read(path).values
    if 1 not in values.shape:
        raise DomainError(
            f"{path} must hold eigenvalues, in one column or one row, got shape {values.shape}; of "
            "a matrix take the eigenvalues first"
        )
    return np.asarray(values.ravel())


def labels(text: str | None, table: Table) -> Any:
    """Return the groups of a table's columns: a width, or labels from a list or a file.

    A file has a label for each column, of the table as read or as it stands in its file, or the
    names of the columns and their labels in two columns.
    """
    if text is None:
        return None
    if text.isdecimal():
        return int(text)
    if not Path(text).exists() and "," in text:
        return _of_columns([label.strip() for label in text.split(",")], table, "groups")
    content = unpacked(text)
    if formats.is_array(text, content):
        found = formats.array(text, content)
        if found.ndim == 2 and 1 not in found.shape:
            raise DomainError(
                f"{text} must hold one label per column, got an array of shape {found.shape}"
            )
        return _of_columns(np.ravel(found).tolist(), table, text)
    letters, encoding = as_text(content, text)
    if encoding == "Windows-1252" and not letters.isprintable():
        raise DomainError(f"{text} must hold one label per column, as text or .npy")
    lines = [line.replace("\t", ",").replace(";", ",") for line in letters.splitlines()]
    pairs = [[cell.strip(" \"'") for cell in line.split(",")] for line in lines if line.strip()]
    if table.names and {len(pair) for pair in pairs} == {2}:
        named = dict(pairs)
        if all(name in named for name in table.names):
            return [named[name] for name in table.names]
    return _of_columns(letters.replace(",", " ").split(), table, text)


def _of_columns(found: list[Any], table: Table, where: str) -> list[Any]:
    """Return a label for each column that was read."""
    width = table.values.shape[1]
    if len(found) == width:
        return found
    if len(found) == len(table.file_names) or (
        not table.file_names and len(found) == max(table.places) + 1
    ):
        return [found[place] for place in table.places]
    raise DomainError(
        f"{where} must hold one label for each of the {width} columns, got {len(found)} labels; "
        "groups must hold one label per column"
    )
