"""The mean predictor in decimals is that of the solution in floats, where floats have it."""

from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.engine.ratio_aware import digits as precise
from tests.tolerances import IDENTITY

VALUES = [0.5, 1.0, 3.0, 0.0]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"ridge": 0.1},
        {"aspect_ratio": 2.0, "degree": 2},
        {"aspect_ratio": 0.2, "rows": "masked", "test_mask_ratio": 0.6},
        {"aspect_ratio": 0.5},
    ],
)
@pytest.mark.parametrize(
    "law",
    [
        rl.UniformRatio(0.2, 0.7),
        rl.DiscreteRatio([0.0, 0.3, 0.8], [3, 2, 1]),
        rl.DiscreteRatio([0.3, 0.8], loss_weights=[1, 5]),
    ],
    ids=str,
)
def test_decimals_agree_with_floats(
    law: Any, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    target = rl.LinearTarget(2.0)
    plain = rl.ratio_aware_risk(VALUES, law, target=target, **options)
    monkeypatch.setattr(precise, "ALLOWED", -1.0)
    exact = rl.ratio_aware_risk(VALUES, law, target=target, **options)
    assert plain.bias == pytest.approx(exact.bias, rel=IDENTITY)
    rows = {"rows": "all"} | options
    fractions = rl.learned_fraction(VALUES, law, front=rl.ratio_aware_risk, **rows)
    monkeypatch.undo()
    again = rl.learned_fraction(VALUES, law, front=rl.ratio_aware_risk, **rows)
    np.testing.assert_allclose(fractions, again, atol=IDENTITY)
