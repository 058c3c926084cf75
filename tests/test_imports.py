"""What importing costs, who may import whom, and how results print."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

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


def test_theory_does_not_import_simulation() -> None:
    for path in (ROOT / "ridgeless").glob("*.py"):
        text = path.read_text()
        assert "import simulations" not in text
        assert "from simulations" not in text
        assert "validation" not in text or path.name == "__main__.py"


def test_everything_public_is_documented_and_listed() -> None:
    for name in rl.__all__:
        assert getattr(rl, name).__doc__, name


def test_risk_prints_its_parts_and_becomes_a_table() -> None:
    single = rl.risk([1.0], 0.5, aspect_ratio=0.5, target=rl.LinearTarget())
    assert repr(single).startswith("Risk(total=3, bias=0,")
    surface = rl.risk([1.0, 2.0], [0.1, 0.5], aspect_ratio=[[0.5], [2.0]])
    assert repr(surface).startswith("Risk(shape=(2, 2), total from")
    table = surface.to_frame()
    assert len(table) == 4
    assert {"mask_ratio", "aspect_ratio", "total", "bias", "noise"} <= set(table.columns)
    np.testing.assert_array_equal(table["total"], surface.total.ravel())
    law = rl.risk([1.0], rl.UniformRatio(0.2, 0.4)).to_frame()
    assert law["mask_ratio"][0] == "UniformRatio(low=0.2, high=0.4)"
    assert rl.risk([1.0], []).total.shape == (0,)
    assert rl.risk([1.0], [0.5]).total.shape == (1,)


def test_lists_and_integers_are_numbers_too() -> None:
    expected = rl.risk(np.array([1.0, 2.0]), 0.5, aspect_ratio=2.0).total
    assert rl.risk((1, 2), "0.5" and 0.5, aspect_ratio=2).total == expected
    assert isinstance(expected, float)


def test_targets_are_values() -> None:
    assert rl.LinearTarget(snr=[1.0, 2.0]) == rl.LinearTarget(snr=[1.0, 2.0])
    assert rl.LinearTarget(alignment=[1.0]) != rl.LinearTarget(alignment=[2.0])
    assert hash(rl.LinearTarget()) == hash(rl.LinearTarget())
    assert rl.LinearTarget() != rl.MaskedFeature()


@pytest.mark.nojit_slow
def test_a_large_surface_is_the_same_in_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    spectrum = rl.Spectrum.power_law(1.0, 2000)
    grid = {
        "mask_ratio": np.linspace(0.1, 0.9, 60),
        "aspect_ratio": np.geomspace(0.1, 10, 61)[:, None],
    }
    threaded = rl.risk(spectrum, **grid).total
    monkeypatch.setattr("ridgeless.engine.spectral.NODES_PER_THREAD", 10**12)
    np.testing.assert_array_equal(rl.risk(spectrum, **grid).total, threaded)
