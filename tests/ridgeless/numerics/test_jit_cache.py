"""What is kept of compiled kernels, and when it is compiled again."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.numerics import jit
from tests import tolerances

pytestmark = [pytest.mark.slow, pytest.mark.nojit_slow]

SOLVE = """
import json
import ridgeless
from ridgeless.engine.cells import solve_cells
total = ridgeless.risk([2.0, 1.0], 0.5).total
stats = solve_cells.stats
print(json.dumps([ridgeless.__file__, total, len(stats.cache_hits), len(stats.cache_misses)]))
"""
MERGE = """
import json
import numpy as np
import ridgeless
from ridgeless.numerics.compression import merge_equal
size = merge_equal(np.array([1.0, 1.0, 2.0]), np.ones(3), np.empty(3), np.empty(3))
stats = merge_equal.stats
print(json.dumps([ridgeless.__file__, size, len(stats.cache_hits), len(stats.cache_misses)]))
"""


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """Return a copy of the package without anything compiled."""
    copy = tmp_path / "here" / "ridgeless"
    shutil.copytree(Path(rl.__file__).parent, copy, ignore=shutil.ignore_patterns("__pycache__"))
    return copy


def answer(package: Path, program: str, **environment: str) -> list[Any]:
    """Run a program on the copy; return what it printed, without the copy's place."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in {"NUMBA_CACHE_DIR", "XDG_CACHE_HOME"}
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        cwd=package.parent,
        env=inherited | environment,
    )
    place, *printed = json.loads(done.stdout)
    assert Path(place).parent == package
    return printed


def test_an_edit_of_a_called_file_compiles_its_callers_anew(package: Path) -> None:
    total, hits, misses = answer(package, SOLVE)
    assert (hits, misses) == (0, 1)
    assert answer(package, SOLVE) == [total, 1, 0]

    sums = package / "engine" / "sums.py"
    before = sums.read_text("utf-8")
    after = before.replace("return design, noise\n", "return design, 2.0 * noise\n")
    assert before != after
    sums.write_text(after, "utf-8")
    edited, hits, misses = answer(package, SOLVE)
    assert (hits, misses) == (0, 1)
    noise = rl.risk([2.0, 1.0], 0.5).noise_variance
    np.testing.assert_allclose(edited - total, noise, rtol=tolerances.ROUNDING)


def test_a_package_that_cannot_be_written_keeps_kernels_with_the_user(
    package: Path, tmp_path: Path
) -> None:
    # A file where a folder should be also stops root, who may write anywhere.
    for folder in jit.FOLDERS:
        (package / folder / "__pycache__").touch()
    home = tmp_path / "home"
    home.mkdir()
    assert answer(package, MERGE, HOME=str(home)) == [2, 0, 1]
    assert answer(package, MERGE, HOME=str(home)) == [2, 1, 0]
    nowhere = tmp_path / "nowhere"
    nowhere.touch()
    for _ in range(2):
        assert answer(package, MERGE, HOME=str(nowhere)) == [2, 0, 1]


def test_without_the_jit_kernels_are_functions(package: Path) -> None:
    program = SOLVE.split("stats")[0] + "print(json.dumps([ridgeless.__file__, total]))"
    (total,) = answer(package, program, NUMBA_DISABLE_JIT="1")
    np.testing.assert_allclose(total, rl.risk([2.0, 1.0], 0.5).total, rtol=tolerances.RISK)
    assert not list(package.rglob("*.nb[ci]"))


def test_a_numba_that_keeps_code_otherwise_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    from numba.core import caching

    monkeypatch.setattr(
        "numba.core.dispatcher.Dispatcher.enable_caching",
        lambda dispatcher: setattr(dispatcher, "_cache", caching.NullCache()),
    )
    with pytest.warns(RuntimeWarning, match="kernels are not cached, but compiled in every"):
        twice = jit.kernel(lambda x: 2.0 * x)
    assert twice(2.0) == 4.0


def test_a_truncated_cache_is_compiled_again(package: Path) -> None:
    assert answer(package, MERGE) == [2, 0, 1]
    for kept in package.rglob("*.nb[ic]"):
        kept.write_bytes(kept.read_bytes()[:100])
        assert answer(package, MERGE) == [2, 0, 1]
        assert answer(package, MERGE) == [2, 1, 0]
    for kept in package.rglob("*.nbi"):
        kept.write_bytes(b"")
    assert answer(package, MERGE) == [2, 0, 1]
