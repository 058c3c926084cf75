"""The family of random features: counts, fractions learnt, and cells beside each other."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.engine.fronts import problem_of
from tests.tolerances import IDENTITY

FRONT = problem_of(rl.random_features_risk)


def directions(activation: str, eigenvalues, width) -> tuple:
    grid, [family] = FRONT(eigenvalues, 0.3, width_ratio=width, activation=activation)
    return tuple(x.tolist() for x in family.directions(grid))


def test_linear_features_are_no_more_than_inputs() -> None:
    assert directions("relu", [1.0, 0.0], [0.2, 3.0]) == ([0.2, 3.0], [0.2, 3.0])
    assert directions("identity", [1.0, 0.0], [0.2, 3.0]) == ([0.2, 0.5], [0.2, 1.0])


def test_cells_do_not_know_each_other() -> None:
    widths, gammas = np.array([0.3, 1.0, 5.0]), np.array([[0.5], [2.0]])
    task = rl.LinearTarget(snr=4.0)
    grid = rl.random_features_risk(
        [0.5, 2.0], 0.3, width_ratio=widths, aspect_ratio=gammas, target=task
    )
    assert grid.total.shape == (2, 3)
    one = rl.random_features_risk([0.5, 2.0], 0.3, width_ratio=5.0, aspect_ratio=0.5, target=task)
    assert grid.total[0, 2] == one.total
    assert grid.width_variance[0, 2] == one.width_variance


def test_learned_fractions_are_those_of_the_inputs_where_these_are_features() -> None:
    named = {"aspect_ratio": 2.0, "ridge": 0.1}
    wide = rl.learned_fraction(
        [0.5, 1.0, 4.0], 0.4, front=rl.random_features_risk, width_ratio=np.inf,
        activation="identity", **named,
    )  # fmt: skip
    np.testing.assert_allclose(
        wide, rl.learned_fraction([0.5, 1.0, 4.0], 0.4, **named), rtol=IDENTITY
    )


@pytest.mark.parametrize("fill", ["zero", "normalise"])
def test_only_zeros_leave_rows_of_no_size(fill) -> None:
    found = rl.random_features_risk(
        [1.0, 2.0], rl.UniformRatio(0.0, 1.0), width_ratio=2.0, fill=fill, aspect_ratio=2.0
    )
    assert np.isinf(found.total) == (fill == "zero")
