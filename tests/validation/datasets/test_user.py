"""The files a user brings."""

import pickle

import numpy as np
import pytest

from ridgeless import DomainError
from tests import tolerances
from validation.datasets import load


def test_tables_and_images_of_ones_own(tmp_path):
    rows = np.random.default_rng(0).random((40, 6))
    np.save(tmp_path / "t.npy", rows)
    np.save(tmp_path / "i.npy", rows.reshape(40, 2, 3))
    lines = "\n".join(",".join(map(repr, row)) for row in rows.tolist())
    (tmp_path / "t.csv").write_text(lines + "\n")
    (tmp_path / "h.csv").write_text("a,b,c,d,e,f\n" + lines + "\n")
    table, image, plain, headed = (
        load(str(tmp_path / name)) for name in ("t.npy", "i.npy", "t.csv", "h.csv")
    )
    assert (table.grid, table.ordered, len(table.test)) == ((1, 6), False, 8)
    assert (image.grid, image.ordered, image.channels) == ((2, 3), True, 1)
    for other in (plain, headed):
        np.testing.assert_allclose(other.train, table.train, atol=tolerances.STANDARDISED)
        np.testing.assert_allclose(other.test, table.test, atol=tolerances.STANDARDISED)
    np.testing.assert_allclose(table.train.std(axis=0), 1, atol=tolerances.STANDARDISED)
    # The same rows are held out, and what they are does not change the scale.
    rows[np.random.default_rng(7).permutation(40)[:8]] *= 9
    np.save(tmp_path / "u.npy", rows)
    np.testing.assert_array_equal(load(str(tmp_path / "u.npy")).train, table.train)


def test_text_of_ones_own(tmp_path):
    letters = "".join(chr(0x4E00 + n) for n in range(80))
    (tmp_path / "t.txt").write_text("hello, wörld! " * 100 + letters, encoding="utf-8")
    data = load(str(tmp_path / "t.txt"))
    assert data.grid == (1, 32)
    assert data.symbols == 64
    assert len(data.train) == 37  # of 46 whole windows
    assert len(data.test) == 9
    assert (data.test == 63).any()  # the rarest letters are one symbol, which the last fifth holds
    assert not (data.train == 63).any()


def _bad_files(folder):
    good = folder / "good.npy"
    np.save(good, np.random.default_rng(0).random((20, 4)))
    rows = "\n".join("1,2,3" if n % 2 else "2,1,5" for n in range(20))
    yield "empty.npy", b"", "is empty"
    yield "empty.csv", b"", "is empty"
    yield "empty.txt", b"", "is empty"
    yield "blank.csv", b" \n\n", "is empty"
    yield "header.csv", b"a,b\n", "a header and no rows"
    yield "words.csv", b"a,b\nx,y\n", "'a' is not a number"
    yield "ragged.csv", b"1,2\n3\n", "equally many"
    yield "latin.csv", b"caf\xe9,b\n1,2\n", "at least 10 samples"
    yield "nan.csv", ("nan,7,2\n" + rows).encode(), "missing value.*:missing=drop-rows"
    yield "inf.csv", ("inf,1,2\n" + rows).encode(), "finite"
    yield "few.csv", b"4,2\n2,1\n3,3\n", "at least 10 samples"
    yield "cut.npy", good.read_bytes()[:-9], "cannot be read as a table"
    yield "short.npy", good.read_bytes()[:20], "cannot be read as a table"
    yield "junk.npy", b"hello", "cannot be read as a table"
    yield "zip.npy", b"PK\x03\x04 broken", "cannot be read as a table"
    yield "few.txt", b"too short", "at least 320 characters"
    yield "latin.txt", b"caf\xe9 " * 200, "UTF-8"
    yield "same.txt", b"a" * 800, "2 different characters"
    for name, array, words in (
        ("nan.npy", np.full((20, 4), np.nan), "a missing value"),
        ("few.npy", np.ones((3, 4)), "at least 10 samples"),
        ("narrow.npy", np.ones((20, 1)), "at least 10 samples of 2 values"),
        ("constant.npy", np.ones((20, 4)), "must vary"),
        ("line.npy", np.ones(20), "samples x values"),
        ("complex.npy", np.ones((20, 4), complex), "samples x values"),
        ("words.npy", np.full((20, 4), "a"), "samples x values"),
    ):
        np.save(folder / name, array)
        yield name, None, words
    (folder / "object.npy").write_bytes(pickle.dumps([1]))
    yield "object.npy", None, "cannot be read as a table"
    yield "folder.npy", None, "is not there"


def test_unfit_files_are_told_in_one_sentence(tmp_path):
    (tmp_path / "folder.npy").mkdir()
    for name, content, words in _bad_files(tmp_path):
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(DomainError, match=words) as caught:
            load(str(path))
        assert "\n" not in str(caught.value)
        assert name in str(caught.value) or name.startswith("constant")
