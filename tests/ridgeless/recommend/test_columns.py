"""Columns that take part."""

from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.recommend.columns import listed, of_table
from tests.tolerances import ROUNDING

ROWS = np.random.default_rng(0).normal(size=(50, 4))


def test_columns_are_standardised_whatever_their_unit() -> None:
    for unit in (1.0, 2.0**-1000, 2.0**1000, [1.0, 1e160, 1e-200, 1e-3]):
        columns = of_table(ROWS * unit + 0.0, (), None, None)
        np.testing.assert_allclose(columns.rows.mean(axis=0), 0, atol=ROUNDING)
        np.testing.assert_allclose(columns.rows.std(axis=0), 1)
        plain = of_table(ROWS, (), None, None)
        np.testing.assert_allclose(columns.rows, plain.rows, rtol=1e-9, atol=1e-12)


def test_columns_of_which_too_few_rows_tell_are_left_out() -> None:
    rare = np.zeros((50, 3))
    rare[:4, 0], rare[:5, 1] = 1.0, 1.0
    rare[:, 2] = 7.0
    table = np.c_[ROWS, rare]
    columns = of_table(table, tuple("abcdefg"), "d", [0, 0, 1, 1, 2, 2, 3])
    np.testing.assert_array_equal(columns.kept, [0, 1, 2, 3, 5])
    np.testing.assert_array_equal(columns.groups, [0, 0, 1, 1, 2])
    assert (columns.target, columns.hideable) == (3, 2)
    assert columns.left_out[0] == "1 of 7 columns is constant and left out: 'g'."
    assert columns.left_out[1].startswith(
        "1 of 7 columns has one value in all but at most 4 rows and left out, as input and as "
        "target: 'e'."
    )


def test_one_huge_cell_is_a_column_that_one_row_tells() -> None:
    """Its square overflows; beside it the others are one value."""
    table = ROWS.copy()
    table[3, 1] = -1.7e308
    columns = of_table(table, (), None, None)
    np.testing.assert_array_equal(columns.kept, [0, 2, 3])
    assert "at most 4 rows and left out" in columns.left_out[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"target": 4}, "target_column must be below 4, got 4"),
        ({"target": -1}, "target_column must be an integer of at least 0"),
        ({"target": "e"}, "a number from 0 or the name of a column of a, b, b, c, got 'e'"),
        ({"target": "b"}, "2 are called 'b': give its number"),
        ({"target": 0}, "target_column must vary, got the constant column 0"),
        ({"target": 1}, "one value in all but 3"),
        ({"groups": [1, 2]}, "one label for each of the 4 columns"),
        ({"groups": "ab"}, "one label for each of the 4 columns"),
        ({"groups": 0}, "groups must be an integer of at least 1"),
        ({"groups": [1, 2, None, 3]}, "labels of one kind"),
        ({"groups": 4}, "at least two, got one group"),
    ],
)
def test_errors(arguments: dict[str, Any], says: str) -> None:
    table = ROWS.copy()
    table[:, 0] = 1.0
    table[:, 1] = np.arange(50) < 3
    given = {"target": None, "groups": None} | arguments
    with pytest.raises(rl.DomainError, match=says):
        of_table(table, ("a", "b", "b", "c"), given["target"], given["groups"])


def test_two_columns_must_be_left() -> None:
    with pytest.raises(rl.DomainError, match="at least two columns that vary, got 1"):
        of_table(np.c_[ROWS[:, 0], np.ones(50)], (), None, None)


def test_lists_are_short() -> None:
    assert listed(np.arange(7), ()) == "0, 1, 2, 3, 4 and 2 more"
