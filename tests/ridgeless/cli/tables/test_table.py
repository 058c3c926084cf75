"""Columns by name and by number."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.cli.tables import Table

TABLE = Table(
    "t.csv", np.ones((4, 2)), ("b", "c"), (1, 2), ("id", "b", "c"), "commas", ("left out id",)
)


def test_a_column_is_a_name_or_its_place_in_the_file() -> None:
    assert TABLE.column(None) is None
    assert TABLE.column("c") == TABLE.column("2") == 1
    assert TABLE.understood == "t.csv: 4 rows x 2 columns (commas); left out id"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("d", r"below 3\) or a name of the header \(id, b, c\), got 'd'"),
        ("9", "got '9'"),
        ("id", r"column 0 \('id'\) was left out: left out id"),
    ],
)
def test_what_is_no_column(text: str, says: str) -> None:
    with pytest.raises(rl.DomainError, match=says):
        TABLE.column(text)


def test_names_that_come_twice() -> None:
    twice = Table("t.csv", np.ones((4, 2)), ("b", "b"), (0, 1), ("b", "b"), "commas")
    with pytest.raises(rl.DomainError, match="2 are called 'b': give its number"):
        twice.column("b")
    assert twice.column("1") == 1
