"""Arguments: what they may be, and what is wrong with them in a sentence."""

import numpy as np
import pandas as pd
import pytest

from ridgeless import DomainError
from ridgeless.rows import question as asked

X = np.arange(12.0).reshape(4, 3)


def question(**changes):
    given = {"X": X, "y": None, "columns": (), "masked_only": False, "tests": None,
             "features": None, "kernel": None} | changes  # fmt: skip
    return asked.Question(**given)


def test_tables_and_labels():
    frame = pd.DataFrame(X, columns=list("abc"))
    np.testing.assert_array_equal(asked.table_of("X", frame), X)
    assert asked.labels_of("y", frame["a"], 4).shape == (4, 1)
    assert asked.labels_of("y", X, 4).shape == (4, 3)
    for wrong in (X[:, 0], X[:, :0], X[:1], X + np.inf, [["a"]]):
        with pytest.raises(DomainError, match="X must"):
            asked.table_of("X", wrong)
    for bad in (X[:2], [1.0, 2.0, 3.0, np.nan], np.ones((4, 1, 1)), np.full(4, np.inf)):
        with pytest.raises(DomainError, match="y must"):
            asked.labels_of("y", bad, 4)


def test_columns():
    assert asked.column_of("target", 2, None, 3) == 2
    assert asked.column_of("target", "b", list("abc"), 3) == 1
    for wrong, names, sentence in [("d", list("abc"), "X has a, b, c"), ("a", None, "no column"),
                                   (3, None, "below 3"), (-1, None, "at least 0")]:  # fmt: skip
        with pytest.raises(DomainError, match=sentence):
            asked.column_of("target", wrong, names, 3)


def test_tests():
    assert asked.tests_of(None, 3, 1) is None
    found = asked.tests_of((X, X[:, 0]), 3, 1)
    assert found is not None
    assert found.y is not None
    assert found.y.shape == (4, 1)
    one = asked.tests_of(X[:1], 3, 0)
    assert one is not None
    assert one.y is None
    with pytest.raises(DomainError, match="columns of X"):
        asked.tests_of(X[:, :2], 3, 0)


def test_sizes():
    assert asked.samples_of(None, 50) == 50
    assert asked.population_of(None, np.array([10]), 5000) == 800
    assert asked.population_of(None, np.array([10, 300]), 5000) == 1200
    assert asked.population_of(None, np.array([10]), 50) == 50
    assert asked.population_of(20, np.array([10]), 50) == 20
    for wrong in (9, 51, 10.5):
        with pytest.raises(DomainError, match="population must"):
            asked.population_of(wrong, np.array([10]), 50)


def test_what_features_and_kernels_return():
    assert question().featured(X) is X
    np.testing.assert_array_equal(question(features=lambda x: 2 * x).featured(X), 2 * X)
    np.testing.assert_array_equal(question(kernel=lambda a, b: a @ b.T).kernels(X, X), X @ X.T)
    for features in (lambda x: x[0], lambda x: x[:, :0], lambda x: x * np.inf, lambda x: x[1:]):
        with pytest.raises(DomainError, match="features must"):
            question(features=features).featured(X + 1)
    for kernel in (lambda a, b: a, lambda a, b: a @ b.T * np.inf):
        with pytest.raises(DomainError, match="kernel must"):
            question(kernel=kernel).kernels(X + 1, X + 1)
