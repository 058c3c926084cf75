"""What importing costs, and that public names are documented."""

import subprocess
import sys
from pathlib import Path

import ridgeless as rl

ROOT = Path(rl.__file__).parents[1]


def run(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    return done.stdout.strip()


def test_import_is_light() -> None:
    heavy = {"numba", "pandas", "matplotlib", "sympy", "torch", "sklearn", "joblib"}
    code = f"import sys, ridgeless; print(sorted({heavy!r} & set(sys.modules)))"
    assert run(code) == "[]"


def test_everything_public_is_documented_and_listed() -> None:
    for name in rl.__all__:
        assert getattr(rl, name).__doc__, name
