"""Functions of symmetric blocks, and numbers as the blocks of one."""

import numpy as np
import pytest

from ridgeless.rows import blocks
from tests.tolerances import LINEAR_ALGEBRA


@pytest.mark.parametrize("size", [1, 4])
def test_functions_undo_each_other(size):
    factors = np.random.default_rng(0).normal(size=(5, size, size + 2))
    given = factors @ factors.swapaxes(1, 2)
    root = blocks.root(given)
    np.testing.assert_allclose(root @ root, given, rtol=LINEAR_ALGEBRA, atol=1e-12)
    back = blocks.power(blocks.logarithm(given))
    np.testing.assert_allclose(back, given, rtol=LINEAR_ALGEBRA, atol=1e-12)
    np.testing.assert_allclose(
        blocks.inverse(given) @ given, np.broadcast_to(np.eye(size), given.shape), atol=1e-9
    )
    rows = np.random.default_rng(1).normal(size=(5, size, 3))
    np.testing.assert_allclose(
        blocks.apply(given, rows), np.einsum("bkl,blp->bkp", given, rows), rtol=1e-9
    )


@pytest.mark.parametrize("size", [1, 3])
def test_what_is_not_positive_has_no_root(size):
    with pytest.raises(np.linalg.LinAlgError, match="not positive"):
        blocks.root(-np.broadcast_to(np.eye(size), (2, size, size)))


def test_nothing_has_a_logarithm():
    assert np.isfinite(blocks.logarithm(np.zeros((2, 1, 1)))).all()
