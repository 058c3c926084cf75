"""The map of rows is that of their second moments."""

import numpy as np
import pytest

from ridgeless.transfer.pretrained import PretrainedMap
from tests import tolerances
from tests.ridgeless.transfer.test_from_rows import question


@pytest.mark.parametrize("scale", [1.0, 1e-5, 1e6])
def test_representations_have_variance_one_and_no_unit(scale):
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((50, 6)) @ rng.standard_normal((6, 6))
    rows[:, 4] = 0.0  # never varies
    first = PretrainedMap(rows, question(0.5))(rows, 1.0)
    assert np.mean(np.square(first).sum(axis=1)) / 6 == pytest.approx(1)
    again = PretrainedMap(scale * rows, question(0.5))(scale * rows, 1.0)
    np.testing.assert_allclose(again @ again.T, first @ first.T, atol=tolerances.TRANSFER_ENDS)


def test_the_map_is_ridge_regression_of_each_feature():
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((50, 4)) @ rng.standard_normal((4, 4))
    second = rows.T @ rows / 50
    learnt = second @ np.linalg.inv(second + 2.0 * np.diag(np.diag(second)))
    found = PretrainedMap(rows, question(2 / 3))(rows, 2.0)
    direct = rows @ learnt.T
    direct /= np.sqrt(np.mean(np.square(direct).sum(axis=1)) / 4)
    np.testing.assert_allclose(found @ found.T, direct @ direct.T, atol=tolerances.TRANSFER_ENDS)
