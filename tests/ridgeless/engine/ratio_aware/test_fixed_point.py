"""What the matrix fixed point does when it fails."""

import pytest

import ridgeless as rl
from tests.problems import POWER

THREE = rl.DiscreteRatio([0.2, 0.5, 0.8])


def test_an_unconverged_solve_is_never_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ridgeless.engine.ratio_aware.fixed_point.ACCEPTED", 0.0)
    monkeypatch.setattr("ridgeless.engine.ratio_aware.fixed_point.MAX_STEPS", 2)
    with pytest.raises(rl.ConvergenceError, match="did not converge"):
        rl.ratio_aware_risk(POWER, THREE)
    monkeypatch.undo()
    monkeypatch.setattr(rl.Masking, "first_order", 3)
    monkeypatch.setattr("ridgeless.engine.grid.LAST_ORDER", 3)
    with pytest.raises(rl.ConvergenceError, match="not resolved"):
        rl.ratio_aware_risk(POWER, rl.UniformRatio())
