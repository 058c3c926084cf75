"""Groups and eigenvalues."""

from pathlib import Path

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.cli.tables import Table, eigenvalues, labels

TABLE = Table("t.csv", np.ones((4, 4)), tuple("abcd"), (1, 2, 3, 4), ("id", *"abcd"), "commas")


def test_groups_from_a_width_a_list_and_files(tmp_path: Path) -> None:
    assert labels(None, TABLE) is None
    assert labels("2", TABLE) == 2
    contents = {
        "words.txt": b"x x y y\n",
        "lines.csv": b"x\nx\ny\ny\n",
        "bom.csv": b"\xef\xbb\xbfx,x,y,y\n",
        "wide.csv": b"-,x,x,y,y\n",  # with the index that was left out
        "pairs.csv": b"name,group\nb,x\na,x\nd,y\nc,y\nid,z\n",
        "utf16.txt": "x x y y".encode("utf-16"),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        assert labels(str(tmp_path / name), TABLE) == ["x", "x", "y", "y"]
    assert labels("x,x,y,y", TABLE) == ["x", "x", "y", "y"]
    np.save(tmp_path / "l.npy", np.array([[0], [0], [1], [1]]))
    assert labels(str(tmp_path / "l.npy"), TABLE) == [0, 0, 1, 1]


@pytest.mark.parametrize("content", [b"x y\n", b"x\n" * 9])
def test_groups_of_another_length(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "l.txt").write_bytes(content)
    with pytest.raises(rl.DomainError, match="one label for each of the 4 columns, got"):
        labels(str(tmp_path / "l.txt"), TABLE)
    np.save(tmp_path / "l.npy", np.ones((2, 2)))
    with pytest.raises(
        rl.DomainError, match=r"one label per column, got an array of shape \(2, 2\)"
    ):
        labels(str(tmp_path / "l.npy"), TABLE)
    (tmp_path / "bytes").write_bytes(bytes(range(128, 256)))
    with pytest.raises(rl.DomainError, match="one label per column"):
        labels(str(tmp_path / "bytes"), TABLE)


def test_eigenvalues_without_their_index(tmp_path: Path) -> None:
    np.save(tmp_path / "s.npy", np.array([3.5, 1.5]))
    (tmp_path / "s.txt").write_text("3.5\n1.5\n")
    (tmp_path / "row.csv").write_text("3.5,1.5\n")
    (tmp_path / "index.csv").write_text(",s\n0,3.5\n1,1.5\n")
    for name in ("s.npy", "s.txt", "row.csv", "index.csv"):
        np.testing.assert_array_equal(eigenvalues(str(tmp_path / name)), [3.5, 1.5])


def test_a_matrix_has_no_list_of_eigenvalues(tmp_path: Path) -> None:
    np.save(tmp_path / "s.npy", np.eye(3))
    with pytest.raises(rl.DomainError, match=r"in one column or one row, got shape \(3, 3\)"):
        eigenvalues(str(tmp_path / "s.npy"))
