"""How far a command is, on a terminal and nowhere else."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["shown"]

AFTER, EVERY = 0.5, 0.2  # seconds: silence at first, then between two drawings
WIDTH = 30


@contextmanager
def shown() -> Iterator[Callable[[float, str], None] | None]:
    """Give a function that draws a bar of a share in [0, 1]; None where nobody would see it."""
    if not sys.stderr.isatty():
        yield None
        return
    begun = time.monotonic()
    last = begun + AFTER - EVERY
    drawn = 0

    def draw(share: float, doing: str) -> None:
        nonlocal last, drawn
        now = time.monotonic()
        if now - last < EVERY:
            return
        last = now
        full = round(WIDTH * min(max(share, 0.0), 1.0))
        line = f"[{'#' * full}{'.' * (WIDTH - full)}] {share:4.0%} {doing}"
        print(f"\r{line:<{drawn}}", end="", file=sys.stderr, flush=True)
        drawn = len(line)

    try:
        yield draw
    finally:
        if drawn:
            print(f"\r{' ' * drawn}\r", end="", file=sys.stderr, flush=True)
