"""Laws are refined until they are resolved."""

import pytest

import ridgeless as rl


def test_a_law_that_is_not_resolved_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ridgeless.engine.grid.LAST_ORDER", 64)
    with pytest.raises(rl.ConvergenceError, match="not resolved by 64 nodes at aspect_ratio = 2"):
        rl.risk([1.0, 2.0], rl.UniformRatio())
