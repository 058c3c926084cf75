"""How kernels are compiled: once, cached beside the package, without the interpreter lock.

With NUMBA_DISABLE_JIT=1 the same functions run as Python.
"""

from __future__ import annotations

from typing import Any

from numba import njit

__all__ = ["kernel", "sum_kernel"]

kernel: Any = njit(cache=True, nogil=True, error_model="numpy")

# Sums may be reordered, hence vectorised; infinities and nan keep their meaning.
sum_kernel: Any = njit(
    cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract", "nsz"}
)
