"""Cells that are numbers."""

import math

import pytest

from ridgeless.cli.tables.numerals import decimal_mark, is_missing, number


@pytest.mark.parametrize(
    ("cell", "decimal", "value"),
    [("1", ".", 1.0), (" -.5e3 ", ".", -500.0), ("1.", ".", 1.0), ("1,25", ",", 1.25),
     ("1,25", ".", None), ("1.25", ",", None), ("1_10583", ".", None), ("0x10", ".", None),
     ("nan", ".", None), ("-Inf", ".", -math.inf), ("1e400", ".", math.inf), ("", ".", None)],
)  # fmt: skip
def test_numbers(cell: str, decimal: str, value: float | None) -> None:
    assert number(cell, decimal) == value


def test_missing_values_are_no_zeros() -> None:
    assert all(map(is_missing, ["", " NA ", "nan", "<NA>", "?", "."]))
    assert not any(map(is_missing, ["0", "no", "N"]))


@pytest.mark.parametrize(
    ("cells", "mark"),
    [(["1", "2"], "."), (["1,5", "2,25"], ","), (["1.5", "1,5"], "."), (["1,234", "2,345"], "?"),
     (["1,234", "0,5"], ","), (["1,234,567"], "."), (["a,b"], ".")],
)  # fmt: skip
def test_the_decimal_mark_is_found(cells: list[str], mark: str) -> None:
    assert decimal_mark(cells) == mark
