"""Fronts: one signature, the problem behind it, and a sentence for what is none."""

import inspect
from typing import Any, get_type_hints

import pytest

import ridgeless as rl
from ridgeless.engine.fronts import problem_of

FRONTS = {
    rl.risk: rl.Risk,
    rl.covariance_risk: rl.Risk,
    rl.ratio_aware_risk: rl.Risk,
    rl.random_features_risk: rl.RandomFeaturesRisk,
}


@pytest.mark.parametrize("front", FRONTS)
def test_a_front_answers_the_problem_it_poses(front) -> None:
    signature = inspect.signature(front)
    assert signature.return_annotation is FRONTS[front]
    assert get_type_hints(front)["return"] is FRONTS[front]
    assert list(signature.parameters) == list(inspect.signature(problem_of(front)).parameters)


def test_other_functions_are_refused() -> None:
    with pytest.raises(rl.DomainError, match=r"front must be one of .*risk.*, got <built-in"):
        rl.learned_fraction([1.0], 0.5, front=print)
    nothing: Any = []
    with pytest.raises(rl.DomainError, match="front must be one of"):
        rl.learned_fraction([1.0], 0.5, front=nothing)
