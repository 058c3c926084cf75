"""Sentences where they belong, and none on rows that are as they should be."""

import numpy as np

from ridgeless.rows.diagnostics import neighbours, said_of_answers, said_of_rows


def test_independent_rows_are_left_alone():
    rng = np.random.default_rng(0)
    for X in (
        rng.normal(size=(400, 8)),
        rng.normal(size=(300, 3)) + 5,
        np.ones((5, 2)) * [[1], [2], [3], [4], [9]],
    ):
        assert said_of_rows(X)[:0] == []
    assert said_of_rows(rng.normal(size=(400, 8))) == []
    heavy = rng.standard_t(3, size=(500, 1)) * rng.normal(size=(500, 6))
    assert said_of_rows(heavy) == []


def test_series_sorted_groups_and_volatility():
    rng = np.random.default_rng(1)
    series = np.cumsum(rng.normal(size=(300, 4)), axis=0)
    sizes = np.exp(np.cumsum(rng.normal(size=(600, 1)) * 0.3, axis=0) % 2)
    for X in (
        series,
        np.sort(rng.normal(size=(300, 4)), axis=0),
        sizes * rng.normal(size=(600, 4)),
    ):
        assert neighbours(X)[0] > 0.05
        assert "Neighbouring rows" in said_of_rows(X)[0]


def test_answers():
    many = np.array([300])
    assert said_of_answers(0.5, 4, True, 1200, many, False, False) == []
    assert "Near the threshold" in said_of_answers(0.95, 4, True, 1200, many, False, False)[0]
    assert "infinite" in said_of_answers(1.0, 4, True, 1200, many, True, False)[0]
    assert "2 populations" in said_of_answers(0.1, 2, True, 1200, many, False, False)[0]
    assert said_of_answers(0.1, 1, False, 1200, many, False, False) == []
    assert "1199 rows for 300" in said_of_answers(0.1, 4, True, 1199, many, False, False)[0]
    assert said_of_answers(0.1, 4, True, 1200, many, False, True) == []
    assert "32 masks" in said_of_answers(0.1, 4, True, 1200, np.array([40, 300]), False, True)[0]
