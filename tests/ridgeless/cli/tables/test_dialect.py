"""Delimiters, comments and lines."""

import pytest

import ridgeless as rl
from ridgeless.cli.tables import Reading
from ridgeless.cli.tables.dialect import records


@pytest.mark.parametrize(
    ("text", "named", "cells"),
    [
        ("1,2\n3,4\n", "commas", ["1", "2"]),
        ("1;2\n3;4\n", "semicolons", ["1", "2"]),
        ("1,5;2\n3,5;4\n", "semicolons", ["1,5", "2"]),
        ("1|2\n3|4\n", "pipes", ["1", "2"]),
        ("1\t\t2\n3\t4\t5\n", "tabs", ["1", "", "2"]),
        ("  1  2\n 3 4\n", "white space", ["1", "2"]),
        ('"a b" 2\n3 4\n', "white space", ["a b", "2"]),
        ("0,1 -0,2\n0,3 0,4\n", "white space", ["0,1", "-0,2"]),
        ("1\n2\n", "commas", ["1"]),
        ('"a, b",2\n3,4\n', "commas", ["a, b", "2"]),
        ("New York, 1.5\nSan Jose, 2.5\n", "commas", ["New York", "1.5"]),
    ],
)
def test_the_mark_between_cells_is_found(text: str, named: str, cells: list[str]) -> None:
    found = records(text, "t", Reading())
    assert found.named == named
    assert found.cells[0] == cells


def test_comments_and_blank_lines_are_no_rows() -> None:
    found = records("# made\n# a b\n\n1 2\n# half\n3 4\r\n5 6", "t", Reading())
    assert (found.comment, found.skipped, found.lines) == ("a b", 1, [4, 6, 7])
    names = records("#1,2\n#2,3\n", "t", Reading())
    assert names.comment is None
    assert len(names.cells) == 2


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("\n\n", "t is empty"),
        ("1,234;2\n3,456;4\n", "'1,234' may be a number with a decimal comma.*--decimal , or ."),
    ],
)
def test_what_cannot_be_told(text: str, says: str) -> None:
    with pytest.raises(rl.DomainError, match=says):
        records(text, "t", Reading())
    if "234" in text:
        assert records(text, "t", Reading(decimal=",")).decimal == ","
