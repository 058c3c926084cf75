"""Names of designs and cells that depend on nothing but what they are."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError

__all__ = ["Record", "array_digest", "digest", "law_record", "number", "words"]

Record = dict[str, Any]

#: Raise it when the way rows or masks are drawn changes: old trials are then other trials.
VERSION = 1


def digest(record: Record) -> str:
    """Return the SHA-256 of canonical JSON: sorted keys, no spaces, shortest digits.

    Examples
    --------
    >>> digest({"b": 1.0, "a": None}) == digest({"a": None, "b": 1.0})
    True
    """
    versioned = record | {"version": VERSION}
    text = json.dumps(versioned, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def words(name: str) -> tuple[int, ...]:
    """Return a digest as 32-bit words, for the key of a seed.

    Examples
    --------
    >>> words("00000001ffffffff")
    (1, 4294967295)
    """
    return tuple(int(name[i : i + 8], 16) for i in range(0, len(name), 8))


def number(value: Any) -> float | str:
    """Return a float that JSON can hold; infinity becomes a word."""
    real = float(np.asarray(value))
    return real if math.isfinite(real) else str(real)


def array_digest(array: NDArray[Any]) -> str:
    """Return the SHA-256 of an array's shape and numbers, on any machine."""
    numbers = np.ascontiguousarray(array, dtype="<f8")
    return hashlib.sha256(str(numbers.shape).encode() + numbers.tobytes()).hexdigest()


def law_record(law: object) -> Record:
    """Return what a law of mask ratios is: its name and parameters."""
    if not is_dataclass(law) or isinstance(law, type):
        raise DomainError(
            f"mask_ratio must be a dataclass, so that its trials can be told apart, got {law!r}"
        )
    # What laws are compared by: what follows from that says nothing more.
    told = {field.name for field in fields(law) if field.compare}
    record = {"name": type(law).__qualname__}
    record |= {name: value for name, value in asdict(law).items() if name in told}
    if record.get("loss_weights", ...) is None:
        del record["loss_weights"]  # as before laws could have them: old trials keep their names
    return record
