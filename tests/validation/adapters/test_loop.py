"""A ratio per step, with nothing to keep."""

import numpy as np
import pytest

import ridgeless as rl
from tests import tolerances
from validation.adapters import random_ratio


def test_a_seed_names_every_step():
    law = rl.UniformRatio(0.2, 0.6)
    drawn = [random_ratio(step, 3000, law, rng=0) for step in range(3000)]
    assert random_ratio(1234, 3000, law, rng=0) == drawn[1234]
    assert random_ratio(1234, 9999, law, rng=0) == drawn[1234]
    assert random_ratio(1234, 3000, law, rng=1) != drawn[1234]
    assert random_ratio(0, 3, law, rng=np.random.SeedSequence(0)) == drawn[0]
    ranks = np.sort(drawn), (np.arange(3000) + 0.5) / 3000
    distance = np.abs((ranks[0] - 0.2) / 0.4 - ranks[1]).max()
    assert distance < tolerances.KOLMOGOROV / np.sqrt(3000)


def test_a_generator_is_drawn_from_and_a_schedule_moves():
    rng = np.random.default_rng(0)
    first = [random_ratio(0, 10, rl.UniformRatio(), rng) for _ in range(3)]
    assert len(set(first)) == 3
    schedule = [random_ratio(step, 4, rl.ScheduledRatio(0.8, 0.4)) for step in range(4)]
    np.testing.assert_allclose(schedule, [0.8, 0.7, 0.6, 0.5])
    assert random_ratio(0, 1, 0.75) == 0.75


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((4, 4, 0.5), "step must be below total = 4, got 4"),
        ((-1, 4, 0.5), "step must be an integer of at least 0"),
        ((0, 0, 0.5), "total must be an integer of at least 1"),
        ((0, 4, 1.0), "mask_ratio"),
    ],
)
def test_refusals(arguments, words):
    with pytest.raises(rl.DomainError, match=words):
        random_ratio(*arguments)
