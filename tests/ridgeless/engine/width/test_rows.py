"""Rows of random features: which numbers a masking makes of them."""

import math

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.activation import ACTIVATIONS
from ridgeless.engine.width.rows import Features, width_rows
from tests.tolerances import ROUNDING

RELU = ACTIVATIONS["relu"]
Q = np.array([0.75])


@pytest.mark.parametrize(("fill", "scale"), [("zero", 1.0), ("rescale", 4 / 3), ("normalise", 1.0)])
def test_features(fill, scale) -> None:
    if fill == "normalise":
        scale = 1 / math.sqrt(0.75)
    found = Features.of(1 - Q, Q, RELU, 2.0, fill, 3.0)
    ell = 2 * 0.5 * scale * 0.75
    nu = 4 * scale**2 * 0.75
    expected = ell, ell**2, ell**2 / 0.75 * 0.25 * 3, nu * (0.25 - 0.5 / math.pi) * 3, nu
    np.testing.assert_allclose([x[0] for x in found], expected, rtol=ROUNDING)


@pytest.mark.parametrize("fill", ["zero", "rescale", "normalise"])
def test_of_an_empty_input_nothing_is_left(fill) -> None:
    assert not any(x.any() for x in Features.of(np.ones(1), np.zeros(1), RELU, 2.0, fill, 3.0))


def rows(masking: rl.Masking):
    named = {"activation": RELU, "gain": 1.0, "fill": "zero", "d0": 1.0}
    return width_rows(masking, masking.row_classes(8), 8, **named)


def test_identical_masks_of_no_features_are_one_row() -> None:
    one = rows(rl.Masking(0.0, rows="all"))
    every = rows(rl.Masking(0.0, rows="all", masks_per_sample=math.inf))
    for x, y in zip(one, every, strict=True):
        np.testing.assert_allclose(x, y, rtol=ROUNDING)


def test_differences_of_masks_say_nothing_of_the_target() -> None:
    found = rows(rl.Masking(0.5, rows="all", masks_per_sample=4))
    assert found.linear[0, 1] == found.target[0, 1] == found.power[0, 1] == 0.0
    # A rotation of four rows keeps the sum of their variances.
    one = rows(rl.Masking(0.5, rows="all"))
    for name in ("hidden", "noise"):
        total = (found.weight * getattr(found, name)).sum()
        assert total == pytest.approx(getattr(one, name)[0, 0], rel=ROUNDING)


def test_a_law_of_one_ratio_is_that_ratio() -> None:
    law = rl.DiscreteRatio([0.5, 0.5])
    one = rows(rl.Masking(0.5, rows="all", masks_per_sample=math.inf))
    two = rows(rl.Masking(law, rows="all", masks_per_sample=math.inf))
    assert two.noise.sum() == pytest.approx(one.noise.sum(), rel=ROUNDING)
    assert (two.linear**2).sum() == pytest.approx((one.linear**2).sum(), rel=ROUNDING)
    assert two.held[0] == pytest.approx(one.held[0], rel=ROUNDING)
