"""K masks per sample against regressions without the copies of each row."""

import numpy as np
import pytest

from ridgeless.recommend.few_masks import SMALLEST, Few, drawn
from tests.ridgeless.recommend.brute import table
from tests.tolerances import LINEAR_ALGEBRA


@pytest.mark.parametrize("every_row", [False, True])
@pytest.mark.parametrize("fill", ["zero", "rescale"])
@pytest.mark.parametrize("masks", [1, 3])
@pytest.mark.parametrize(("features", "width"), [(8, 1), (40, 1), (8, 2)])
def test_the_copies_of_a_row_go_together(
    features: int, width: int, masks: int, fill: str, every_row: bool
) -> None:
    n, p, test, ridge = 25, 0.4, 0.2, 0.1
    Z, labels = table(n, features), np.arange(features) // width
    few = Few(masks, fill, fill, ridge, test, every_row)
    targets = np.arange(0, features, 3)
    found = drawn(Z, [p], few, targets, labels, np.random.default_rng(1))
    uniform = np.random.default_rng(1).random((masks, n, labels.max() + 1))[:, :, labels]
    hidden = uniform.reshape(masks * n, features) < p
    sample = np.tile(np.arange(n), masks)
    X = np.where(hidden, 0.0, Z[sample]) / (1 if fill == "zero" else 1 - p)
    seen, spread = (1 - test, test * (1 - test)) if fill == "zero" else (1, test / (1 - test))
    exact = np.empty((n, targets.size))
    for column, j in enumerate(targets):
        others = labels != labels[j]
        counted = np.ones(len(X), dtype=bool) if every_row else hidden[:, j]
        for i in range(n):
            kept = counted & (sample != i)
            A, y = X[kept][:, others], Z[sample[kept], j]
            b = np.linalg.solve(A.T @ A + ridge * counted.sum() * np.eye(A.shape[1]), A.T @ y)
            parts = np.bincount(labels[others], weights=Z[i, others] * b)
            exact[i, column] = (Z[i, j] - seen * parts.sum()) ** 2 + spread * (parts**2).sum()
    np.testing.assert_allclose(found.rows[0], exact.mean(axis=1), rtol=LINEAR_ALGEBRA)
    np.testing.assert_allclose(found.targets[0], exact.mean(axis=0), rtol=LINEAR_ALGEBRA)


@pytest.mark.parametrize("features", [5, 40])
def test_without_a_ridge_it_is_the_smallest_solution(features: int) -> None:
    n, p = 30, 0.5
    Z, labels = table(n, features), np.arange(features)
    few = Few(1, "zero", "zero", 0.0, 0.0, False)
    found = drawn(Z, [p], few, np.array([0]), labels, np.random.default_rng(2))
    hidden = np.random.default_rng(2).random((1, n, features))[0] < p
    X, errors = np.where(hidden, 0.0, Z)[:, 1:], np.empty(n)
    for i in range(n):
        kept = hidden[:, 0] & (np.arange(n) != i)
        errors[i] = (Z[i, 0] - Z[i, 1:] @ np.linalg.pinv(X[kept]) @ Z[kept, 0]) ** 2
    np.testing.assert_allclose(found.rows[0], errors, rtol=1e7 * SMALLEST, atol=1e-6)


def test_where_no_row_counts_the_mean_is_predicted() -> None:
    Z = table(12, 4)
    few = Few(2, "zero", "zero", 0.0, 0.0, False)
    found = drawn(Z, [0.0], few, np.arange(4), np.arange(4), np.random.default_rng(0))
    np.testing.assert_allclose(found.rows[0], found.null)
