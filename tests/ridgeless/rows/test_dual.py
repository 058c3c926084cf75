"""The medium by a kernel: the same as by features."""

import numpy as np
import pytest

from ridgeless.rows.dual import diagonal_blocks, features_of, kernel_of, scale
from ridgeless.rows.primal import FeatureRows
from tests.ridgeless.rows import brute
from tests.tolerances import ROWS_DUAL


@pytest.mark.parametrize("masks", [1, 3])
@pytest.mark.parametrize("left_out", [0, 15])
def test_it_is_the_medium_of_the_features(masks, left_out):
    rows, targets, whole, _ = brute.blocks(0, samples=15, masks=masks, features=9)
    features = FeatureRows(rows, whole, left_out)
    noise = features.norms + np.eye(masks)
    primal, dual = features.at(noise, 1.0), kernel_of(features).at(noise)
    np.testing.assert_allclose(dual.cavity, primal.cavity, rtol=ROWS_DUAL, atol=1e-9)
    residuals = primal.residuals(targets), dual.residuals(targets)
    np.testing.assert_allclose(
        dual.predictions(targets, residuals[1]),
        primal.predictions(targets, residuals[0]), rtol=ROWS_DUAL,
    )  # fmt: skip
    traces = [np.einsum("bkk->b", medium.exposure) for medium in (primal, dual)]
    np.testing.assert_allclose(traces[0], traces[1], rtol=ROWS_DUAL)
    even = np.broadcast_to(np.eye(masks), noise.shape)
    traces = [np.einsum("bkk->b", medium.coupled(even)) for medium in (primal, dual)]
    np.testing.assert_allclose(traces[0], traces[1], rtol=ROWS_DUAL)


@pytest.mark.parametrize("masks", [1, 3])
def test_next_to_a_huge_ridge_nothing_is_lost(masks):
    rows, _, whole, _ = brute.blocks(2, samples=15, masks=masks, features=60)
    features = FeatureRows(rows, whole, 0)
    noise = np.broadcast_to(1e12 * np.eye(masks), features.norms.shape)
    dual = kernel_of(features).at(noise)
    np.testing.assert_allclose(dual.cavity, features.norms, rtol=ROWS_DUAL, atol=1e-9)


def test_features_of_a_kernel():
    rows, _, whole, _ = brute.blocks(1, samples=15, features=4)
    kernel = kernel_of(FeatureRows(rows, whole, 0))
    rank, features = features_of(kernel)
    assert rank == 4
    np.testing.assert_allclose(kernel_of(features).gram, kernel.gram, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(kernel_of(features).cross, kernel.cross, rtol=1e-6, atol=1e-9)


def test_blocks_of_a_matrix():
    matrix = np.arange(36.0).reshape(3, 2, 3, 2)
    np.testing.assert_array_equal(diagonal_blocks(matrix)[1], matrix[1, :, 1])
    rows = np.ones((4, 3, 2))
    np.testing.assert_array_equal(scale(rows, np.full((3, 2, 2), 0.5)), rows)
    np.testing.assert_array_equal(
        scale(rows[:, :, :1], np.full((3, 1, 1), 2.0)), 2 * rows[:, :, :1]
    )
