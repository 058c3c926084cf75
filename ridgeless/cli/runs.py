"""Files of runs: a ratio, a value, and perhaps a seed in every line."""

from __future__ import annotations

from typing import Any, NamedTuple

from ridgeless.cli.tables import Reading
from ridgeless.cli.tables.numerals import number
from ridgeless.cli.tables.read import cells_of
from ridgeless.errors import DomainError

__all__ = ["Listed", "read"]

RATIO, VALUE, SEED = ("ratio", "mask_ratio", "p"), ("value", "loss", "error", "score"), ("seed",)


class Listed(NamedTuple):
    """The columns of a file of runs."""

    ratios: list[Any]
    values: list[Any]
    seeds: list[Any] | None


def read(path: str) -> Listed:
    """Return the runs of a table with columns ratio, value and perhaps seed.

    Without a header these are its columns in that order. A ratio may be text, the name of a law.

    Raises
    ------
    DomainError
        If a column is missing or a value is no number.
    """
    cells, _ = cells_of(path, Reading(index_column="none"))
    width = cells.frame.shape[1]
    names = [name.strip().lower() for name in cells.names] or ["ratio", "value", "seed"][:width]

    def place(known: tuple[str, ...]) -> int | None:
        return next((names.index(name) for name in known if name in names), None)

    found = place(RATIO), place(VALUE), place(SEED)
    for what, known, at in zip(("ratio", "value"), (RATIO, VALUE), found, strict=False):
        if at is None:
            shown = ", ".join(cells.names) or f"{width} columns"
            called = " or ".join(known)
            raise DomainError(
                f"{path} must have a column for the {what}, called {called}; got {shown}"
            )
    ratio, value, seed = found
    assert ratio is not None
    assert value is not None
    if cells.is_text(value):
        column = cells.frame[value]
        bad = next(k for k, cell in enumerate(column) if number(str(cell), cells.decimal) is None)
        raise DomainError(
            f"{cells.where(bad, value)}: {cells.frame[value].iloc[bad]!r} is not a number"
        )
    for column in (ratio, value):
        gaps = cells.frame[column].isna()
        if gaps.any():
            raise DomainError(f"{cells.where(int(gaps.argmax()), column)}: a missing value")
    return Listed(
        cells.frame[ratio].tolist(),
        cells.frame[value].tolist(),
        None if seed is None else cells.frame[seed].tolist(),
    )
