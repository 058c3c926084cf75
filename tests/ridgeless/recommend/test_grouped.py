"""Groups of features left out of rows, one by one."""

import numpy as np
import pytest

from ridgeless.recommend.grouped import by_groups
from ridgeless.recommend.leave_one_out import by_rows
from tests.ridgeless.recommend.brute import at, gap, left_out, table
from tests.tolerances import FIRST_ORDER, FIRST_ORDER_MASKED


@pytest.mark.parametrize("test", [0.0, 0.3])
@pytest.mark.parametrize(("samples", "features"), [(60, 12), (40, 48)])
def test_rows_left_out_one_by_one(samples: int, features: int, test: float) -> None:
    Z = table(samples, features)
    Z[:, 1] = Z[:, 0]  # collinear inside a group
    labels = np.arange(features) // 3
    for ratio in (1 / features, 0.3, 0.8):
        one = at(ratio, test=test)
        ((_, found),) = by_groups(Z, [one], np.arange(features), 1, labels)
        tolerance = FIRST_ORDER_MASKED if test else FIRST_ORDER
        assert gap(found, left_out(Z, one, labels)) < tolerance


def test_groups_of_one_are_no_groups() -> None:
    Z, every = table(50, 6), np.arange(6)
    ones = [at(0.3), at(0.3, "rescale"), at(0.6), at(0.6, "rescale")]
    single, grouped = dict(by_rows(Z, ones, every, 2)), dict(by_groups(Z, ones, every, 2, every))
    for place in range(4):
        np.testing.assert_allclose(grouped[place].rows, single[place].rows, rtol=1e-9)
        np.testing.assert_allclose(grouped[place].targets, single[place].targets, rtol=1e-9)
