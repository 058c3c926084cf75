"""Ratio-aware cells: test ratios share a solve, and fractions are learnt at the test ratio."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.engine.ratio_aware import fixed_point
from tests.tolerances import FRONTS, IDENTITY

LAW = rl.DiscreteRatio([0.2, 0.6])
VALUES = [0.0, 0.5, 1.0, 3.0]


def test_cells_that_differ_in_the_test_ratio_share_a_solve(monkeypatch) -> None:
    solves = []
    solve = fixed_point.solve
    monkeypatch.setattr(
        fixed_point, "solve", lambda *given, **named: solves.append(1) or solve(*given, **named)
    )
    grid = {"aspect_ratio": np.array([0.5, 2.0])[:, None], "test_mask_ratio": [0.0, 0.2, 0.4]}
    rl.ratio_aware_risk(VALUES, LAW, target=rl.LinearTarget(), **grid)
    assert len(solves) == 2


def test_each_ratio_learns_its_own_fraction() -> None:
    """With as many polynomials as ratios and few rows per feature, from the rows of that ratio."""
    for p in (0.2, 0.6):
        found = rl.learned_fraction(
            [1.0, 3.0], LAW, front=rl.ratio_aware_risk, degree=1, aspect_ratio=0.1,
            test_mask_ratio=p, rows="all",
        )  # fmt: skip
        alone = rl.learned_fraction([1.0, 3.0], p, aspect_ratio=0.2, rows="all")
        np.testing.assert_allclose(found, alone, rtol=FRONTS)


@pytest.mark.parametrize("masks", [1, np.inf])
def test_degree_0_learns_what_the_plain_predictor_does(masks: float) -> None:
    weighted = rl.DiscreteRatio([0.2, 0.6], loss_weights=[1.0, 3.0])
    options = {"aspect_ratio": [0.4, 1.7], "ridge": 0.1, "masks_per_sample": masks, "rows": "all"}
    found = rl.learned_fraction(VALUES, weighted, front=rl.ratio_aware_risk, degree=0, **options)
    expected = rl.learned_fraction(VALUES, weighted, **options)
    np.testing.assert_allclose(found, expected, atol=FRONTS)


def test_a_negative_part_is_never_returned(monkeypatch: pytest.MonkeyPatch) -> None:
    variances = fixed_point.variances
    monkeypatch.setattr(fixed_point, "variances", lambda *given: -variances(*given))
    with pytest.raises(rl.ConvergenceError, match="rounding left a part of the risk at -"):
        rl.ratio_aware_risk(VALUES, LAW, target=rl.LinearTarget())


def test_a_law_of_your_own_may_be_narrow() -> None:
    """Its places are its mask ratios, with the digits that these have."""

    class Own(rl.UniformRatio):
        pass

    options = {"degree": 2, "target": rl.LinearTarget(), "aspect_ratio": [0.2, 2.0]}
    own, known = (
        rl.ratio_aware_risk(VALUES, law(0.5, 0.501), **options) for law in (Own, rl.UniformRatio)
    )
    np.testing.assert_allclose(own.total, known.total, rtol=IDENTITY)


@pytest.mark.parametrize("masks", [1, np.inf])
@pytest.mark.parametrize("degree", [0, 1])
def test_a_law_that_rounds_to_one_ratio_is_that_ratio(degree: int, masks: float) -> None:
    options = {"degree": degree, "masks_per_sample": masks, "rows": "masked", "ridge": 0.1}
    narrow, one = (
        rl.ratio_aware_risk(VALUES[1:], law, **options)
        for law in (rl.ScheduledRatio(0.0, 1e-20, "cosine"), 5e-21)
    )
    assert narrow.total == pytest.approx(one.total, rel=FRONTS)
