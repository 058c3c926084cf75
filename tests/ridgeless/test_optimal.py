"""`optimal_mask_ratio` against brute force, with its range."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ridgeless as rl
from tests import strategies

FINE = np.linspace(0, 1, 20_001)


@pytest.mark.nojit_slow
@settings(max_examples=40)
@given(
    values=strategies.positive_eigenvalues,
    target=strategies.targets,
    gamma=strategies.aspect_ratios,
    masks=strategies.masks_per_sample,
    p_t=st.sampled_from([0.0, 0.5]),
)
def test_no_point_of_a_fine_grid_is_better(
    values: list[float], target: object, gamma: float, masks: float, p_t: float
) -> None:
    options = {
        "aspect_ratio": gamma, "target": target, "masks_per_sample": masks, "test_mask_ratio": p_t,
    }  # fmt: skip
    found = rl.optimal_mask_ratio(values, **options)
    totals = rl.risk(values, FINE[::20], **options).total
    assert found.risk <= totals.min() * (1 + 1e-9)
    assert found.low <= found.mask_ratio <= found.high
    inside = np.linspace(found.low, found.high, 33)
    assert (rl.risk(values, inside, **options).total <= 1.1001 * found.risk).all()


@pytest.mark.nojit_slow
def test_two_valleys_around_the_peak() -> None:
    """With masked rows the threshold is a peak in the mask ratio; the deeper valley wins."""
    spectrum = rl.Spectrum.power_law(1.0, 200)
    found = rl.optimal_mask_ratio(spectrum, aspect_ratio=0.3)
    assert found.mask_ratio < 0.3 < found.mask_ratio + 0.5
    totals = rl.risk(spectrum, FINE, aspect_ratio=0.3).total
    assert found.mask_ratio == pytest.approx(FINE[np.argmin(totals)], abs=1e-4)
    within = totals <= 1.1 * totals.min()
    start = np.argmin(totals)
    stop = start + np.argmin(within[start:])
    assert found.high == pytest.approx(FINE[stop], abs=1e-4)


def test_reconstruction_of_masked_inputs_wants_their_ratio() -> None:
    """With data in abundance the best training ratio is the test ratio."""
    found = rl.optimal_mask_ratio(
        rl.Spectrum.power_law(1.0, 50), aspect_ratio=1e-4, test_mask_ratio=0.6
    )
    assert found.mask_ratio == pytest.approx(0.6, abs=0.01)


def test_nothing_to_learn() -> None:
    found = rl.optimal_mask_ratio([1.0], aspect_ratio=1.5, target=rl.LinearTarget(snr=0.01))
    assert (found.mask_ratio, found.risk) == (1.0, 1.0)


def test_errors() -> None:
    with pytest.raises(rl.DomainError, match="leave it out"):
        rl.optimal_mask_ratio([1.0, 2.0], mask_ratio=0.5)
    with pytest.raises(rl.DomainError, match="single numbers"):
        rl.optimal_mask_ratio([1.0, 2.0], aspect_ratio=[1.0, 2.0])
    with pytest.raises(rl.DomainError, match="aspect_ratio must be at least 0"):
        rl.optimal_mask_ratio([1.0, 2.0], aspect_ratio=-math.inf)


def test_where_nothing_can_be_learnt_the_ratio_is_one() -> None:
    """No masked feature to train on (p = 0) gives the same risk, but 1 is what says so."""
    best = rl.optimal_mask_ratio([1.0], aspect_ratio=2.0, masks_per_sample=math.inf)
    assert best.mask_ratio == best.high == 1
