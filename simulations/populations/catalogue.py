"""The names by which command lines call spectra, data sets and mask ratios."""

from __future__ import annotations

from collections.abc import Callable

import ridgeless as rl
from ridgeless import names
from ridgeless.cli import tables
from ridgeless.names import RATIOS, SPECTRA, mask_ratio, number, split_name
from simulations.populations.datasets import digits, mnist, pbmc, table
from simulations.populations.designs import (
    Design,
    EllipticalRows,
    GaussianRows,
    PowerRows,
    RademacherRows,
    StudentRows,
)

__all__ = ["DESIGNS", "RATIOS", "SPECTRA", "design", "is_real", "mask_ratio", "spectrum"]

#: Real data: name, what it takes by default.
DATASETS = {"digits": (0.1, digits), "mnist": (0.1, mnist), "pbmc": (0.1, pbmc)}

#: Name: the law of rows, and whether it takes a parameter.
DESIGNS: dict[str, tuple[Callable[..., Design], bool]] = {
    "gaussian": (GaussianRows, False),
    "rademacher": (RademacherRows, False),
    "student": (StudentRows, True),
    "elliptical": (EllipticalRows, True),
    "lognormal": (lambda sigma=1.0: PowerRows(rl.LognormalPower(sigma)), True),
}


def is_real(text: str) -> bool:
    """Whether `text` names a data set."""
    return text.split(":")[0] in DATASETS or tables.is_table(text)


def design(text: str) -> Design:
    """Return the law of rows called `name` or `name:parameter`.

    Examples
    --------
    >>> design("student:3")
    StudentRows(freedom=3.0)
    """
    name, *parameters = text.split(":")
    if name not in DESIGNS or len(parameters) > DESIGNS[name][1]:
        raise rl.DomainError(
            f"design must be one of {', '.join(DESIGNS)}, "
            f"the last three with a number as in student:5, got {text!r}"
        )
    return DESIGNS[name][0](*(number("design", text, part) for part in parameters))


def spectrum(text: str, dimension: int, rows: str) -> tuple[rl.Spectrum, int, Design]:
    """Return the spectrum, dimension and data design called `name` or `name:parameter`.

    Real data come with rows and a dimension of their own.

    Examples
    --------
    >>> spectrum("power_law:0.5", 100, "gaussian")
    (Spectrum(100 atoms, mean 1, from 0.538 to 5.38), 100, GaussianRows())
    """
    if tables.is_table(text):
        own = table(text)
        return own.spectrum, len(own.spectrum), own
    name, value = split_name(
        text, [*SPECTRA, *DATASETS], f", or a path to a table ({', '.join(tables.SUFFIXES)})"
    )
    if name in DATASETS:
        default, load = DATASETS[name]
        own = load(default if value is None else value)
        return own.spectrum, len(own.spectrum), own
    return names.spectrum(text, dimension), dimension, design(rows)
