"""Shapes by name: units on a grid, and masks that follow what is important."""

import numpy as np
import pytest

from ridgeless import DomainError
from ridgeless.rows.mask_shapes import grid_of, important, units


def test_units_are_numbered_from_zero_without_gaps():
    for shape, grid in [("independent", (7,)), ("spans:3", (7,)), ("tubes", (3, 4)),
                        ("tubes", (2, 3, 4)), ("blocks:2x3", (5, 7)), ("blocks:2x2x2", (3, 4, 5)),
                        ("blocks:9x1", (3, 4))]:  # fmt: skip
        labels = units(shape, grid)
        assert labels.shape == (np.prod(grid),)
        np.testing.assert_array_equal(np.unique(labels), np.arange(labels.max() + 1))


def test_tubes_hide_a_column_of_an_image():
    labels = units("tubes", grid_of("tubes", 16)).reshape(4, 4)
    assert (labels == labels[0]).all()
    assert len(set(labels[0].tolist())) == 4


WRONG = "spans", "spans:0", "spans:x", "blocks:2", "blocks:2x0", "tubes:2", "circles", ""


@pytest.mark.parametrize("shape", [*WRONG, "independent:1"])
def test_other_names_are_refused(shape):
    with pytest.raises(DomainError, match="mask must"):
        units(shape, (4, 4))


def test_blocks_need_a_square():
    assert grid_of("spans:5", 12) == (12,)
    assert grid_of("blocks:2x2", 49) == (7, 7)
    with pytest.raises(DomainError, match="square grid, got 12"):
        grid_of("blocks:2x2", 12)


def test_important_features_are_likelier_hidden():
    rng = np.random.default_rng(0)
    values = np.tile([0.1, 1.0, 4.0, 0.5, 0.0], (4000, 1))
    hidden = important(np.full(4000, 0.5), values, rng)
    assert hidden.sum(axis=1).min() == 2
    assert hidden.sum(axis=1).max() == 3
    assert hidden.mean() == pytest.approx(0.5, abs=0.01)
    share = hidden.mean(axis=0)
    assert (share[[2, 1, 3, 0]] > share[[1, 3, 0, 4]]).all()
    assert important(np.ones(2), np.zeros((2, 3)), rng).all()
