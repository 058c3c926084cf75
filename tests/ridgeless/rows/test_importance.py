"""Masks that follow what is important."""

import numpy as np
import pytest

from ridgeless.rows.importance import important


def test_important_features_are_likelier_hidden():
    rng = np.random.default_rng(0)
    values = np.tile([0.1, 1.0, 4.0, 0.5, 0.0], (4000, 1))
    hidden = important(np.full(4000, 0.5), values, rng)
    assert hidden.sum(axis=1).min() == 2
    assert hidden.sum(axis=1).max() == 3
    assert hidden.mean() == pytest.approx(0.5, abs=0.01)
    share = hidden.mean(axis=0)
    assert (share[[2, 1, 3, 0]] > share[[1, 3, 0, 4]]).all()
    assert important(np.ones(2), np.zeros((2, 3)), rng).all()
