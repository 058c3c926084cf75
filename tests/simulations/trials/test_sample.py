"""Masked rows: which sample each masks, and what its loss weight does to it."""

import numpy as np
import pytest

import ridgeless as rl
from simulations import Problem
from simulations.trials.sample import MaskedRows
from tests.simulations.trials.direct import sample_of

LAW = rl.DiscreteRatio([0.2, 0.6], loss_weights=[0.25, 4.0])


@pytest.mark.parametrize("masks", [1, 3])
@pytest.mark.parametrize("some", [slice(None), slice(1, 5)])
@pytest.mark.parametrize("everything", [True, False])
def test_rows_and_responses_take_the_root_of_the_weight(masks, some, everything):
    problem = Problem([0.5, 1.5], LAW, masks_per_sample=masks, dimension=8, aspect_ratio=0.8)
    sample = sample_of(problem)
    counted = None if everything else sample.ratios > 0.5
    masked = MaskedRows(sample, counted, excluded=2)
    here = np.argwhere(np.ones_like(sample.ratios, bool) if everything else counted)[some]
    roots = np.where(sample.ratios > 0.5, 2.0, 0.5)
    rows = np.array([roots[i, k] * sample.keep[i, k] * sample.rows[i] for i, k in here])
    rows[:, 2] = 0.0
    np.testing.assert_array_equal(masked.rows(some), rows)
    values = np.arange(2.0 * len(sample.rows)).reshape(-1, 2)
    expected = np.array([roots[i, k] * values[i] for i, k in here])
    np.testing.assert_array_equal(masked.responses(values, some), expected)
    noise = np.concatenate(list(masked.unit_noise()), axis=1)[some]
    np.testing.assert_array_equal(noise, [roots[i, k] * np.eye(len(values))[i] for i, k in here])
    np.testing.assert_array_equal(masked.ratios[some], [sample.ratios[i, k] for i, k in here])
    assert not masked.has_unit_noise


def test_weights_of_one_leave_the_rows_alone():
    law = rl.DiscreteRatio(LAW.values, loss_weights=[1.0, 1.0])
    masked = MaskedRows(sample_of(Problem([1.0], law, dimension=8)), None)
    assert masked.roots is None
    assert masked.has_unit_noise
