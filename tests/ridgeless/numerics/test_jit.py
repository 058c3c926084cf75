"""Kernels with and without the compiler are the same functions."""

import importlib
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ridgeless as rl
from tests.tolerances import RISK

CODE = """
import ridgeless as rl
print(rl.risk([0.5, 1.0, 4.0], 0.3, aspect_ratio=[0.5, 2.0]).total.tolist())
"""


def test_python_gives_what_compiled_code_gives() -> None:
    done = subprocess.run(
        [sys.executable, "-c", CODE],
        env=os.environ | {"NUMBA_DISABLE_JIT": "1"},
        cwd=Path(rl.__file__).parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    found = [float(x) for x in done.stdout.strip("[] \n").split(",")]
    expected = rl.risk([0.5, 1.0, 4.0], 0.3, aspect_ratio=[0.5, 2.0]).total
    np.testing.assert_allclose(found, expected, rtol=RISK)


@pytest.mark.skipif("NUMBA_DISABLE_JIT" in os.environ, reason="nothing is compiled")
@pytest.mark.parametrize("decorate", ["kernel", "sum_kernel"])
def test_infinities_keep_their_meaning(
    decorate: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of code that no run before has compiled and kept."""
    (tmp_path / f"fresh_{decorate}.py").write_text(
        f"from ridgeless.numerics.jit import {decorate}\n"
        f"@{decorate}\n"
        "def inverse(x):\n"
        "    return 1.0 / x\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    inverse = importlib.import_module(f"fresh_{decorate}").inverse
    assert inverse(0.0) == np.inf
    assert np.isnan(inverse(np.nan))
    assert list(tmp_path.rglob("*.nbi")), "nothing was kept"
