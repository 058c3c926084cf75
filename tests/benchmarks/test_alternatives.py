"""Other ways to the same risk."""

from typing import Any

import pytest

from benchmarks.alternatives import Problem, damped, scipy_fixed_point, textbook


@pytest.mark.parametrize("method", [damped, scipy_fixed_point, textbook])
@pytest.mark.parametrize("psi", [0.5, 2.0])
def test_alternatives_agree_with_the_package(method: Any, psi: float) -> None:
    problem = Problem([0.5, 1.0, 2.0], mask_ratio=0.3, snr=4.0, alignment=1.0)
    risk = problem.risk(psi, 0.1)
    expected = risk.bias, risk.design_variance, risk.noise_variance
    found = [float(part[0]) for part in method(problem, psi, 0.1)]
    assert found == pytest.approx(expected, rel=1e-6)
