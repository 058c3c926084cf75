"""Files of runs."""

from pathlib import Path

import pytest

import ridgeless as rl
from ridgeless.cli.runs import read


def test_columns_by_name_or_in_order(tmp_path: Path) -> None:
    path = tmp_path / "runs.csv"
    path.write_text("seed,Loss,mask_ratio\n0,0.3,0.15\n1,0.25,0.5\n")
    assert read(str(path)) == ([0.15, 0.5], [0.3, 0.25], [0, 1])
    path.write_text("0.15;0,3\n0.5;0,25\n".replace("0.", "0,"))
    assert read(str(path)) == ([0.15, 0.5], [0.3, 0.25], None)
    path.write_text("ratio\tvalue\n0.15\t0.3\nU(0.1 0.9)\t0.25\n")
    assert read(str(path)).ratios == ["0.15", "U(0.1 0.9)"]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("ratio,other\n0.5,1\n", "a column for the value, called value or loss or error or score"),
        ("a,b\n0.5,1\n", "a column for the ratio"),
        ("ratio,value\n0.5,1\n0.6,high\n", "line 3, column 1 .*'high' is not a number"),
        ("ratio,value\n0.5,\n0.6,2\n", "line 2, column 1 .*a missing value"),
    ],
)
def test_errors(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "runs.csv").write_text(text)
    with pytest.raises(rl.DomainError, match=says):
        read(str(tmp_path / "runs.csv"))
