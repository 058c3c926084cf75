"""The reference of blocks where the other reference knows the answer."""

import pytest
from mpmath import mpf

from tests import blocks_oracle, oracle

VALUES, MASSES = [0.2, 1.0, 3.0], [0.3, 0.2, 0.1]
GIVEN = {"masses": MASSES, "noise": 0.7}


@pytest.mark.parametrize("rows", ["all", "masked"])
@pytest.mark.parametrize("fill", ["zero", "rescale"])
@pytest.mark.parametrize("gamma", [0.4, 4.0])
def test_masks_of_one_ratio(gamma: float, fill: str, rows: str) -> None:
    known = {"aspect_ratio": gamma, "fill": fill, "rows": rows}
    found = blocks_oracle.risk(VALUES, [(0.25, 1)], masks=2, start=(gamma, gamma), **known, **GIVEN)
    expected = oracle.risk(VALUES, 0.25, masks_per_sample=2, **known, **GIVEN)
    assert all(abs(found[part] - expected[part]) < mpf(10) ** -30 for part in expected)


def test_one_mask_of_a_law() -> None:
    law = [(0.25, 1), (0.75, 2)]
    powers = [(0.5, 1), (1.5, 1)]
    known = {"aspect_ratio": 2.0, "ridge": 0.125, "rows": "all", "powers": powers}
    found = blocks_oracle.risk(VALUES, law, masks=1, start=(1, 1), **known, **GIVEN)
    expected = oracle.risk(VALUES, law, **known, **GIVEN)
    assert all(abs(found[part] - expected[part]) < mpf(10) ** -30 for part in expected)
