"""A table in any dialect is read as it was meant, or refused by name."""

import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import ridgeless as rl
from ridgeless.cli.tables import Reading, read, stack
from tests.ridgeless.cli.tables.dialects import Written, tables

#: What a refusal may say of a table that is whole.
NAMED = ("a missing value", "may be names or a sample", "may be a number with a decimal comma")


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(written=tables())
def test_any_dialect_is_read_or_refused_by_name(tmp_path: Path, written: Written) -> None:
    path = tmp_path / f"table{written.suffix}{written.packed}"
    path.write_bytes(written.content())
    try:
        found = read(str(path))
    except rl.DomainError as error:
        said = str(error)
        assert any(words in said for words in NAMED), said
        assert "missing" not in said or written.gaps, said
        assert "--" in said
        if "a missing value" in said:
            # The same table with the missing left in place by their means is read to the end.
            found = read(str(path), Reading(missing="mean"))
        else:
            return
    assert found.values.shape == written.values.shape
    seen = ~np.isnan(written.values)
    np.testing.assert_array_equal(found.values[seen], written.values[seen])
    assert found.names == written.names
    assert str(written.values.shape[0]) in found.understood


@pytest.mark.parametrize("written_as", [",", "\t", ";", "|", " "])
def test_what_is_told_is_not_guessed(written_as: str, tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"1{written_as}2\n3{written_as}5\n")
    for header, rows in ((True, 1), (False, 2)):
        found = read(str(path), Reading(delimiter=written_as, header=header))
        assert found.values.shape == (rows, 2)
        assert found.names == (("1", "2") if header else ())


def test_empty_cells_of_a_tsv_stay_where_they_are(tmp_path: Path) -> None:
    """Split on any white space, the second row would lose its first cell to the third."""
    (tmp_path / "t.tsv").write_text("a\tb\tc\n1\t2\t3\n\t5\t6\n7\t8\t\n")
    with pytest.raises(rl.DomainError, match=r"line 3, column 0 \('a'\): a missing value \(2 in 2"):
        read(str(tmp_path / "t.tsv"))
    found = read(str(tmp_path / "t.tsv"), Reading(missing="mean"))
    np.testing.assert_array_equal(found.values, [[1, 2, 3], [4, 5, 6], [7, 8, 4.5]])


def test_lines_of_other_lengths_are_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("# made\n\na,b\n1,2\n\n3\n5,6\n")
    with pytest.raises(rl.DomainError, match=r"t.csv, line 6: 1 cells, where the header has 2"):
        read(str(tmp_path / "t.csv"))


def test_a_cell_may_take_several_lines(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text('"a\nb",c\n1,2\n3,x\n')
    with pytest.raises(rl.DomainError, match=r"line 4, column 1 \('c'\): 'x' is not a number"):
        read(str(tmp_path / "t.csv"))


def test_an_array_of_any_shape(tmp_path: Path) -> None:
    for shape in ((4,), (4, 3), (4, 3, 2)):
        np.save(tmp_path / "a.npy", np.ones(shape))
        values, said = stack(str(tmp_path / "a.npy"))
        assert values.shape == shape
        assert "a.npy" in said
    (tmp_path / "t.csv").write_text("4,2\n3,5\n")
    assert stack(str(tmp_path / "t.csv"))[0].shape == (2, 2)


def test_without_pandas_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    (tmp_path / "t.csv").write_text("4,2\n3,5\n")
    with pytest.raises(rl.DomainError, match=r"needs pandas: pip install pandas, or .*\[tables\]"):
        read(str(tmp_path / "t.csv"))
