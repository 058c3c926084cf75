"""A sign of life from whatever takes longer than a few seconds."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tqdm import tqdm

__all__ = ["bar", "beating", "under_way"]

#: Seconds between two signs of life: short enough that nobody takes silence for a standstill.
EVERY = 3.0


@contextmanager
def beating(beat: Callable[[], object]) -> Iterator[None]:
    """Call `beat` every few seconds from a thread of its own, until the block ends."""
    ended = Event()

    def live() -> None:
        while not ended.wait(EVERY):
            beat()

    thread = Thread(target=live, name="heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def under_way(what: str) -> Iterator[None]:
    """Say on standard error what takes so long, once, if it does."""
    said: list[str] = []

    def say() -> None:
        if not said:
            said.append(what)
            print(f"{what} ...", file=sys.stderr, flush=True)

    with beating(say):
        yield


@contextmanager
def bar(total: int, unit: str, doing: Callable[[], str], **options: Any) -> Iterator[tqdm[Any]]:
    """Give a bar that is drawn anew every few seconds, with what `doing` says is under way.

    So it is there, and its clock runs, while the first of many tasks takes minutes.
    """
    from tqdm import tqdm

    # The delay keeps the bar out of the way of a message about the arguments.
    with tqdm(total=total, unit=unit, smoothing=0.1, delay=0.5, **options) as shown:

        def beat() -> None:
            shown.set_postfix_str(doing())

        with nullcontext() if shown.disable else beating(beat):
            yield shown
