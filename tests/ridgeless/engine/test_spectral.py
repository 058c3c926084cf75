"""Threads change nothing."""

import numpy as np
import pytest

import ridgeless as rl
from tests.tolerances import IDENTITY


def test_the_smallest_ridge_has_the_unit_of_the_mean() -> None:
    """Means that round to either side of 1 have units a factor two apart."""
    options = {"aspect_ratio": 1.0, "ridge": 1e-300, "target": rl.LinearTarget()}
    one, other = (rl.risk(np.ones(d), 0.5, **options).total for d in (3, 49))
    assert one == pytest.approx(other, rel=IDENTITY)


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
