"""The names by which command lines call spectra, data sets and mask ratios."""

from __future__ import annotations

from collections.abc import Callable

import ridgeless as rl
from ridgeless.errors import real_array
from simulations.datasets import digits, mnist, pbmc, table
from simulations.designs import (
    Design,
    EllipticalRows,
    GaussianRows,
    RademacherRows,
    StudentRows,
)

__all__ = ["DESIGNS", "RATIOS", "SPECTRA", "design", "is_real", "mask_ratio", "spectrum"]

#: Factors of the latent-space model, per feature.
FACTORS = 0.1
#: Spikes of the spiked model.
SPIKES = 5

#: Name: what it takes by default, and how it is made from that and the dimension.
SPECTRA: dict[str, tuple[float, Callable[[float, int], rl.Spectrum]]] = {
    "isotropic": (1.0, lambda variance, d: rl.Spectrum.isotropic(variance)),
    "power_law": (1.0, rl.Spectrum.power_law),
    "spiked": (30.0, lambda spike, d: rl.Spectrum.spiked([spike] * min(SPIKES, d), d)),
    "ar1": (0.7, rl.Spectrum.ar1),
    "latent_factors": (
        4.0,
        lambda strength, d: rl.Spectrum.latent_factors(round(FACTORS * d), d, strength),
    ),
}
#: Real data: name, what it takes by default.
DATASETS = {"digits": (0.1, digits), "mnist": (0.1, mnist), "pbmc": (0.1, pbmc)}
#: Endings of the files whose rows can be used.
FILES = (".npy", ".csv")

#: Name: the law of rows, and whether it takes a parameter.
DESIGNS: dict[str, tuple[Callable[..., Design], bool]] = {
    "gaussian": (GaussianRows, False),
    "rademacher": (RademacherRows, False),
    "student": (StudentRows, True),
    "elliptical": (EllipticalRows, True),
}

#: Name: the law that it makes of two ratios.
RATIOS: dict[str, Callable[[float, float], rl.RatioLaw]] = {
    "uniform": rl.UniformRatio,
    "linear": lambda start, end: rl.ScheduledRatio(start, end, "linear"),
    "cosine": lambda start, end: rl.ScheduledRatio(start, end, "cosine"),
}


def is_real(text: str) -> bool:
    """Whether `text` names a data set."""
    return text.split(":")[0] in DATASETS or text.endswith(FILES)


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
            f"design must be one of {', '.join(DESIGNS)}, the last two with :FREEDOM, got {text!r}"
        )
    return DESIGNS[name][0](*(_number("design", text, part) for part in parameters))


def spectrum(text: str, dimension: int, rows: str) -> tuple[rl.Spectrum, int, Design]:
    """Return the spectrum, dimension and data design called `name` or `name:parameter`.

    Real data come with rows and a dimension of their own.

    Examples
    --------
    >>> spectrum("power_law:0.5", 100, "gaussian")
    (Spectrum(100 atoms, mean 1, from 0.538 to 5.38), 100, GaussianRows())
    """
    if text.endswith(FILES):
        own = table(text)
        return own.spectrum, len(own.spectrum), own
    name, *parameters = text.split(":")
    known = SPECTRA | DATASETS
    if name not in known or len(parameters) > 1:
        raise rl.DomainError(
            f"spectrum must be one of {', '.join(known)}, name:parameter, or a path to a "
            f"{' or '.join(FILES)} file, got {text!r}"
        )
    value = _number("spectrum", text, parameters[0]) if parameters else known[name][0]
    if name in DATASETS:
        own = DATASETS[name][1](value)
        return own.spectrum, len(own.spectrum), own
    return SPECTRA[name][1](value, dimension), dimension, design(rows)


def mask_ratio(text: str) -> float | rl.RatioLaw:
    """Return the ratio or law called `0.5`, `uniform:0.1:0.9` or alike.

    Examples
    --------
    >>> mask_ratio("0.5"), mask_ratio("uniform:0.1:0.9")
    (0.5, UniformRatio(low=0.1, high=0.9))
    """
    name, *parameters = text.split(":")
    if name not in RATIOS:
        if parameters:
            raise _unknown_ratio(text)
        return _number("mask_ratio", text, name)
    if len(parameters) != 2:
        raise _unknown_ratio(text)
    low, high = (_number("mask_ratio", text, part) for part in parameters)
    return RATIOS[name](low, high)


def _number(name: str, text: str, part: str) -> float:
    try:
        return float(real_array(name, float(part)))
    except ValueError:
        if name == "mask_ratio":
            raise _unknown_ratio(text) from None
        raise rl.DomainError(f"{name} must end in a number after the colon, got {text!r}") from None


def _unknown_ratio(text: str) -> rl.DomainError:
    laws = ", ".join(f"{name}:A:B" for name in RATIOS)
    return rl.DomainError(f"mask_ratio must be a number or one of {laws}, got {text!r}")
