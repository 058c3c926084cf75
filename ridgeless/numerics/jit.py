"""How kernels are compiled: once, cached beside the package, without the interpreter lock.

A compiled kernel holds the code of the kernels it calls, but numba's cache looks only at the file
of the kernel itself. Here the cache is stamped with all files of kernels: after an edit of any of
them, every kernel is compiled anew.

With NUMBA_DISABLE_JIT=1 the same functions run as Python.
"""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FunctionType
from typing import Any

import numba

__all__ = ["kernel", "kernel_files_digest", "lean", "lean_kernel", "sum_kernel"]

FOLDERS = ("engine", "numerics")


def kernel_files_digest() -> str:
    """SHA-256 of the names and contents of all files that may hold kernels."""
    package = Path(__file__).parents[1]
    digest = hashlib.sha256()
    for path in sorted(path for folder in FOLDERS for path in (package / folder).rglob("*.py")):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(package).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


# Taken once, when the kernels are imported: these are the files that the process runs.
DIGEST = kernel_files_digest()


def widen_stamp(cache: Any) -> None:
    """Let numba's cache of one kernel depend on all files of kernels."""
    # numba offers no public way, so its index is opened again as numba itself opened it.
    cache._cache_file = _forgiving(type(cache._cache_file))(
        cache_path=cache.cache_path,
        filename_base=cache._impl.filename_base,
        source_stamp=(cache._impl.locator.get_source_stamp(), DIGEST),
    )


def _forgiving(files: Any) -> Any:
    """Return numba's class of cache files, for which a damaged file is one that is not there.

    Compiling writes it anew. Unpickling cut bytes may raise anything.
    """

    class Forgiving(files):  # type: ignore[misc]
        def load(self, key: Any) -> Any:
            with suppress(Exception):
                return super().load(key)
            return None

        def _load_index(self) -> Any:
            with suppress(Exception):
                return super()._load_index()
            return {}

    return Forgiving


def compiled(**options: Any) -> Callable[[FunctionType], Any]:
    """Decorate a function to be compiled with these options, and cached where that is possible."""

    def decorate(function: FunctionType) -> Any:
        dispatcher = numba.njit(**options)(function)
        if dispatcher is function:  # NUMBA_DISABLE_JIT=1
            return function
        try:
            dispatcher.enable_caching()
        except RuntimeError:  # neither the package's folder nor the user's can be written
            return dispatcher
        try:
            widen_stamp(dispatcher._cache)
        except (AttributeError, TypeError) as error:
            warnings.warn(
                f"numba {numba.__version__} keeps compiled code in a way that ridgeless does not "
                f"know ({error}): kernels are not cached, but compiled in every process",
                RuntimeWarning,
                stacklevel=2,
            )
            return numba.njit(**options)(function)
        return dispatcher

    return decorate


def uncounted() -> dict[str, Any]:
    """Options of kernels that make no arrays: numba need not count who holds the given ones.

    Arrays in named tuples are counted at every call, which took a quarter of a solve.
    """
    options: dict[str, Any] = {"_nrt": False}
    try:
        numba.njit(**options)(lambda: 0)
    except (KeyError, TypeError):  # a numba that has no such option
        return {}
    return options


#: Kernels that make arrays of their own.
kernel: Any = compiled(nogil=True, error_model="numpy")

#: Options of kernels that only use what they are given, and those kernels.
lean: dict[str, Any] = {"nogil": True, "error_model": "numpy", **uncounted()}
lean_kernel: Any = compiled(**lean)

# Sums may be reordered, hence vectorised; infinities and nan keep their meaning.
sum_kernel: Any = compiled(**lean, fastmath={"reassoc", "contract", "nsz"})
