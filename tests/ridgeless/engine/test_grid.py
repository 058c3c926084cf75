"""Laws are refined until they are resolved."""

import numpy as np
import pytest

import ridgeless as rl


def test_a_law_that_is_not_resolved_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ridgeless.engine.grid.LAST_ORDER", 64)
    with pytest.raises(rl.ConvergenceError, match="not resolved by 64 nodes at aspect_ratio = 2"):
        rl.risk([1.0, 2.0], rl.UniformRatio())


@pytest.mark.parametrize("snr", [1e-320, 1e-308, 1e308])
def test_any_noise_makes_a_number(snr: float) -> None:
    """Beyond all numbers a variance is infinite; where nothing fluctuates it is zero."""
    grid = {"aspect_ratio": [0.0, 0.5, 1.0, 2.0], "ridge": [[0.0], [0.1]]}
    for ratio in (0.3, 1.0):
        found = rl.risk([1.0, 2.0], ratio, target=rl.LinearTarget(snr), **grid)
        usual = rl.risk([1.0, 2.0], ratio, target=rl.LinearTarget(), **grid)
        assert (found.prediction_error >= found.total).all()
        assert (found.noise_variance >= 0).all()
        np.testing.assert_array_equal(found.noise_variance == 0, usual.noise_variance == 0)
        np.testing.assert_array_equal(found.bias, usual.bias)
        frame = found.to_frame()
        assert not frame[["total", "snr"]].isna().any(axis=None)
