"""Solves that do not reach their fixed point say so, and descent goes on where Newton stops."""

import math

import pytest

import ridgeless as rl
from tests.tolerances import RISK


def test_a_solve_that_does_not_converge_says_where(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ridgeless.engine.resolvent.ACCEPTED", -1.0)
    with pytest.raises(rl.ConvergenceError, match=r"aspect_ratio = 2.0, ridge = 0.5.*residual"):
        rl.risk([1.0, 2.0], 0.5, ridge=0.5)


@pytest.mark.nojit_slow
def test_where_newton_stops_descent_goes_on() -> None:
    """A call that Newton's method alone does not solve: its start is infinite, by cancellation.

    Python would warn of the division that compiled code takes as it is meant.
    """
    values = [1.543638347747798e-12, 2.422664454377073e-05, 1.1041326267312767e-06]
    found = rl.risk(
        [*values, 4.6400180552451585e-09],
        0.9999999869164378,
        aspect_ratio=0.01620898646801977,
        ridge=7.12182160129977e-05,
        target=rl.LinearTarget(),
        masks_per_sample=math.inf,
    )
    assert 0 < found.total <= (1 + RISK) * (found.null + found.noise_variance)
