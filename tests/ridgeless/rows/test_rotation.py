"""Turned samples: the same loss, no row twice."""

import numpy as np

from ridgeless.rows.dual import kernel_of
from ridgeless.rows.primal import FeatureRows
from ridgeless.rows.rotation import rotated
from tests.ridgeless.rows import brute
from tests.tolerances import LINEAR_ALGEBRA


def test_no_loss_changes():
    rows, targets, whole, _ = brute.blocks(0, samples=10, masks=3, features=6)
    rows[3, 1], targets[3, 1] = rows[3, 0], targets[3, 0]  # repeated
    rows[4, 2], targets[4, 2] = 0.0, 0.0  # hidden
    space = FeatureRows(rows, whole, 10)
    turned = rotated(space, targets)
    b = np.random.default_rng(1).normal(size=(6, 2))
    losses = [((y - x @ b) ** 2).sum(axis=1)
              for x, y in ((rows, targets), (turned.space.rows, turned.targets))]  # fmt: skip
    np.testing.assert_allclose(losses[0], losses[1], rtol=LINEAR_ALGEBRA)
    assert turned.present.sum() == 28
    assert not turned.present[[3, 4]].all(axis=1).any()
    assert turned.absent.sum() == 2
    inside = turned.space.norms - np.einsum("bkk,kl->bkl", turned.space.norms, np.eye(3))
    np.testing.assert_allclose(inside, 0, atol=1e-12)
    by_kernel = rotated(kernel_of(space), targets)
    np.testing.assert_allclose(
        by_kernel.space.gram, kernel_of(turned.space).gram, rtol=1e-9, atol=1e-12
    )
    np.testing.assert_allclose(
        by_kernel.space.cross, kernel_of(turned.space).cross, rtol=1e-9, atol=1e-12
    )


def test_single_rows_stay():
    rows, targets, whole, _ = brute.blocks(1, samples=10, features=6)
    rows[2] = 0.0
    turned = rotated(FeatureRows(rows, whole, 10), targets)
    assert turned.space.rows is rows
    assert turned.present[:, 0].tolist() == [k != 2 for k in range(10)]
    assert not turned.targets[2].any()
