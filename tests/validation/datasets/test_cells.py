"""Which genes of which cells, and a table that is parsed once."""

import numpy as np
import pytest

from validation.datasets import cells


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    table = rng.random((50, 6)) * [1, 5, 2, 4, 3, 9]
    table[:, 5] *= rng.random(50) < 0.05  # varies most, in hardly any cell
    return table


def test_the_most_variable_genes_that_are_seen(values, monkeypatch):
    monkeypatch.setattr(cells, "GENES", 3)
    made = cells._tokens("t", values, np.arange(50))
    order = np.random.default_rng(cells.SPLIT).permutation(50)
    np.testing.assert_array_equal(made.test_labels, order[:10])
    np.testing.assert_array_equal(made.train_labels, order[10:])
    assert (made.grid, made.channels, made.ordered) == ((1, 3), 1, False)
    # Genes 1, 3 and 4, in their order, scaled by the cells that train.
    chosen = values[order[10:]][:, [1, 3, 4]]
    expected = (chosen - chosen.mean(axis=0)) / chosen.std(axis=0)
    np.testing.assert_allclose(made.train[:, :, 0], expected, rtol=1e-3, atol=1e-4)


def test_held_out_cells_choose_no_genes(values, monkeypatch):
    monkeypatch.setattr(cells, "GENES", 3)
    order = np.random.default_rng(cells.SPLIT).permutation(50)
    wild = values.copy()
    wild[order[:10], 0] *= 1000
    before, after = (cells._tokens("t", x, None) for x in (values, wild))
    np.testing.assert_array_equal(before.train, after.train)


def test_counts_are_parsed_once(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    path = tmp_path / "counts.csv"
    path.write_text("cell,a,b\nx,1,0\ny,0,3\n")
    first = cells._cached_counts(path)
    np.testing.assert_array_equal(first, [[1, 0], [0, 3]])
    path.write_text("cell,a,b\nx,9,9\ny,9,9\n")  # as long: the cache is asked
    np.testing.assert_array_equal(cells._cached_counts(path), first)
    path.write_text("cell,a,b\nx,10,9\ny,9,9\n")
    np.testing.assert_array_equal(cells._cached_counts(path), [[10, 9], [9, 9]])


def test_a_cache_that_cannot_be_written_is_done_without(tmp_path, monkeypatch):
    (tmp_path / "cache").write_text("a file")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "counts.csv").write_text("cell,a,b\nx,1,3\ny,2,4\n")
    np.testing.assert_array_equal(cells._cached_counts(tmp_path / "counts.csv"), [[1, 3], [2, 4]])
