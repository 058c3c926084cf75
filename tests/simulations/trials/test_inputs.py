"""Errors on masked test inputs."""

import math

import numpy as np

from simulations.trials.inputs import InputMask, Inputs
from tests.tolerances import MONTE_CARLO_Z


def test_test_inputs_are_masked_in_groups():
    rng, groups = np.random.default_rng(0), np.array([0, 1, 0, 2])
    root, beta, b = rng.standard_normal((4, 4)), np.zeros((4, 1)), np.ones((4, 1))
    root[2] = root[0]
    x = rng.standard_normal((200_000, 4)) @ root.T
    keep = rng.random((len(x), 3)) >= 0.4
    squares = (x @ beta - (x * keep[:, groups]) @ b) ** 2
    exact = Inputs(root @ root.T, tuple(groups)).errors(InputMask(0.4), beta, b)
    error = squares.std() / math.sqrt(len(x))
    assert abs(squares.mean() - exact[0]) < MONTE_CARLO_Z * error
    alone = Inputs(root @ root.T).errors(InputMask(0.4), beta, b)
    assert abs(squares.mean() - alone[0]) > 2 * MONTE_CARLO_Z * error
