"""Tallies of trials."""

import math

import numpy as np
import pytest

from simulations.collection.statistics import Tally
from tests.tolerances import ROUNDING


def test_tallies_add():
    trials = np.random.default_rng(0).standard_normal((11, 2))
    tally = Tally.of(trials[:3]) + Tally.of(trials[3:4]) + Tally.of(trials[4:])
    estimate = tally.estimate()
    total = trials.sum(axis=1)
    assert estimate.mean == pytest.approx(total.mean(), rel=ROUNDING)
    expected = total.std(ddof=1) / math.sqrt(11)
    assert estimate.standard_error == pytest.approx(expected, rel=ROUNDING)
    parts = trials.std(axis=0, ddof=1) / math.sqrt(11)
    assert estimate.part_errors == pytest.approx(tuple(parts), rel=ROUNDING)
