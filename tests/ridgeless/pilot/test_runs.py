"""Runs as points."""

from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.pilot.runs import logit, runs_of


def test_runs_of_one_ratio_are_one_point() -> None:
    runs = runs_of([0.5, 0.15, 0.5], [0.2, 0.3, 0.4], [0, 0, 1], False)
    np.testing.assert_array_equal(runs.ratios, [0.15, 0.5])
    np.testing.assert_allclose(runs.values, [0.3, 0.3])
    np.testing.assert_allclose(runs.losses, [np.log(0.3), np.log(0.08) / 2])
    assert runs.noise == pytest.approx(np.log(2) / np.sqrt(2))
    assert np.isnan(runs_of([0.1, 0.2], [1, 2], None, False).noise)
    assert logit(0.75) == pytest.approx(np.log(3))


@pytest.mark.parametrize(("scores", "top"), [([80.0, 84.9], 100.0), ([0.5, 0.7], 1.0)])
def test_of_scores_what_is_missing_counts(scores: list[float], top: float) -> None:
    runs = runs_of([0.1, 0.2], scores, None, True)
    np.testing.assert_allclose(np.exp(runs.losses), top - np.array(scores))
    np.testing.assert_allclose(runs.value(runs.losses), scores)


def test_laws_are_left_out_by_name() -> None:
    law = rl.UniformRatio(0.1, 0.9)
    runs = runs_of(["0.5", law, "U(0.3 0.8)", 0.2], [1, 2, 3, 4], None, False)
    np.testing.assert_array_equal(runs.ratios, [0.2, 0.5])
    assert runs.left_out == ("UniformRatio(low=0.1, high=0.9)", "U(0.3 0.8)")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (([0.5], [1, 2], None, False), "values must hold one number for each of the 1 ratios"),
        (([0.5], [1], [0, 1], False), "seeds must hold one"),
        (([1.0], [1], None, False), r"ratios must lie in \(0, 1\), got 1.0"),
        ((["U(0 1)"], [1], None, False), "at least one number between 0 and 1"),
        (([0.5], [np.inf], None, False), "leave out runs that diverged"),
        (([0.5], [-1.0], None, False), "positive losses, got -1.0; scores"),
        (([0.5], [100.0], None, True), "scores below 100, got 100.0"),
    ],
)
def test_errors(arguments: Any, says: str) -> None:
    with pytest.raises(rl.DomainError, match=says):
        runs_of(*arguments)
