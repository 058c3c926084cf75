"""Where parallel work runs: processes of this machine, or Dask."""

from __future__ import annotations

import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache, partial
from threading import Thread
from typing import Any, Literal

from ridgeless.checks import count
from ridgeless.errors import DomainError
from simulations.running.signals import handled

__all__ = ["backend", "deaf_children", "task"]

#: Seconds between two looks of a worker at its parent.
LOOK = 1.0


@contextmanager
def backend(name: Literal["loky", "dask"], jobs: int | None) -> Iterator[None]:
    """Choose joblib's backend; Dask's is a scheduler named elsewhere, or workers of our own."""
    from joblib import parallel_config

    workers = os.cpu_count() or 1 if jobs is None else count("jobs", jobs)
    if name == "loky":
        with parallel_config(backend="loky", n_jobs=workers):
            yield
        return
    import dask
    from distributed import Client

    # Dask reads the environment when it is imported, which may have been before.
    address = os.environ.get("DASK_SCHEDULER_ADDRESS") or dask.config.get("scheduler-address", None)
    if address and not re.fullmatch(r"[a-z]+://\S+:\d+", address):
        raise DomainError(f"DASK_SCHEDULER_ADDRESS must be like tcp://HOST:8786, got {address!r}")
    options = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    with (
        Client(address) if address else Client(**options),  # type: ignore[no-untyped-call]
        # All cores of the cluster.
        parallel_config(backend="dask", n_jobs=-1),
    ):
        yield


def deaf_children() -> AbstractContextManager[None]:
    """Start processes that do not hear Ctrl-C: this one does, and ends them quietly."""
    return handled(signal.SIGINT, signal.SIG_IGN)


def task(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return `joblib.delayed(function)` whose workers end when this process does, however it ends.

    A process that is killed cannot end its workers: they would go on with what they have.
    """
    from joblib import delayed

    return partial(delayed(_accompanied), os.getpid(), function)


def _accompanied(parent: int, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    # Not in the process that asked, nor in one that others started: a worker of Dask.
    if os.getppid() == parent:
        _watch(parent)
    return function(*arguments, **named)


@cache
def _watch(parent: int) -> None:
    """End this process soon after its parent, from a thread of its own.

    PR_SET_PDEATHSIG would do it on Linux, but when the thread ends that started the process.
    """

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(LOOK)
        os._exit(1)

    Thread(target=watch, name="watch", daemon=True).start()
