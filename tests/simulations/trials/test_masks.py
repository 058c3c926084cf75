"""Loss weights in the moments of a law of masks."""

import numpy as np
import pytest

import ridgeless as rl
from simulations.trials.masks import moments, nodes
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
