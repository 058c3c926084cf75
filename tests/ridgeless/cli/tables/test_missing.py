"""Missing values: where they are, and what becomes of them."""

from pathlib import Path

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.cli.tables import Reading, read

TEXT = "a,b,c\n1,2,3.5\n2,NA,1.5\n4,,2.5\n"


@pytest.fixture
def path(tmp_path: Path) -> str:
    (tmp_path / "t.csv").write_text(TEXT)
    return str(tmp_path / "t.csv")


def test_the_first_is_named_and_all_are_counted(path: str) -> None:
    says = (
        r"t.csv, line 3, column 1 \('b'\): a missing value \(2 in 1 columns and 2 rows in all\): "
        "--missing drop-rows, drop-columns or mean"
    )
    with pytest.raises(rl.DomainError, match=says):
        read(path)


@pytest.mark.parametrize(
    ("missing", "values", "said"),
    [
        ("drop-rows", [[1, 2, 3.5]], "left out 2 rows with missing values"),
        ("drop-columns", [[1, 3.5], [2, 1.5], [4, 2.5]], "left out 1 columns with missing values"),
        ("mean", [[1, 2, 3.5], [2, 2, 1.5], [4, 2, 2.5]], "filled 2 missing values"),
    ],
)
def test_what_becomes_of_them(
    missing: str, values: list[list[float]], said: str, path: str
) -> None:
    found = read(path, Reading(missing=missing))
    np.testing.assert_array_equal(found.values, values)
    assert said in found.understood


@pytest.mark.parametrize("missing", ["drop-rows", "drop-columns"])
def test_nothing_may_be_left(missing: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1.5,NA\nNA,2.5\n")
    with pytest.raises(rl.DomainError, match=f"{missing} leaves none: --missing .* or mean"):
        read(str(tmp_path / "t.csv"), Reading(missing=missing))


@pytest.mark.parametrize("cell", ["inf", "-1.8e308", "1e400"])
def test_infinite_numbers_are_named(cell: str, tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text(f"a,b\n1.5,2.5\n3.5,{cell}\n")
    with pytest.raises(rl.DomainError, match=r"line 3, column 1 \('b'\): the table must be finite"):
        read(str(tmp_path / "t.csv"))


def test_a_mean_that_is_no_number(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a,b\n1.7e308,2.5\n1.7e308,3.5\nNA,4.5\n")
    with pytest.raises(rl.DomainError, match="no finite mean"):
        read(str(tmp_path / "t.csv"), Reading(missing="mean"))
