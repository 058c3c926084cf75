"""Standard errors and Student's intervals."""

import math

import numpy as np
import pytest

from simulations.running.intervals import mean_interval, standard_error
from tests.tolerances import ROUNDING


def test_errors_of_columns():
    values = np.random.default_rng(0).normal(size=(9, 4))
    assert standard_error(values).shape == (4,)
    for column, error in zip(values.T, standard_error(values), strict=True):
        assert error == pytest.approx(np.std(column, ddof=1) / 3, rel=ROUNDING)


def test_one_value_says_nothing_of_its_error():
    assert standard_error([2.0]) == math.inf
    assert standard_error(np.ones((1, 3))).tolist() == [math.inf] * 3
    assert mean_interval([2.0]) == (2.0, math.inf)


def test_intervals_are_student_s():
    stats = pytest.importorskip("scipy.stats")
    values = np.random.default_rng(0).normal(size=5)
    for confidence in (0.5, 0.95):
        mean, half = mean_interval(values, confidence)
        found = stats.ttest_1samp(values, 0.0).confidence_interval(confidence)
        assert [mean - half, mean + half] == pytest.approx([found.low, found.high], rel=ROUNDING)
