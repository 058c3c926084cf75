"""Arguments as arrays and numbers inside their domains, or a sentence that says what is wrong."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import DomainError

__all__ = [
    "count",
    "nonnegative_array",
    "ratio_array",
    "real_array",
    "real_scalar",
    "require",
    "weights_array",
]


def real_array(name: str, value: Any) -> NDArray[np.float64]:
    """Return `value` as float64, or raise a `DomainError` for complex, textual or nan entries."""
    try:
        array = np.asarray(value)
    except ValueError as error:
        raise DomainError(f"{name} must be a regular array of real numbers: {error}") from None
    if array.dtype.kind not in "iufO" or (array.dtype == object and None in array.ravel()):
        raise DomainError(f"{name} must be real numbers, got {_shown(value)} of type {array.dtype}")
    try:
        array = array.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise DomainError(f"{name} must be real numbers, got {_shown(value)}") from None
    if np.isnan(array).any():
        raise DomainError(f"{name} must not contain nan, got {_shown(value)}")
    return array


def require(
    name: str, array: NDArray[np.float64], allowed: NDArray[np.bool_], domain: str
) -> NDArray[np.float64]:
    """Return `array` where `allowed` holds everywhere; else name its first offending value."""
    if not allowed.all():
        offender = float(array[~allowed].flat[0])
        raise DomainError(f"{name} must {domain}, got {offender!r}")
    return array


def ratio_array(name: str, value: Any) -> NDArray[np.float64]:
    """Return `value` as an array of ratios in [0, 1]."""
    array = real_array(name, value)
    return require(name, array, (array >= 0) & (array <= 1), "lie in [0, 1]")


def nonnegative_array(name: str, value: Any, *, finite: bool) -> NDArray[np.float64]:
    """Return `value` as an array of numbers in [0, inf), or [0, inf] when not `finite`."""
    array = real_array(name, value)
    allowed = (array >= 0) & (np.isfinite(array) | (not finite))
    return require(name, array, allowed, "be finite and at least 0" if finite else "be at least 0")


def weights_array(value: Any, size: int) -> NDArray[np.float64]:
    """Return the weights of `size` values up to a power of two, equal ones for None."""
    if value is None:
        return np.ones(size)
    weights = np.atleast_1d(nonnegative_array("weights", value, finite=True))
    if weights.shape != (size,) or not weights.any():
        raise DomainError(
            f"weights must be {size} numbers of positive sum, one per value, got {value!r}"
        )
    # By a power of two, which rounds nothing, so that no sum of counts overflows.
    return np.asarray(np.ldexp(weights, -math.frexp(weights.max())[1]))


def real_scalar(name: str, value: Any) -> float:
    """Return `value` as one float."""
    array = real_array(name, value)
    if array.ndim:
        raise DomainError(f"{name} must be one number, got an array of shape {array.shape}")
    return float(array)


def count(name: str, value: Any, *, least: int = 1) -> int:
    """Return `value` as an integer of at least `least`."""
    number = real_scalar(name, value)
    if not number.is_integer() or not least <= number < 2**63:
        bound = f"of at least {least}" if number < 2**63 else "below 2^63"
        raise DomainError(f"{name} must be an integer {bound}, got {value!r}")
    return int(number)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
