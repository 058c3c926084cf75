"""Sums over rows, whichever way rows are described."""

import numpy as np
import pytest

from ridgeless.engine import rows
from ridgeless.engine.blocks import WORK, Blocks
from ridgeless.engine.resolvent import Missed
from ridgeless.engine.sums import Classes
from tests.tolerances import IDENTITY

ONE = np.ones(2)
WEIGHT, P = np.array([0.25, 0.75]), np.array([0.2, 0.6])
Q = 1 - P
AT = (0.9, 0.4, 0.7, 0.8, 0.5)  # d0, floor, base, m1, m0
LEFT = Missed(bias=0.1, power=0.3, signal=1.3, gap=0.45, scatter=0.06)


def test_blocks_of_one_row_are_classes() -> None:
    """One mask per sample: the block is a number (eq-blocks)."""
    classes = Classes(WEIGHT, Q**2, Q * P, Q * P, 0 * P, ONE, ONE)
    blocks = Blocks(
        weight=WEIGHT,
        kept=Q**2,
        masked=Q * P,
        surplus=Q * P,
        unequal=0 * P,
        target=ONE,
        seen=Q,
        lost=P,
        power=ONE[:1],
        chance=ONE[:1],
        loud=ONE[:1],
        count=1.0,
        masks=1.0,
        rows=1.0,
        work=np.zeros((WORK, 2)),
    )
    one, two = rows.row_sums(classes, *AT), rows.row_sums(blocks, *AT)
    assert two[:7] == pytest.approx(one[:7], rel=IDENTITY)
    assert rows.predictor_sums(blocks, *AT) == pytest.approx(
        rows.predictor_sums(classes, *AT), rel=IDENTITY
    )
    assert rows.variance_sums(blocks, *AT, 0.3, 0.2, 0.1, LEFT) == pytest.approx(
        rows.variance_sums(classes, *AT, 0.3, 0.2, 0.1, LEFT), rel=IDENTITY
    )
