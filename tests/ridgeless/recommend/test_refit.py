"""Rows left out together: exact."""

import numpy as np
import pytest

from ridgeless.recommend.refit import Fit, held_out
from tests.ridgeless.recommend.brute import at, left_out, table, unit
from tests.tolerances import LINEAR_ALGEBRA


@pytest.mark.parametrize("test", [0.0, 0.3])
@pytest.mark.parametrize("width", [1, 3])
@pytest.mark.parametrize(("samples", "features"), [(30, 12), (20, 30)])
def test_single_rows(samples: int, features: int, width: int, test: float) -> None:
    Z, every = table(samples, features), np.arange(samples)
    labels = None if width == 1 else np.arange(features) // width
    ones = [at(p, "zero", 0.0, test) for p in (0.1, 0.6)]
    parts = [(np.delete(every, i), every[i : i + 1]) for i in every]
    found, seen = held_out(Z, ones, np.arange(features), labels, parts)
    assert seen.all()
    for place, one in enumerate(ones):
        exact = left_out(Z, one, labels)
        np.testing.assert_allclose(found.rows[place], exact.mean(axis=1), rtol=LINEAR_ALGEBRA)
        np.testing.assert_allclose(found.targets[place], exact.mean(axis=0), rtol=LINEAR_ALGEBRA)
    means = (Z.sum(axis=0) - Z) / (samples - 1)
    np.testing.assert_allclose(found.null, np.mean((Z - means) ** 2, axis=1))


def test_collinear_features_of_a_group() -> None:
    Z = table(30, 12)
    Z[:, 1] = Z[:, 0]
    labels, one = np.arange(12) // 3, at(0.3)
    every = np.arange(30)
    parts = [(np.delete(every, i), every[i : i + 1]) for i in every]
    found, _ = held_out(Z, [one], np.arange(12), labels, parts)
    np.testing.assert_allclose(found.rows[0], left_out(Z, one, labels).mean(axis=1), rtol=1e-9)


def test_columns_that_do_not_vary_without_a_row_are_their_mean() -> None:
    Z = table(20, 5)
    Z[:, 4] = 0.0
    Z[0, 4] = 1.0
    Z = unit(Z)
    fit = Fit.of(Z[1:], None)
    ((_, squares),) = fit.errors(Z[:1], [at(0.3)], np.arange(5))
    assert squares[0, 4] == pytest.approx((Z[0, 4] - Z[1, 4]) ** 2)
    assert np.isfinite(squares).all()


def test_rows_that_are_tested_twice_count_by_their_mean() -> None:
    Z, targets = table(20, 4), np.arange(4)
    halves = [(np.arange(10), np.arange(10, 20)), (np.arange(5, 15), np.arange(15, 20))]
    both, seen = held_out(Z, [at(0.3)], targets, None, halves)
    first, second = (held_out(Z, [at(0.3)], targets, None, [half])[0] for half in halves)
    np.testing.assert_array_equal(seen, np.arange(20) >= 10)
    mean = (first.rows[0, 15:] + second.rows[0, 15:]) / 2
    np.testing.assert_allclose(both.rows[0, 15:], mean)
    np.testing.assert_allclose(
        both.targets[0], (first.targets[0] * 10 + second.targets[0] * 5) / 15
    )
