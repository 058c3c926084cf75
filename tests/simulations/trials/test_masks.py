"""Loss weights in the moments of a law of masks."""

import numpy as np
import pytest

import ridgeless as rl
from simulations import (
    RealRows,
)
from simulations.trials.masks import draw_masks, moments, nodes
from tests.tolerances import ROUNDING

LAW = rl.DiscreteRatio([0.2, 0.6], [3, 1], loss_weights=[0.5, 4.0])


def test_moments_divide_by_rows_not_by_weights():
    means = moments(LAW, "all")
    assert means.square == pytest.approx(0.75 * 0.5 * 0.64 + 0.25 * 4 * 0.16, rel=ROUNDING)
    assert means.cross == pytest.approx(0.75 * 0.5 * 0.16 + 0.25 * 4 * 0.24, rel=ROUNDING)
    assert means.keep == pytest.approx(0.75 * 0.5 * 0.8 + 0.25 * 4 * 0.4, rel=ROUNDING)
    masked = moments(LAW, "masked")
    share = np.array([0.75 * 0.2, 0.25 * 0.6]) / 0.3
    assert masked.keep == pytest.approx(share @ [0.5 * 0.8, 4 * 0.4], rel=ROUNDING)


def test_no_rows_carry_no_loss():
    mask, loss = nodes(rl.DiscreteRatio([0.0], loss_weights=[2.0]), "masked")
    assert mask.tolist() == [0.0]
    assert loss.tolist() == [0.0]
    assert nodes(rl.UniformRatio(0.1, 0.9), "masked")[1].sum() == pytest.approx(1.0, rel=ROUNDING)


def test_grouped_masks_and_shared_ratios():
    masking = rl.Masking(rl.UniformRatio(0.0, 1.0), groups=(0, 0, 1, 2, 1))
    keep, ratios = draw_masks(masking, (8, 2), 5, np.random.default_rng(0), ratio_batch=3)
    np.testing.assert_array_equal(keep[..., 0], keep[..., 1])
    np.testing.assert_array_equal(keep[..., 2], keep[..., 4])
    assert (keep[..., 0] != keep[..., 3]).any()
    np.testing.assert_array_equal(ratios, ratios[[0, 0, 0, 3, 3, 3, 6, 6]])
    assert np.unique(ratios).size == 6
    images = RealRows(
        np.random.default_rng(0).random((9, 4)), places=[[0, 0], [0, 1], [0, 2], [2, 0]]
    )
    assert images.patches(2, 4) == (0, 0, 1, 2)


def test_moments_over_rows_with_a_masked_target():
    means = moments(rl.DiscreteRatio([0.2, 0.6]), "masked")
    assert means.keep == pytest.approx((0.2 * 0.8 + 0.6 * 0.4) / 0.8, rel=ROUNDING)
    assert moments(rl.DiscreteRatio([0.0]), "masked") == (0.0, 0.0, 0.0)


def test_certain_masks():
    rng = np.random.default_rng(0)
    assert draw_masks(rl.Masking(rl.DiscreteRatio([0.0])), (5, 2), 30, rng)[0].all()
    assert not draw_masks(rl.Masking(rl.DiscreteRatio([1.0])), (5, 2), 30, rng)[0].any()
