"""Errors on rows that are held out."""

import numpy as np
import pytest

from ridgeless.transfer.held_out import fitted, held_out
from ridgeless.transfer.labels import read_labels
from tests import tolerances


def rows(n=40, d=6):
    rng = np.random.default_rng(0)
    Z = rng.standard_normal((n, d))
    return Z, read_labels(np.where(Z[:, 0] + 0.5 * rng.standard_normal(n) > 0, "yes", "no"), n)


@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_all_rows_are_left_out_one_by_one(ridge):
    Z, labels = rows()
    found = held_out(Z, labels, len(Z), ridge, 0)
    squared, wrong = np.zeros(len(Z)), np.zeros(len(Z))
    for i in range(len(Z)):
        rest = np.arange(len(Z)) != i
        # The penalty stays that of all rows.
        b = fitted(Z[rest], labels.y[rest], ridge * len(Z) / (len(Z) - 1))
        predicted = Z[i] @ b
        squared[i] = np.square(labels.y[i] - predicted).sum()
        wrong[i] = (predicted + labels.shares).argmax() != labels.number[i]
    np.testing.assert_allclose(found.squared, squared, rtol=tolerances.TRANSFER_ENDS)
    np.testing.assert_array_equal(found.wrong, wrong)


@pytest.mark.parametrize(("n", "d"), [(30, 6), (5, 20)])
def test_both_forms_of_ridge_regression_are_one(n, d):
    rng = np.random.default_rng(1)
    Z, y = rng.standard_normal((n, d)), rng.standard_normal((n, 2))
    expected = np.linalg.solve(Z.T @ Z / n + 0.2 * np.eye(d), Z.T @ y / n)
    np.testing.assert_allclose(fitted(Z, y, 0.2), expected, rtol=tolerances.TRANSFER_ENDS)
    assert np.allclose(fitted(Z, y, 0.0), np.linalg.pinv(Z) @ y)


def test_the_same_seed_draws_the_same_splits():
    Z, labels = rows()
    first, again, other = (held_out(Z, labels, 10, 0.1, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.squared, again.squared)
    assert (first.squared != other.squared).any()
    error, spread = first.classification
    assert 0 < error < 0.5
    assert 0 < spread < 0.1
