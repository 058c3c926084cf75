"""Which genes of which cells."""

import numpy as np
import pytest

from validation.datasets import cells
from validation.datasets.tokens import split


@pytest.fixture
def values():
    rng = np.random.default_rng(0)
    table = rng.random((50, 6)) * [1, 5, 2, 4, 3, 9]
    table[:, 5] *= rng.random(50) < 0.05  # varies most, in hardly any cell
    return table


def test_the_most_variable_genes_that_are_seen(values, monkeypatch):
    monkeypatch.setattr(cells, "GENES", 3)
    made = cells._tokens("t", values, np.arange(50))
    train, test = split(50)
    np.testing.assert_array_equal(made.test_labels, test)
    np.testing.assert_array_equal(made.train_labels, train)
    assert (made.grid, made.channels, made.ordered) == ((1, 3), 1, False)
    # Genes 1, 3 and 4, in their order, scaled by the cells that train.
    chosen = values[train][:, [1, 3, 4]]
    expected = (chosen - chosen.mean(axis=0)) / chosen.std(axis=0)
    np.testing.assert_allclose(made.train[:, :, 0], expected, rtol=1e-3, atol=1e-4)


def test_held_out_cells_choose_no_genes(values, monkeypatch):
    monkeypatch.setattr(cells, "GENES", 3)
    wild = values.copy()
    wild[split(50)[1], 0] *= 1000
    before, after = (cells._tokens("t", x, None) for x in (values, wild))
    np.testing.assert_array_equal(before.train, after.train)
