"""A table that was read: numbers, names, and what was done to get there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import DomainError

__all__ = ["Table", "named", "place_of"]


@dataclass(frozen=True, eq=False)
class Table:
    """Rows of numbers, and where they come from."""

    path: str
    values: NDArray[np.float64]  #: shape (n, d)
    names: tuple[str, ...]  #: of the columns of `values`; () if the file has none
    places: tuple[int, ...]  #: of these columns in the file, counted from 0
    file_names: tuple[str, ...]  #: of all columns of the file; () if it has none
    read_as: str  #: header, delimiter, encoding
    left_out: tuple[str, ...] = ()  #: what was dropped, and why

    @property
    def understood(self) -> str:
        """What was understood, in one line."""
        rows, columns = self.values.shape
        said = f"{self.path}: {rows} rows x {columns} columns ({self.read_as})"
        return f"{said}; {'; '.join(self.left_out)}" if self.left_out else said

    def column(self, text: str | None) -> int | None:
        """Return the place in `values` of a column by its name, or its number in the file.

        Raises
        ------
        DomainError
            If there is none, or several have the name, or it was left out.
        """
        if text is None:
            return None
        place = place_of(text, self.file_names, len(self.file_names) or self._width, "target")
        if place not in self.places:
            shown = named(place, self.file_names)
            raise DomainError(
                f"target must be a column that was read, but {shown} was left out: "
                f"{'; '.join(self.left_out)}"
            )
        return self.places.index(place)

    @property
    def _width(self) -> int:
        return max(self.places, default=-1) + 1


def place_of(text: str, names: Sequence[str], width: int, what: str) -> int:
    """Return the place of a column by its name, else by its number from 0."""
    if list(names).count(text) > 1:
        raise DomainError(
            f"{what} must be one column, but {list(names).count(text)} are called {text!r}: give "
            "its number (from 0)"
        )
    if text in names:
        return list(names).index(text)
    if text.isdecimal() and int(text) < width:
        return int(text)
    shown = ", ".join(names)
    known = f"a name of the header ({shown:.200})" if names else (
        "its name, for which the data needs a header"
    )  # fmt: skip
    raise DomainError(
        f"{what} must be the number of a column (from 0, below {width}) or {known}, got {text!r}"
    )


def named(place: int, names: Sequence[str]) -> str:
    """Return how to speak of a column: "column 3 ('height')"."""
    name = names[place] if names else ""
    return f"column {place} ({name!r})" if name else f"column {place}"
