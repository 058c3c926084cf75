"""Indices, dropped columns, text."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ridgeless as rl
from ridgeless.cli.tables import Reading, read


@pytest.fixture
def frame() -> pd.DataFrame:
    values = np.random.default_rng(0).normal(size=(12, 3))
    return pd.DataFrame(values, columns=["a", "b", "c, cm"])


def test_an_index_is_no_feature(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    counted = frame.assign(id=range(1, 13))[["id", *frame]]
    named = frame.assign(who=[f"s{k}" for k in range(12)])[["who", *frame]]
    for table, index, why in (
        (frame, True, "column 0, an index without a name"),
        (frame.set_index([frame.index, frame.index]), True, "column 0 and column 1, an index"),
        (counted, False, r"column 0 ('id'), which counts the rows"),
        (named, False, r"column 0 ('who'), which names the rows"),
    ):
        table.to_csv(path, index=index)
        found = read(str(path))
        np.testing.assert_array_equal(found.values, frame)
        assert found.names == ("a", "b", "c, cm")
        assert why in found.understood
    counted.to_csv(path, index=False)
    assert read(str(path), Reading(index_column="none")).names[0] == "id"
    assert read(str(path), Reading(columns=("id,b",))).names == ("id", "b")
    assert read(str(path), Reading(index_column="a")).names == ("id", "b", "c, cm")


def test_r_names_its_rows_without_saying_so(frame: pd.DataFrame, tmp_path: Path) -> None:
    """The header of write.table is one name short; the named column is then the wrong one."""
    body = frame.to_csv(sep=" ", header=False, index=True)
    (tmp_path / "t.txt").write_text('"a" "b" "c, cm"\n' + body)
    found = read(str(tmp_path / "t.txt"))
    np.testing.assert_array_equal(found.values, frame)
    assert found.column("c, cm") == 2
    assert "row names" in found.understood


def test_columns_are_dropped_by_name_or_place(frame: pd.DataFrame, tmp_path: Path) -> None:
    frame.to_csv(tmp_path / "t.csv", index=False)
    for drop in (("c, cm",), ("2",)):
        found = read(str(tmp_path / "t.csv"), Reading(drop=drop))
        assert found.names == ("a", "b")
        assert "left out 1 columns as asked" in found.understood
    with pytest.raises(rl.DomainError, match=r"drop must be the number of a column.*\(a, b, c, cm"):
        read(str(tmp_path / "t.csv"), Reading(drop=("d",)))
    with pytest.raises(rl.DomainError, match="no column is left"):
        read(str(tmp_path / "t.csv"), Reading(drop=("0,1,2",)))


def test_text_is_refused_dropped_or_made_numbers(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = str(tmp_path / "t.csv")
    frame.assign(kind=list("aabbccaabbcc"))[["a", "kind", "b"]].to_csv(path, index=False)
    says = r"line 2, column 1 \('kind'\): 'a' is not a number: --text-columns drop .* --drop 1"
    with pytest.raises(rl.DomainError, match=says):
        read(path)
    dropped = read(path, Reading(text_columns="drop"))
    assert dropped.names == ("a", "b")
    assert "column 1 ('kind'), which holds text" in dropped.understood
    dummies = read(path, Reading(text_columns="dummies"))
    assert dummies.names == ("a", "kind=b", "kind=c", "b")
    np.testing.assert_array_equal(dummies.values[:6, 1], [0, 0, 1, 1, 0, 0])
    assert dummies.places == (0, 1, 1, 2)


def test_one_cell_that_is_no_number_is_found(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    lines = frame.to_csv(index=False).splitlines()
    lines[7] = "1.5,12..5,3.5"
    path.write_text("\n".join(lines))
    says = r"line 8, column 1 \('b'\): '12..5' is not a number \(1 of 12 cells"
    with pytest.raises(rl.DomainError, match=says):
        read(str(path))
    lines[7] = '1.5,"12,5",3.5'
    path.write_text("\n".join(lines))
    with pytest.raises(rl.DomainError, match=r"'12,5' is not a number.*--decimal ,"):
        read(str(path))


def test_too_many_values_for_dummies(frame: pd.DataFrame, tmp_path: Path) -> None:
    path = str(tmp_path / "t.csv")
    long = pd.concat([frame] * 6)
    long.assign(kind=[f"k{i}" for i in range(72)]).to_csv(path, index=False)
    with pytest.raises(rl.DomainError, match="72 different values are too many for dummies"):
        read(path, Reading(text_columns="dummies"))


def test_empty_columns_are_left_out(frame: pd.DataFrame, tmp_path: Path) -> None:
    lines = [f"{line}," for line in frame.to_csv(index=False, header=["a", "b", "c"]).split()]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    found = read(str(tmp_path / "t.csv"))
    np.testing.assert_array_equal(found.values, frame)
    assert "column 3, which is empty" in found.understood
