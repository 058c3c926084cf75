"""Labels from a file of their own."""

import numpy as np
import pytest

from ridgeless import DomainError
from ridgeless.cli.tables import answers


def written(tmp_path, text, name="y.csv"):
    path = tmp_path / name
    path.write_text(text)
    return str(path)


def test_numbers_and_text_with_and_without_a_header(tmp_path):
    assert answers(written(tmp_path, "1\n2\n3\n"), 3).tolist() == [1.0, 2.0, 3.0]
    assert answers(written(tmp_path, "label\n1.5\n2\n"), 2).tolist() == [1.5, 2.0]
    assert answers(written(tmp_path, "kind\na\n'b'\n"), 2).tolist() == ["a", "'b'"]
    two = written(tmp_path, "id,kind\n1,a\n2,b\n")
    assert answers(two, 2, "kind").tolist() == ["a", "b"]
    assert answers(two, 2, "0").tolist() == [1.0, 2.0]
    np.save(tmp_path / "y.npy", np.array([3, 4]))
    assert answers(str(tmp_path / "y.npy"), 2).tolist() == [3, 4]


@pytest.mark.parametrize(
    ("text", "rows", "column", "words"),
    [
        ("1\n2\n", 4, None, "one label for each of 4 rows, with a header or without, got 2 lines"),
        ("a,b\n1,2\n3,4\n", 2, None, "one column of labels, got 2: name one by --label-column"),
        ("a,b\n1,2\n3,4\n", 2, "c", "--label-column must be"),
        ("a,b\n1,2\n3,\n", 2, "b", "line 3: a label is missing"),
        ("y\n1\nnan\n", 2, None, "line 3: a label is missing"),
        ("kind\na\n\nb\na\n", 4, None, "line 3: a label is missing"),
        ("kind\na\nNA\n", 2, None, "line 3: a label is missing"),
        ("a\nb\na\nb\n", 3, None, "for each of 3 rows, with a header or without, got 4"),
        ("", 2, None, "is empty"),
    ],
)
def test_mistakes_are_named(tmp_path, text, rows, column, words):
    with pytest.raises(DomainError, match=words):
        answers(written(tmp_path, text), rows, column)
    np.save(tmp_path / "y.npy", np.ones((3, 2)))
    with pytest.raises(DomainError, match=r"got shape \(3, 2\)"):
        answers(str(tmp_path / "y.npy"), 3)
