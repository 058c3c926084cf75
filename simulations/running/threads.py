"""How many threads linear algebra runs in."""

from __future__ import annotations

from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

__all__ = ["one_thread"]


def one_thread() -> AbstractContextManager[object]:
    """Run linear algebra in one thread: workers do not fight over cores.

    Sums are then taken in the same order whatever the number of workers.
    """
    limits: AbstractContextManager[object] = _linear_algebra().limit(limits=1)
    return limits


@cache
def _linear_algebra() -> ThreadpoolController:
    # Looking for the libraries takes as long as a small trial: once per process is enough.
    import scipy.linalg  # noqa: F401  (it brings a library of its own)
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
