"""The names by which command lines call spectra and mask ratios."""

from __future__ import annotations

from collections.abc import Callable

from ridgeless.checks import real_array
from ridgeless.errors import DomainError
from ridgeless.mask_ratio import RatioLaw, ScheduledRatio, UniformRatio
from ridgeless.row_power import LognormalPower, RowPower, StudentPower
from ridgeless.spectrum import Spectrum

__all__ = [
    "POWERS",
    "RATIOS",
    "SPECTRA",
    "mask_ratio",
    "number",
    "row_power",
    "spectrum",
    "split_name",
]

#: Factors of the latent-space model, per feature.
FACTORS = 0.1
#: Spikes of the spiked model.
SPIKES = 5

#: Name: what it takes by default, and how it is made from that and the dimension.
SPECTRA: dict[str, tuple[float, Callable[[float, int], Spectrum]]] = {
    "isotropic": (1.0, lambda variance, _d: Spectrum.isotropic(variance)),
    "power_law": (1.0, Spectrum.power_law),
    "spiked": (30.0, lambda spike, d: Spectrum.spiked([spike] * min(SPIKES, d), d)),
    "ar1": (0.7, Spectrum.ar1),
    "latent_factors": (
        4.0,
        lambda strength, d: Spectrum.latent_factors(round(FACTORS * d), d, strength),
    ),
}

#: Name: the law that it makes of two ratios.
RATIOS: dict[str, Callable[[float, float], RatioLaw]] = {
    "uniform": UniformRatio,
    "linear": lambda start, end: ScheduledRatio(start, end, "linear"),
    "cosine": lambda start, end: ScheduledRatio(start, end, "cosine"),
}

#: Name: the law of powers of rows that it makes of a number.
POWERS: dict[str, Callable[[float], RowPower]] = {
    "student": StudentPower,
    "lognormal": LognormalPower,
}


def split_name(text: str, known: list[str], also: str = "") -> tuple[str, float | None]:
    """Return the name and the number of ``name`` or ``name:number``."""
    name, *parameters = text.split(":")
    if name not in known or len(parameters) > 1:
        raise DomainError(
            f"spectrum must be one of {', '.join(known)}, or name:parameter{also}, got {text!r}"
        )
    return name, number("spectrum", text, parameters[0]) if parameters else None


def spectrum(text: str, dimension: int) -> Spectrum:
    """Return the spectrum called ``name`` or ``name:parameter``.

    Examples
    --------
    >>> spectrum("power_law:0.5", 100)
    Spectrum(100 atoms, mean 1, from 0.538 to 5.38)
    """
    name, value = split_name(text, list(SPECTRA))
    default, make = SPECTRA[name]
    return make(default if value is None else value, dimension)


def mask_ratio(text: str) -> float | RatioLaw:
    """Return the ratio or law called ``0.5``, ``uniform:0.1:0.9`` or alike.

    Examples
    --------
    >>> mask_ratio("0.5"), mask_ratio("uniform:0.1:0.9")
    (0.5, UniformRatio(low=0.1, high=0.9))
    """
    name, *parameters = text.split(":")
    if name not in RATIOS:
        if parameters:
            raise _unknown_ratio(text)
        return number("mask_ratio", text, name)
    if len(parameters) != 2:
        raise _unknown_ratio(text)
    low, high = (number("mask_ratio", text, part) for part in parameters)
    return RATIOS[name](low, high)


def row_power(text: str) -> RowPower:
    """Return the law of powers called ``student:DEGREES`` or ``lognormal:SIGMA``.

    Examples
    --------
    >>> row_power("student:5")
    StudentPower(degrees=5.0)
    """
    name, *parameters = text.split(":")
    if name not in POWERS or len(parameters) != 1:
        raise DomainError(f"row_power must be student:DEGREES or lognormal:SIGMA, got {text!r}")
    return POWERS[name](number("row_power", text, parameters[0]))


def number(name: str, text: str, part: str) -> float:
    """Return the number in `part` of `text`."""
    try:
        return float(real_array(name, float(part)))
    except ValueError:
        if name == "mask_ratio":
            raise _unknown_ratio(text) from None
        raise DomainError(f"{name} must end in a number after the colon, got {text!r}") from None


def _unknown_ratio(text: str) -> DomainError:
    laws = ", ".join(f"{name}:A:B" for name in RATIOS)
    return DomainError(f"mask_ratio must be a number or one of {laws}, got {text!r}")
