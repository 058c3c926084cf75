"""The dense family at its edges: singular covariances, thresholds, learned fractions."""

import math
from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from tests.matrices import constant_diagonal
from tests.tolerances import FRONTS, LINEAR_ALGEBRA

SINGULAR = np.array([0.0, 0.0, 0.0, 0.0, 0.5, 1.0, 2.0, 3.0])
TASK = {"beta": [1.0, 0.0], "noise": 1.0}


def test_collinear_features_of_a_group_are_one_feature() -> None:
    """Twins that are masked together carry what one of them does, with twice the variance."""
    twins = {"covariance": np.ones((2, 2)), "groups": [0, 0], "aspect_ratio": 0.1}
    one = {"covariance": [[2.0, 0.0], [0.0, 0.0]], "aspect_ratio": 0.1}
    for masks in (1, 2, math.inf):
        for law in (0.4, rl.DiscreteRatio([0.2, 0.6])) if masks != 2 else (0.4,):
            many: dict[str, Any] = {"mask_ratio": law, "masks_per_sample": masks}
            found = rl.covariance_risk(**twins, **TASK, **many)
            beta = [math.sqrt(0.5), 0.0]
            expected = rl.covariance_risk(**one, beta=beta, noise=1.0, **many)
            assert found.bias >= 0
            assert found.total == pytest.approx(expected.total, rel=LINEAR_ALGEBRA)


@pytest.mark.parametrize("law", [0.3, rl.DiscreteRatio([0.2, 0.5]), rl.DiscreteRatio([0.0, 0.5])])
@pytest.mark.parametrize("gamma", [0.6, 1.0, 1.6, 3.0])
def test_a_singular_covariance_is_the_limit_of_a_small_ridge(law: Any, gamma: float) -> None:
    rng = np.random.default_rng(0)
    half = rng.normal(size=(8, 5)) * np.linspace(0.5, 1.5, 8)[:, None]
    sigma, options = half @ half.T, {"noise": 1.0, "aspect_ratio": gamma}
    exact = rl.covariance_risk(sigma, np.ones(8), law, **options)
    small = rl.covariance_risk(sigma, np.ones(8), law, ridge=1e-9, **options)
    if math.isinf(exact.total):
        assert small.total > 100 * exact.null
    else:
        assert small.total == pytest.approx(exact.total, rel=1e-5)
        assert exact.bias >= 0


@pytest.mark.parametrize("p", [0.0, 1e-12, 1e-8])
def test_a_square_is_not_negative_where_hardly_anything_is_masked(p: float) -> None:
    sigma = np.outer([3.0, 1.0], [3.0, 1.0])
    found = rl.covariance_risk(sigma, [0.3, -2.0], p, noise=1.0, aspect_ratio=[0.0, 0.1])
    assert (found.bias >= 0).all()
    rng = np.random.default_rng(1)
    half = rng.normal(size=(8, 5)) * 10.0 ** rng.uniform(-4, 4, 8)[:, None]
    wild = rl.covariance_risk(half @ half.T, np.ones(8), p, noise=1.0, aspect_ratio=[0.0, 0.1])
    assert (wild.bias >= 0).all()


def test_without_noise_or_masks_there_is_nothing_to_amplify_at_the_threshold() -> None:
    sigma = np.diag([1.0, 2.0, 3.0])
    found = rl.covariance_risk(sigma, np.ones(3), 0.0, noise=[0.0, 1e-9], aspect_ratio=1.0)
    np.testing.assert_array_equal(found.total, [0, math.inf])


@pytest.mark.parametrize("masks", [1, 2, math.inf])
@pytest.mark.parametrize("ridge", [0.0, 0.1])
@pytest.mark.parametrize("law", [0.0, 0.4, rl.DiscreteRatio([0.2, 0.5])])
def test_learned_fractions_are_those_of_the_spectrum(law: Any, ridge: float, masks: float) -> None:
    sigma = constant_diagonal(SINGULAR)
    options: dict[str, Any] = {
        "aspect_ratio": [0.3, 1.5], "ridge": ridge, "masks_per_sample": masks, "rows": "all",
    }  # fmt: skip
    found = rl.learned_fraction(
        sigma, law, front=rl.covariance_risk, beta=np.ones(8), noise=1.0, **options
    )
    expected = rl.learned_fraction(SINGULAR, law, **options)
    np.testing.assert_allclose(found, expected, atol=FRONTS)


def test_the_optimum_of_a_covariance() -> None:
    sigma = constant_diagonal(SINGULAR)
    task = rl.LinearTarget(snr=0.3, alignment=1.0)
    options: dict[str, Any] = {"aspect_ratio": 2.0, "masks_per_sample": math.inf}
    found = rl.optimal_mask_ratio(sigma, front=rl.covariance_risk, beta=task, **options)
    expected = rl.optimal_mask_ratio(SINGULAR, target=task, **options)
    assert found.mask_ratio == pytest.approx(expected.mask_ratio, abs=1e-6)
    assert found.risk == pytest.approx(expected.risk, rel=FRONTS)


@pytest.mark.parametrize("aspect_ratio", [0.0, 1e-6, 0.3, 5.0])
@pytest.mark.parametrize("ridge", [0.0, 1.0])
def test_masks_of_several_ratios_are_those_of_the_spectrum(
    ridge: float, aspect_ratio: float
) -> None:
    task = rl.LinearTarget(snr=4.0, alignment=1.0)
    law = rl.DiscreteRatio([0.0, 0.4])
    options: dict[str, Any] = {
        "aspect_ratio": aspect_ratio, "ridge": ridge, "masks_per_sample": 2, "rows": "all",
        "test_mask_ratio": 0.1,
    }  # fmt: skip
    found = rl.covariance_risk(constant_diagonal(SINGULAR), task, law, **options)
    expected = rl.risk(SINGULAR, law, target=task, **options)
    assert found.bias == pytest.approx(expected.bias, rel=FRONTS)
    assert found.total == pytest.approx(expected.total, rel=FRONTS)
