"""The first answer of a fresh process, with and without compiled code in the cache."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

PROGRAM = "import ridgeless; ridgeless.risk([2.,1.], .5)"


def process_seconds(cache, program=PROGRAM):
    """Return the seconds of one Python process that uses the given cache of compiled code."""
    environment = os.environ | {"NUMBA_CACHE_DIR": cache}
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    return time.perf_counter() - before


def cold_start(repeats=5):
    """Return (bare Python with numba, first compile, warm cache) in seconds."""
    with tempfile.TemporaryDirectory() as cache:
        compiling = process_seconds(cache)
        warm = min(process_seconds(cache) for _ in range(repeats))
        bare = min(process_seconds(cache, "import numba, numpy") for _ in range(repeats))
    return bare, compiling, warm
