"""Degenerate rows and the infinities (docs/theory, eq-drop, eq-threshold, eq-infinite-law)."""

import math

import numpy as np
import pytest

import ridgeless as rl

SPECTRUM = rl.Spectrum.power_law(1.0, 20)
TASK = rl.LinearTarget(snr=2.0)


@pytest.mark.parametrize(
    ("options", "gamma"),
    [
        ({}, 1.0),
        ({"masks_per_sample": 3}, 3.0),
        ({"masks_per_sample": 49}, 49.0),
        ({"rows": "masked"}, 0.25),
        ({"rows": "masked", "masks_per_sample": 2}, 0.5),
    ],
)
def test_infinite_exactly_at_the_threshold(options: dict, gamma: float) -> None:
    at = rl.risk(SPECTRUM, 0.25, aspect_ratio=gamma, target=TASK, **options)
    assert at.total == math.inf
    assert math.isfinite(at.bias)
    beside = [rl.risk(SPECTRUM, 0.25, aspect_ratio=gamma * x, target=TASK, **options)
              for x in (1 - 1e-9, 1 + 1e-9)]  # fmt: skip
    for risk in beside:
        assert math.isfinite(risk.total)
        assert risk.bias == pytest.approx(at.bias, rel=1e-4)


def test_law_threshold_is_at_its_exact_mean() -> None:
    law = rl.UniformRatio(0.125, 0.625)
    assert rl.risk(SPECTRUM, law, aspect_ratio=0.375).total == math.inf
    assert math.isfinite(rl.risk(SPECTRUM, law, aspect_ratio=0.375 * (1 + 1e-12)).total)


def test_nothing_fluctuates_at_the_threshold_without_masks_and_noise() -> None:
    risk = rl.risk(SPECTRUM, 0.0, aspect_ratio=1.0, target=rl.LinearTarget(snr=math.inf))
    assert risk.total == 0
    assert rl.risk(SPECTRUM, 0.0, aspect_ratio=1.0, target=TASK).noise_variance == math.inf


def test_unmasked_threshold_counts_only_directions_with_variance() -> None:
    singular = [0.0, 0.0, 1.0, 2.0]
    assert rl.risk(singular, 0.0, aspect_ratio=2.0, target=TASK).total == math.inf
    assert math.isfinite(rl.risk(singular, 0.0, aspect_ratio=1.0, target=TASK).total)
    assert rl.risk(singular, 0.1, aspect_ratio=1.0, target=TASK).total == math.inf


def test_repeated_unmasked_rows_count_once() -> None:
    for masks in (2, 3, 49):
        risk = rl.risk(SPECTRUM, 0.0, aspect_ratio=1.0, target=TASK, masks_per_sample=masks)
        assert risk.total == math.inf


def test_laws_that_reach_one_have_infinite_variance_without_ridge() -> None:
    laws = [
        rl.UniformRatio(0, 1),
        rl.ScheduledRatio(1, 0.5),
        rl.ScheduledRatio(0.2, 1, "cosine"),
    ]
    for law in laws:
        risk = rl.risk(SPECTRUM, law, aspect_ratio=3.0, target=TASK)
        assert risk.design_variance == risk.noise_variance == math.inf
        assert math.isfinite(risk.bias)
        # With more rows than features, or a ridge, or marginalised masks, it is finite.
        assert math.isfinite(rl.risk(SPECTRUM, law, aspect_ratio=0.5, target=TASK).total)
        assert math.isfinite(rl.risk(SPECTRUM, law, ridge=1e-6, target=TASK).total)
        many = rl.risk(SPECTRUM, law, aspect_ratio=3.0, target=TASK, masks_per_sample=math.inf)
        assert math.isfinite(many.total)
    atom = rl.DiscreteRatio([0.5, 1.0])
    assert math.isfinite(rl.risk(SPECTRUM, atom, aspect_ratio=3.0, target=TASK).total)


@pytest.mark.parametrize(
    ("mask_ratio", "options"),
    [
        (1.0, {}),
        (1.0, {"ridge": 0.1, "masks_per_sample": 3}),
        (0.5, {"aspect_ratio": math.inf}),
        (0.0, {"rows": "masked"}),
        (0.0, {"rows": "masked", "aspect_ratio": 0.0}),
        (0.0, {"rows": "masked", "masks_per_sample": math.inf}),
        (rl.DiscreteRatio([0.0, 1.0]), {"rows": "masked"}),
    ],
)
def test_no_usable_row_gives_the_null_risk(mask_ratio: object, options: dict) -> None:
    risk = rl.risk(SPECTRUM, mask_ratio, target=TASK, **options)
    assert risk.total == risk.bias == risk.null == 1.0
    assert not rl.learned_fraction(SPECTRUM, mask_ratio, target=TASK, **options).any()


def test_zero_rows_count_in_the_ridge_only() -> None:
    """Half of the rows are zero: as twice the aspect ratio, and twice the ridge."""
    law = rl.DiscreteRatio([0.25, 1.0])
    with_zeros = rl.risk(SPECTRUM, law, aspect_ratio=1.5, ridge=0.125, target=TASK)
    without = rl.risk(SPECTRUM, 0.25, aspect_ratio=3.0, ridge=0.25, target=TASK)
    assert with_zeros.total == pytest.approx(without.total, rel=1e-14)


def test_extreme_numbers_stay_numbers() -> None:
    tiny = [0.0, 5e-324, 1e-300, 1e-17, 0.5, 1 - 1e-16, 1.0]
    risk = rl.risk(
        [0.0, 1e-250, 1e-3, 1.0, 1e6],
        np.array(tiny),
        aspect_ratio=np.array([0.0, 1e-300, 0.5, 2.0, 1e300, math.inf])[:, None],
        ridge=np.array([0.0, 1e-14, 1e300])[:, None, None],
        test_mask_ratio=0.3,
        target=TASK,
    )
    for part in (risk.bias, risk.design_variance, risk.noise_variance):
        assert (np.asarray(part) >= 0).all()
