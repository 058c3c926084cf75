"""Data as packages hold them."""

import numpy as np
import pytest

import ridgeless as rl
from simulations.populations import sources
from tests.simulations.populations.loading import loaded


@pytest.mark.parametrize(
    ("source", "shape", "kinds"),
    [
        (sources.digits, (1797, 8, 8), 10),
        (sources.mnist, (5000, 28, 28), 10),
        (sources.pbmc, (700, 765), 10),
    ],
)
def test_sources_have_a_label_per_sample(source, shape, kinds):
    values, labels = loaded(source)
    assert values.shape == shape
    assert labels.shape == shape[:1]
    assert np.unique(labels).size == kinds


def test_missing_data_say_what_to_install():
    with pytest.raises(rl.DomainError, match="requirements-data"):
        sources.package_file("numpy", "no/such/file.csv")
    with pytest.raises(rl.DomainError, match="requirements-data"):
        sources.package_file("no_such_package", "file.csv")


@pytest.fixture
def counts(tmp_path, monkeypatch):
    """A table of counts in the place of celltypist's, to be written."""
    path = tmp_path / "counts.csv"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(sources, "package_file", lambda *_: path)
    return path


def test_counts_are_parsed_once(counts):
    counts.write_text("cell,a,b\nx,1,0\ny,0,3\n")
    first = sources.celltypist()
    np.testing.assert_array_equal(first, [[1, 0], [0, 3]])
    counts.write_text("cell,a,b\nx,9,9\ny,9,9\n")  # as long: the cache is asked
    np.testing.assert_array_equal(sources.celltypist(), first)
    counts.write_text("cell,a,b\nx,10,9\ny,9,9\n")
    np.testing.assert_array_equal(sources.celltypist(), [[10, 9], [9, 9]])


def test_a_cache_that_cannot_be_written_is_done_without(counts):
    (counts.parent / "cache").write_text("a file")
    counts.write_text("cell,a,b\nx,1,3\ny,2,4\n")
    np.testing.assert_array_equal(sources.celltypist(), [[1, 3], [2, 4]])
