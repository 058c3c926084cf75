"""Times of several calls, side by side in one process."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import contextmanager

Call = Callable[[], object]

BURST = 0.02  # seconds for which a fast call is repeated before the next one has its turn


def race(
    calls: dict[str, Call],
    seconds: float = 1.0,
    rounds: int = 5,
    clock: Callable[[], float] = time.perf_counter,
) -> dict[str, float]:
    """Return the least seconds of each call; the calls take turns, so that noise hits all.

    With `time.process_time` as the clock, waiting for a core that others use does not count.
    Each is called once before, to compile and to fill caches.
    """
    best = dict.fromkeys(calls, float("inf"))
    for call in calls.values():
        call()
    started, done = time.perf_counter(), 0
    while done < rounds or time.perf_counter() - started < seconds:
        done += 1
        for name, call in calls.items():
            burst = time.perf_counter()
            while True:
                before = clock()
                call()
                best[name] = min(best[name], clock() - before)
                if time.perf_counter() - burst > BURST:
                    break
        if time.perf_counter() - started > 10 * seconds and done >= 3:
            break
    return best


@contextmanager
def one_core():
    """Keep this process on one core, where the system can: no call gains from threads."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)
