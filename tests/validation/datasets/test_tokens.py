"""Tokens, and scales that come from the training part."""

import numpy as np
import pytest

from ridgeless import DomainError
from validation.datasets.tokens import Tokens, standardised


def test_scales_come_from_the_training_part_alone():
    rng = np.random.default_rng(0)
    train, test = rng.random((50, 4, 2)), rng.random((10, 4, 2))
    train[:, 1, 0] = 3.0
    train[:3, 2, 1], train[3:, 2, 1] = 1.0, 0.0  # lit in 6 % of the samples
    first = standardised(train, test, 0.1)
    second = standardised(train, test * 50 + 3, 0.1)
    np.testing.assert_array_equal(first[0], second[0])
    assert np.argwhere(~first[2]).tolist() == [[1, 0], [2, 1]]
    assert not first[0][:, ~first[2]].any()
    with pytest.raises(DomainError, match="vary in at least 10% of the training samples"):
        standardised(np.ones((50, 4, 2)), test, 0.1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train": np.zeros((3, 5, 1))}, "L = 4"),
        ({"test": np.zeros((0, 4, 1))}, "test of t"),
        ({"train": np.full((3, 4, 1), np.nan)}, "finite"),
        ({"grid": (1, 1), "train": np.zeros((3, 1, 1)), "test": np.zeros((3, 1, 1))}, "2 tokens"),
        ({"train_labels": np.zeros(2, int)}, "train_labels"),
        ({"symbols": 3, "train": np.full((3, 4), 3), "test": np.zeros((3, 4), int)}, "in 0 to 2"),
        ({"symbols": 3, "train": np.zeros((3, 4, 1))}, "must have 2 axes"),
    ],
)
def test_tokens_that_do_not_fit(changes, words):
    fine = {"name": "t", "train": np.zeros((3, 4, 1)), "test": np.zeros((2, 4, 1)), "grid": (2, 2)}
    Tokens(**fine)
    with pytest.raises(DomainError, match=words):
        Tokens(**fine | changes)
