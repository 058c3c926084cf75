"""Kernels with and without the compiler are the same functions."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.numerics import jit
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


@pytest.mark.nojit_slow
@pytest.mark.parametrize("decorate", [jit.kernel, jit.sum_kernel])
def test_infinities_keep_their_meaning(decorate: object) -> None:
    def inverse(x: float) -> float:
        return 1.0 / x

    assert not hasattr(inverse, "py_func")
    compiled = decorate(inverse)  # type: ignore[operator]
    assert compiled(0.0) == np.inf
    assert np.isnan(compiled(np.nan))
