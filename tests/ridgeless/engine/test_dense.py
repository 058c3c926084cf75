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


@pytest.mark.parametrize("masks", [1, 3, math.inf])
@pytest.mark.parametrize("groups", [None, [0, 0, 1, 1, 2, 2]])
def test_rescaling_one_ratio_is_a_factor(groups: Any, masks: float) -> None:
    """Rows of zeros have q^2 times the ridge; tests are at the same ratio (eq-rescaled-factor)."""
    rng = np.random.default_rng(0)
    root = rng.normal(size=(6, 6))
    sigma, beta, p = root @ root.T, rng.normal(size=6), 0.4
    options: dict[str, Any] = {
        "noise": 0.5, "aspect_ratio": [0.3, 4.0], "groups": groups, "masks_per_sample": masks,
        "test_mask_ratio": p,
    }  # fmt: skip
    one = rl.covariance_risk(sigma, beta, p, ridge=0.3, fill="rescale", **options)
    two = rl.covariance_risk(sigma, beta, p, ridge=0.3 * (1 - p) ** 2, **options)
    for part in ("bias", "design_variance", "noise_variance"):
        np.testing.assert_allclose(getattr(one, part), getattr(two, part), rtol=FRONTS)


@pytest.mark.parametrize("fill", ["zero", "rescale"])
@pytest.mark.parametrize("masks", [1, 2, math.inf])
def test_laws_of_groups_agree_with_simulated_rows(masks: float, fill: str) -> None:
    """Groups of four correlated features, masked together, under a law of ratios."""
    size, samples, trials = 160, 400, 24
    block = 0.4 * np.eye(4) + 0.6
    sigma = np.kron(np.eye(size // 4), block)
    groups = np.arange(size) // 4
    law = rl.DiscreteRatio([0.2, 0.6])
    rng = np.random.default_rng(3)
    beta = rng.normal(size=size) / math.sqrt(size)
    theory = rl.covariance_risk(
        sigma, beta, law, noise=0.5, aspect_ratio=size / samples, groups=groups,
        masks_per_sample=masks, fill=fill, ridge=0.1,
    )  # fmt: skip
    factor, risks = np.linalg.cholesky(sigma), []
    for _ in range(trials):
        x = rng.normal(size=(samples, size)) @ factor.T
        y = x @ beta + math.sqrt(0.5) * rng.normal(size=samples)
        copies = 24 if masks == math.inf else int(masks)
        gram, cross = 0.1 * np.eye(size), np.zeros(size)
        for _ in range(copies):
            p = rng.choice(law.values, samples)[:, None]
            kept = rng.random((samples, size // 4)) >= p
            seen = x * np.repeat(kept, 4, axis=1) / (1 - p if fill == "rescale" else 1.0)
            gram += seen.T @ seen / (samples * copies)
            cross += seen.T @ y / (samples * copies)
        gap = np.linalg.solve(gram, cross) - beta
        risks.append(gap @ sigma @ gap)
    error = np.std(risks, ddof=1) / math.sqrt(trials)
    slack = 0.05 if masks == math.inf else 0.03  # 24 masks stand for all; d = 160
    assert abs(np.mean(risks) - theory.total) <= 4 * error + slack * theory.total
