"""From a masking with several ratios per sample to the blocks of its rows."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.engine.rows import table_of
from ridgeless.mask_ratio import Quadrature
from ridgeless.row_blocks import RowBlocks, row_blocks
from tests.tolerances import ROUNDING


def blocks(ratios: list[float], masks: int, rows: str = "all", fill: str = "zero") -> RowBlocks:
    law = rl.DiscreteRatio(ratios)
    found = rl.Masking(law, masks_per_sample=masks, rows=rows, fill=fill).row_moments(64)
    assert isinstance(found, RowBlocks)
    return found


def test_rows_without_masks_are_one_per_sample() -> None:
    """Of K = 2 masks with chance 1/2 of none: 2 - 1/4 rows (eq-blocks-bare)."""
    found = blocks([0.0, 0.5], 2)
    assert found.rows == pytest.approx(1.75, rel=ROUNDING)
    assert found.bare == pytest.approx(0.75 / 1.75, rel=ROUNDING)
    assert found.ridge_scale == pytest.approx(2 / 1.75, rel=ROUNDING)
    assert blocks([0.0, 0.5], 2, rows="masked").rows == pytest.approx(0.5, rel=ROUNDING)


def test_rows_of_nothing_do_not_count() -> None:
    found = blocks([0.5, 1.0], 3)
    assert found.masked.shape == (1, 1)
    assert found.rows == pytest.approx(1.5, rel=ROUNDING)
    assert found.ridge_scale == pytest.approx(2, rel=ROUNDING)
    assert blocks([1.0, 1.0], 3).rows == 0


def test_rescaled_rows_carry_the_whole_signal() -> None:
    found = table_of(blocks([0.25, 0.5], 3, fill="rescale")).at(0)
    np.testing.assert_allclose(found.seen, 1)
    np.testing.assert_allclose(found.masked, [1 / 3, 1], rtol=ROUNDING)
    np.testing.assert_allclose(found.surplus, 0)


def test_a_loss_weight_scales_rows_and_targets() -> None:
    rule = Quadrature(np.array([0.25, 0.5]), np.array([0.75, 0.5]), np.array([0.5, 0.5]))
    plain = table_of(row_blocks(rule, (1.0, 0.0), "all", 2, np.ones(2), "zero")).at(0)
    heavy = table_of(row_blocks(rule, (1.0, 0.0), "all", 2, np.full(2, 4.0), "zero")).at(0)
    np.testing.assert_allclose(heavy.seen, 2 * plain.seen)
    np.testing.assert_allclose(heavy.target, 2 * plain.target)
    np.testing.assert_allclose(heavy.masked, 4 * plain.masked)
    np.testing.assert_allclose(heavy.lost, plain.lost)
