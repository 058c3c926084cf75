"""Whether this machine has the memory that a run needs, before it starts."""

from __future__ import annotations

from ridgeless import DomainError

__all__ = ["GIB", "available", "require"]

GIB = 2.0**30


def available() -> float:
    """Return the bytes that programs can have without making others wait."""
    import psutil

    return float(psutil.virtual_memory().available)


def require(needed: float, what: str, workers: int = 1) -> None:
    """Refuse a run whose workers need more bytes each, at the least, than they can all have.

    Raises
    ------
    DomainError
        With the GiB that are needed and available, and how many workers would fit.
    """
    have = available()
    if workers * needed <= have:
        return
    fitting = int(have // needed)
    cure = f"; with --jobs {fitting} it fits" if fitting else ""
    each = f" in each of {workers} workers" if workers > 1 else ""
    raise DomainError(
        f"{what} needs at least {needed / GIB:.3g} GiB of memory{each}, but {have / GIB:.3g} GiB "
        f"are available{cure}"
    )
