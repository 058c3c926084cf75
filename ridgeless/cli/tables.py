"""Files of numbers and labels, as the command line reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import DomainError

__all__ = ["column", "groups", "table"]


def table(path: str) -> tuple[list[str], NDArray[Any]]:
    """Read a header, empty if there is none, and numbers.

    From a .npy file, or from text with commas or spaces.

    Raises
    ------
    DomainError
        If the file holds anything else; a missing one raises OSError.
    """
    try:
        return ([], _array(path)) if path.endswith(".npy") else _text(path)
    except DomainError:
        raise
    except (EOFError, UnicodeDecodeError, ValueError, BadZipFile) as error:
        raise DomainError(f"{path} cannot be read as a table of numbers: {error}") from None


def _array(path: str) -> NDArray[Any]:
    with Path(path).open("rb") as file:
        array = np.load(file, allow_pickle=False)
        if not isinstance(array, np.ndarray):
            raise ValueError("it holds several arrays")
    return array


def _text(path: str) -> tuple[list[str], NDArray[np.float64]]:
    lines = [x for x in Path(path).read_text(encoding="utf-8-sig").splitlines() if x.strip()]
    if not lines:
        raise DomainError(f"{path} is empty")
    comma = "," if any("," in line for line in lines) else None
    first = lines[0].split(comma)
    header = [] if any(map(_is_number, first)) else [x.strip(" \"'") for x in first]
    if header:
        del lines[0]
    if not lines:
        raise DomainError(f"{path} has a header and no rows")
    try:
        return header, np.loadtxt(lines, delimiter=comma, comments=None, ndmin=2)
    except ValueError:
        cells = [line.split(comma) for line in lines]
    if len({len(row) for row in cells}) > 1:
        raise DomainError(f"{path} must hold equally many numbers in every line")
    try:
        # An empty cell is a missing value; what that means is for the reader to say.
        return header, np.array([[float(x.strip() or "nan") for x in row] for row in cells])
    except ValueError as error:
        raise ValueError(str(error).split(": ")[-1] + " is not a number") from None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def column(text: str | None, header: list[str]) -> int | None:
    """Return the number of a column from its number or its name."""
    if text is None:
        return None
    if text in header:
        return header.index(text)
    try:
        return int(text)
    except ValueError:
        known = ", ".join(header)
        names = (
            f"a name of the header ({known:.200})"
            if header
            else "its name, for which the data needs a header"
        )
        raise DomainError(
            f"target must be the number of a column (from 0) or {names}, got {text!r}"
        ) from None


def groups(text: str | None) -> Any:
    """Return a width, or labels from a list or a file."""
    if text is None:
        return None
    if text.isdecimal():
        return int(text)
    if text.endswith(".npy"):
        return np.ravel(table(text)[1])
    if not Path(text).exists() and "," in text:
        return [label.strip() for label in text.split(",")]
    try:
        return Path(text).read_text(encoding="utf-8").replace(",", " ").split()
    except UnicodeDecodeError:
        raise DomainError(f"{text} must hold one label per column, as text or .npy") from None
