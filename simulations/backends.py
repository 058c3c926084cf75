"""Where parallel work runs: processes of this machine, or Dask."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from ridgeless.errors import DomainError, count

__all__ = ["backend", "deaf_children"]


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

    address = dask.config.get("scheduler-address", None)
    if address and not re.fullmatch(r"[a-z]+://\S+:\d+", address):
        raise DomainError(f"DASK_SCHEDULER_ADDRESS must be like tcp://HOST:8786, got {address!r}")
    options = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    with (
        Client(address) if address else Client(**options),  # type: ignore[no-untyped-call]
        # All cores of the cluster.
        parallel_config(backend="dask", n_jobs=-1),
    ):
        yield


@contextmanager
def deaf_children() -> Iterator[None]:
    """Start processes that do not hear Ctrl-C: this one does, and ends them quietly."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
