"""Theories of rows are the regressions that they stand for."""

import numpy as np
import pytest

from tests import tolerances
from tests.validation import tiny
from validation.models import make_model
from validation.pretrain import Recipe
from validation.theories.places import places, rows_of
from validation.theories.predictions import (
    RIDGE,
    linear,
    measured,
    random_features,
    trained_features,
)


def marginalised(data, samples, p):
    """Regression on rows under all of their masks at once, solved and tested."""
    units = np.repeat(np.arange(data.length), data.channels)
    rows, tests = rows_of(data, data.train[samples]), rows_of(data, data.test)
    wrong = null = 0.0
    for token in places(data):
        asked, held_out = rows.without(token), tests.without(token)
        second = asked.X.T @ asked.X / len(samples)
        masked = (1 - p) ** 2 * second + p * (1 - p) * second * (units[:, None] == units)
        masked += RIDGE["linear"] * np.mean(asked.X**2) * np.eye(len(masked))
        b = np.linalg.solve(masked, (1 - p) * asked.X.T @ asked.y / len(samples))
        wrong += np.square(held_out.y - held_out.X @ b).sum()
        null += np.square(held_out.y).sum()
    return wrong / null


@pytest.mark.parametrize("data", tiny.both(), ids=lambda data: data.name)
def test_linear_theory_is_regression_on_rows_under_all_masks(data):
    rest = np.arange(40, 100)
    found = linear(data, rest, "0.3", 60, (0.0,))
    assert found == pytest.approx([marginalised(data, rest, 0.3)], rel=tolerances.ROWS_DUAL)


def test_linear_theory_knows_the_test_ratio():
    data = tiny.values()
    low, middle, high = linear(data, np.arange(40, 100), "0.3", 60, (0.0, 0.5, 0.9))
    assert low < middle < high < 1


def test_the_inputs_as_features_are_linear_theory():
    data, rest = tiny.values(), np.arange(28, 128)
    model = make_model("linear", data, 0, 0, seed=0)
    found = trained_features(model, data, rest, "0.5", 50, tiny.CPU)
    expected = linear(data, rest, "0.5", 50, (0.0,))[0]
    assert found == pytest.approx(expected, rel=tolerances.ROWS_SAMPLED_MASKS)


def test_trained_features_are_nearer_to_the_network_than_random_ones():
    data = tiny.values(400)
    model, _ = tiny.trained(data, Recipe(steps=300, batch=32), ratio=0.5)
    network = measured(model, data, tiny.CPU)
    rest = np.arange(100, len(data.train))
    own = trained_features(model, data, rest, "0.5", 100, tiny.CPU)
    frozen = random_features(data, rest, "0.5", 100, 16, tiny.CPU)
    assert 0 < network < 1
    assert abs(np.log(own / network)) < abs(np.log(frozen / network))


def test_a_model_that_knows_the_answer_is_measured_to_be_right():
    class Knowing:
        def __init__(self, data):
            self.data = data

        def to(self, _):
            return self

        def eval(self):
            return self

        def __call__(self, inputs, hidden):
            import torch

            whole = torch.as_tensor(self.data.test[: len(inputs)])
            return whole if hidden.any() else None

    data = tiny.values()
    assert measured(Knowing(data), data, tiny.CPU) == 0.0
