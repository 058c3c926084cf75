"""`optimal_mask_ratio` against brute force, with its range, its limit and its cost."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ridgeless as rl
from ridgeless.optimal import minimum
from ridgeless.spectrum import as_spectrum
from tests import strategies
from tests.matrices import constant_diagonal
from tests.tolerances import EDGE, FRONTS, OPTIMUM, RISK

FINE = np.linspace(0, 1, 20_001)
#: p -> 0+ in a call of the front.
SMALL = 1e-13
TWO_VALLEYS: dict[str, Any] = {"spectrum": rl.Spectrum.power_law(1.0, 200), "aspect_ratio": 0.3}
FLAT: dict[str, dict[str, Any]] = {
    "nothing is seen at the test": {**TWO_VALLEYS, "test_mask_ratio": 1.0},
    "hardly any rows": {**TWO_VALLEYS, "aspect_ratio": 1e14},
    "hardly any rows, many masks": {
        **TWO_VALLEYS, "aspect_ratio": 1e16, "masks_per_sample": math.inf,
    },
    "no risk": {"spectrum": [1.0, 2.0], "aspect_ratio": 0.0, "target": rl.LinearTarget(math.inf)},
    "no signal": {"spectrum": [1.0]},
}  # fmt: skip


class Counted:
    """A front that counts the mask ratios at which it is evaluated."""

    def __init__(self, front: Any = rl.risk) -> None:
        self.front, self.ratios, self.calls = front, 0, 0

    def __call__(self, *given: Any, mask_ratio: Any, **keywords: Any) -> Any:
        self.ratios += np.size(mask_ratio)
        self.calls += 1
        return self.front(*given, mask_ratio=mask_ratio, **keywords)


class Drawn:
    """A curve of one's own, as a front."""

    def __init__(self, total: Any) -> None:
        self.total = total


def drawn(_: object, *, mask_ratio: Any, curve: Any) -> Drawn:
    return Drawn(curve(np.asarray(mask_ratio)))


@pytest.mark.nojit_slow
@settings(max_examples=60)
@given(
    values=strategies.eigenvalues,
    target=strategies.targets,
    gamma=strategies.aspect_ratios,
    ridge=strategies.ridges,
    masks=strategies.masks_per_sample,
    p_t=st.sampled_from([0.0, 0.5]),
    rows=st.sampled_from(["masked", "all"]),
)
def test_no_point_of_a_fine_grid_is_better(
    values: list[float],
    target: Any,
    gamma: float,
    ridge: float,
    masks: float,
    p_t: float,
    rows: str,
) -> None:
    front = Counted()
    options: dict[str, Any] = {
        "aspect_ratio": gamma, "target": target, "masks_per_sample": masks, "ridge": ridge,
        "test_mask_ratio": p_t, "rows": rows,
    }  # fmt: skip
    found = rl.optimal_mask_ratio(values, front=front, **options)
    totals = rl.risk(values, FINE[::20], **options).total
    assert found.risk <= totals.min() * (1 + 1e-9)
    assert 0 <= found.low <= found.mask_ratio <= found.high <= 1
    small = rl.risk(values, SMALL, **options).total
    if found.limit:
        assert found.mask_ratio == found.low == 0
        assert found.risk < totals[0]
        assert found.risk == pytest.approx(small, rel=OPTIMUM)
    else:
        again = rl.risk(values, found.mask_ratio, **options).total
        assert found.risk == pytest.approx(again, rel=RISK, abs=1e-20)
    inside = np.linspace(found.low, found.high, 33)
    if found.limit:
        inside[0] = min(SMALL, found.high)
    around = rl.risk(values, inside, **options).total
    assert (around[inside > 0] <= 1.1001 * found.risk + 1e-20).all()
    assert front.ratios <= 8 * 433


@pytest.mark.nojit_slow
def test_two_valleys_around_the_peak() -> None:
    """With masked rows the threshold is a peak in the mask ratio; the deeper valley wins."""
    found = rl.optimal_mask_ratio(**TWO_VALLEYS)
    assert found.mask_ratio < 0.3 < found.mask_ratio + 0.5
    totals = rl.risk(mask_ratio=FINE, **TWO_VALLEYS).total
    assert found.mask_ratio == pytest.approx(FINE[np.argmin(totals)], abs=1e-4)
    within = totals <= 1.1 * totals.min()
    start = np.argmin(totals)
    stop = start + np.argmin(within[start:])
    assert found.high == pytest.approx(FINE[stop], abs=1e-4)
    edges = rl.risk(mask_ratio=[found.low, found.high], **TWO_VALLEYS).total
    np.testing.assert_allclose(edges, 1.1 * found.risk, rtol=EDGE)


@pytest.mark.parametrize("depth", [-1e-3, 1e-3])
def test_the_deeper_of_two_valleys_that_the_grid_hardly_tells_apart(depth: float) -> None:
    """Bottoms between points of the grid, one of them narrow: its depth is not seen on it."""

    def curve(p: Any) -> Any:
        wide, narrow = 1 + (p - 0.3141) ** 2, 1 + depth + 1e3 * (p - 0.7283) ** 2
        return np.minimum(wide, narrow)

    found = rl.optimal_mask_ratio([], front=drawn, curve=curve)
    assert found.mask_ratio == pytest.approx(0.3141 if depth > 0 else 0.7283, abs=1e-7)
    assert found.risk == pytest.approx(min(1, 1 + depth), rel=RISK)


def test_a_kink_is_found_to_the_last_digit_promised() -> None:
    found = rl.optimal_mask_ratio([], front=drawn, curve=lambda p: 1 + abs(p - 0.123456789))
    assert found.mask_ratio == pytest.approx(0.123456789, abs=1e-9)
    assert found.low == pytest.approx(0.023456789, abs=2e-9)
    assert found.high == pytest.approx(0.223456789, abs=2e-9)


def test_a_plateau_does_not_hide_a_valley() -> None:
    """Rounding makes minima of a plateau; none of them takes the place of a valley."""

    def curve(p: Any) -> Any:
        noise = 1e-15 * np.sin(1e5 * p)
        return np.where(p < 0.8, 1 + noise, 1 + 50 * (p - 0.9123) ** 2 - 1e-5)

    found = rl.optimal_mask_ratio([], front=drawn, curve=curve)
    assert found.mask_ratio == pytest.approx(0.9123, abs=1e-6)


@pytest.mark.nojit_slow
@pytest.mark.parametrize("case", [*FLAT.values(), TWO_VALLEYS], ids=[*FLAT, "two valleys"])
def test_a_flat_curve_costs_no_more_than_another(case: dict[str, Any]) -> None:
    front = Counted()
    found = rl.optimal_mask_ratio(front=front, **case)
    assert front.ratios <= 2 * 433
    assert front.calls <= 8
    assert found.risk == pytest.approx(rl.risk(mask_ratio=found.mask_ratio, **case).total)


def test_with_several_masks_small_ratios_are_not_the_limit_of_none() -> None:
    """Unmasked rows of a sample are one row, rows with masks that hide next to nothing are four."""
    options: dict[str, Any] = {
        "spectrum": TWO_VALLEYS["spectrum"], "masks_per_sample": 4, "rows": "all",
    }  # fmt: skip
    both = rl.risk(mask_ratio=[0.0, SMALL], aspect_ratio=2.0, **options)
    none, small = np.asarray(both.total)
    assert small > 1.2 * none
    found = rl.optimal_mask_ratio(aspect_ratio=[2.0, 0.1], **options)
    np.testing.assert_array_equal(found.limit, False)
    assert (found.mask_ratio[0], found.low[0], found.high[0]) == (0, 0, 0)
    assert found.risk[0] == pytest.approx(none, rel=RISK)
    assert found.high[1] > 0


@pytest.mark.parametrize("ridge", [0.0, 0.1])
@pytest.mark.parametrize("spectrum", [[1.0], [0.0, 1.0, 2.0]])
def test_with_masked_rows_the_smallest_ratios_keep_every_row(
    spectrum: list[float], ridge: float
) -> None:
    """Without masks no row counts; with infinitely many that hide next to nothing, all do."""
    options: dict[str, Any] = {
        "aspect_ratio": 0.04, "ridge": ridge, "masks_per_sample": math.inf,
        "target": rl.LinearTarget(snr=math.inf if ridge else 0.3),
    }  # fmt: skip
    found = rl.optimal_mask_ratio(spectrum, rows="masked", **options)
    every = rl.optimal_mask_ratio(spectrum, rows="all", **options)
    assert (found.limit, every.limit) == (every.mask_ratio == 0, False)
    assert found.mask_ratio == pytest.approx(every.mask_ratio, abs=1e-6)
    assert found.risk == pytest.approx(every.risk, rel=OPTIMUM)
    assert found.high == pytest.approx(every.high, abs=1e-8)
    assert found.risk < rl.risk(spectrum, 0.0, rows="masked", **options).total


def test_the_limit_of_infinitely_many_masks_of_masked_rows() -> None:
    """Without noise every row helps, and the penalty that masks are only harms."""
    task: dict[str, Any] = {"target": rl.LinearTarget(math.inf), "masks_per_sample": math.inf}
    found = rl.optimal_mask_ratio([1.0], aspect_ratio=[0.5, 2.0], rows="masked", **task)
    np.testing.assert_array_equal(found.limit, True)
    np.testing.assert_array_equal(found.mask_ratio, 0)
    np.testing.assert_allclose(found.risk, [0, 0.5], atol=OPTIMUM)  # 1 - 1/gamma above 1


@pytest.mark.parametrize("sign", [-1, 1])
def test_a_jump_at_zero(sign: int) -> None:
    """Above p = 0 the curve jumps down, and p -> 0+ is best, or up, and p = 0 is."""
    found = rl.optimal_mask_ratio(
        [], front=drawn, curve=lambda p: np.where(p > 0, 1 + sign * 0.5, 1.0) + p
    )
    assert found.mask_ratio == found.low == 0
    assert found.limit == (sign < 0)
    assert found.risk == pytest.approx(0.5 if sign < 0 else 1.0, rel=1e-11)
    assert found.high == pytest.approx(0.05 if sign < 0 else 0.0, abs=2e-9)


def test_a_range_that_reaches_down_to_a_jump_leaves_zero_out() -> None:
    found = rl.optimal_mask_ratio(
        [], front=drawn, curve=lambda p: np.where(p > 0, 1 + 0.1 * (p - 0.5) ** 2, 2.0)
    )
    assert not found.limit
    assert 0 < found.low < 1e-8
    assert found.high == 1


def test_reconstruction_of_masked_inputs_wants_their_ratio() -> None:
    """With data in abundance the best training ratio is the test ratio."""
    found = rl.optimal_mask_ratio(
        rl.Spectrum.power_law(1.0, 50), aspect_ratio=1e-4, test_mask_ratio=0.6
    )
    assert found.mask_ratio == pytest.approx(0.6, abs=0.01)


def test_nothing_to_learn() -> None:
    found = rl.optimal_mask_ratio([1.0], aspect_ratio=1.5, target=rl.LinearTarget(snr=0.01))
    assert (found.mask_ratio, found.risk, found.limit) == (1.0, 1.0, False)


def test_where_nothing_can_be_learnt_the_ratio_is_one() -> None:
    """No masked feature to train on (p = 0) gives the same risk, but 1 is what says so."""
    best = rl.optimal_mask_ratio([1.0], aspect_ratio=2.0, masks_per_sample=math.inf)
    assert best.mask_ratio == best.high == 1


@pytest.mark.nojit_slow
@pytest.mark.parametrize("masks", [1, 4, math.inf])
@pytest.mark.parametrize("values", [[0.3, 1.0, 4.0], [0.0, 0.5, 1.0, 4.0]])
def test_arrays_are_their_cells(values: list[float], masks: float) -> None:
    gammas, ridges = [0.1, 0.7, 1.0, 30.0], [[[0.0]], [[0.2]]]
    snr, tests = np.array([[0.01], [2.0], [100.0]]), [0.0, 0.0, 0.5, 1.0]
    front = Counted()
    found = rl.optimal_mask_ratio(
        values, front=front, aspect_ratio=gammas, ridge=ridges, test_mask_ratio=tests,
        target=rl.LinearTarget(snr), masks_per_sample=masks,
    )  # fmt: skip
    assert front.calls <= 15
    assert np.shape(found.limit) == np.shape(found.mask_ratio) == (2, 3, 4)
    for i, j, k in np.ndindex(2, 3, 4):
        one = rl.optimal_mask_ratio(
            values, aspect_ratio=gammas[k], ridge=ridges[i][0][0], test_mask_ratio=tests[k],
            target=rl.LinearTarget(snr[j, 0]), masks_per_sample=masks,
        )  # fmt: skip
        here = {name: getattr(found, name)[i, j, k] for name in vars(one)}
        assert here["risk"] == pytest.approx(one.risk, rel=FRONTS)
        assert here["limit"] == one.limit
        for name in ("mask_ratio", "low", "high"):
            if tests[k] < 1:  # else every ratio is best
                assert here[name] == pytest.approx(getattr(one, name), abs=1e-6)


def test_numbers_are_numbers_and_arrays_of_one_are_arrays() -> None:
    one = rl.optimal_mask_ratio([1.0, 2.0], aspect_ratio=0.5)
    assert [type(x) for x in vars(one).values()] == [float, float, float, float, bool]
    same = rl.optimal_mask_ratio([1.0, 2.0], aspect_ratio=[0.5])
    assert np.shape(same.low) == np.shape(same.limit) == (1,)
    assert one == rl.optimal_mask_ratio([1.0, 2.0], aspect_ratio=0.5)
    assert one != same
    assert same == rl.optimal_mask_ratio([1.0, 2.0], aspect_ratio=[0.5])
    none = rl.optimal_mask_ratio([1.0, 2.0], aspect_ratio=[])
    assert np.shape(none.mask_ratio) == (0,)


@pytest.mark.nojit_slow
@pytest.mark.parametrize("masks", [1, math.inf])
@pytest.mark.parametrize("rows", ["all", "masked"])
def test_every_front(masks: float, rows: str) -> None:
    values = np.array([0.0, 0.5, 1.0, 2.0])
    options: dict[str, Any] = {
        "aspect_ratio": [0.4, 1.7], "ridge": 0.05, "masks_per_sample": masks, "rows": rows,
    }  # fmt: skip
    task = rl.LinearTarget(snr=3.0, alignment=1.0)
    expected = rl.optimal_mask_ratio(values, target=task, **options)
    found = rl.optimal_mask_ratio(
        constant_diagonal(values), front=rl.covariance_risk, beta=task, **options
    )
    assert_same(found, expected)
    own = rl.optimal_mask_ratio(
        values, front=lambda *a, **k: rl.risk(*a, **k), target=task, **options
    )
    assert own == expected


@pytest.mark.nojit_slow
def test_ratio_aware_regression_of_degree_0() -> None:
    options: dict[str, Any] = {"spectrum": [1.0], "target": rl.LinearTarget(3.0), "ridge": 0.1}
    expected = rl.optimal_mask_ratio(aspect_ratio=0.4, **options)
    found = rl.optimal_mask_ratio(
        front=rl.ratio_aware_risk, degree=0, aspect_ratio=[0.4], **options
    )
    assert_same(found, expected)


def assert_same(found: rl.OptimalMaskRatio, expected: rl.OptimalMaskRatio) -> None:
    np.testing.assert_allclose(found.risk, expected.risk, rtol=OPTIMUM)
    assert np.all(found.limit == expected.limit)
    for name in ("mask_ratio", "low", "high"):
        np.testing.assert_allclose(getattr(found, name), getattr(expected, name), atol=1e-6)


@pytest.mark.parametrize("case", [*FLAT.values(), TWO_VALLEYS], ids=[*FLAT, "two valleys"])
def test_the_minimum_alone(case: dict[str, Any]) -> None:
    found = rl.optimal_mask_ratio(**case)
    others = {name: value for name, value in case.items() if name != "spectrum"}
    assert minimum(as_spectrum(case["spectrum"]), **others) == (found.mask_ratio, found.risk)


def test_errors() -> None:
    with pytest.raises(rl.DomainError, match="leave it out"):
        rl.optimal_mask_ratio([1.0, 2.0], mask_ratio=0.5)
    with pytest.raises(rl.DomainError, match="broadcast together"):
        rl.optimal_mask_ratio([1.0, 2.0], aspect_ratio=[1.0, 2.0], ridge=[0.0, 0.1, 0.2])
    with pytest.raises(rl.DomainError, match="aspect_ratio must be at least 0"):
        rl.optimal_mask_ratio([1.0, 2.0], aspect_ratio=-math.inf)
