"""What is learnt of each direction."""

import numpy as np
import pytest
from hypothesis import given

import ridgeless as rl
from tests import strategies


@given(values=strategies.eigenvalues, problem=strategies.problems)
def test_learned_fraction_gives_the_bias(values: list[float], problem: dict) -> None:
    problem = problem | {"target": rl.LinearTarget(alignment=1.0), "test_mask_ratio": 0.0}
    keywords = {k: v for k, v in problem.items() if k != "test_mask_ratio"}
    learned = rl.learned_fraction(values, **keywords)
    s = np.sort(values)
    expected = np.sum(s**2 * (1 - learned) ** 2) / np.sum(s**2)
    assert rl.risk(values, **problem).bias == pytest.approx(expected, rel=1e-6, abs=1e-14)
