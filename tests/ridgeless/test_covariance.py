"""`covariance_risk` against the spectral path, dense formulas and Monte Carlo on patches."""

import math
from typing import Any

import numpy as np
import pytest
from scipy.stats import random_correlation

import ridgeless as rl
from tests.tolerances import DENSE, SPECTRAL


def correlation(size: int, seed: int = 0) -> np.ndarray:
    values = rl.Spectrum.power_law(1.0, size).eigenvalues
    return random_correlation.rvs(values * size / values.sum(), random_state=seed)


SCHEMES = [(p, masks) for p in (0.0, 0.3, 0.9) for masks in (1, 2, math.inf)] + [
    (law, masks)
    for law in (rl.DiscreteRatio([0.2, 0.7]), rl.UniformRatio(0.1, 0.9))
    for masks in (1, math.inf)
]


@pytest.mark.parametrize(("mask_ratio", "masks"), SCHEMES, ids=str)
def test_constant_diagonal_is_the_spectral_path(mask_ratio: Any, masks: float) -> None:
    sigma = correlation(30)
    values, vectors = np.linalg.eigh(sigma)
    beta = np.random.default_rng(1).normal(size=30)
    signal = float(beta @ sigma @ beta)
    target = rl.LinearTarget(
        snr=signal / 0.5, alignment=(vectors.T @ beta) ** 2, signal_variance=signal
    )
    for rows in ("all", "masked"):
        options: dict[str, Any] = {
            "aspect_ratio": np.array([0.4, 2.2, 5.0])[:, None, None],
            "ridge": np.array([0.0, 0.1])[:, None],
            "test_mask_ratio": np.array([0.0, 0.3]),
            "masks_per_sample": masks,
            "rows": rows,
        }
        full = rl.covariance_risk(sigma, beta, mask_ratio, noise=0.5, **options)
        short = rl.risk(values, mask_ratio, target=target, **options)
        for part in ("bias", "design_variance", "noise_variance"):
            got, right = getattr(full, part), getattr(short, part)
            np.testing.assert_allclose(got, right, rtol=0, atol=SPECTRAL * np.max(short.total))
        assert full.null == pytest.approx(short.null, rel=1e-12)


def dense(
    sigma: np.ndarray, masked: np.ndarray, beta: np.ndarray, classes: Any, *,
    noise: float, psi: float, ridge: float, p_t: float,
) -> np.ndarray:  # fmt: skip
    """Section 3 of the theory as written: K unknowns, plain iteration, plain differences."""
    size = len(beta)
    w, a, b, c, t = (np.array(x) for x in zip(*classes, strict=True))
    second = [ak * sigma + bk * masked for ak, bk in zip(a, b, strict=True)]
    g = np.full(len(w), ridge + 1.0)
    for _ in range(20_000):
        inverse = np.linalg.inv(
            np.eye(size) + sum(wk / gk * s for wk, gk, s in zip(w, g, second, strict=True))
        )
        new = ridge + psi * np.array([np.trace(s @ inverse) for s in second]) / size
        done = np.max(np.abs(new / g - 1)) < 1e-14
        g = new
        if done:
            break
    inverse = np.linalg.inv(
        np.eye(size) + sum(wk / gk * s for wk, gk, s in zip(w, g, second, strict=True))
    )
    mean = inverse @ (np.sum(w * c / g) * sigma @ beta)
    q_t = 1 - p_t
    test = q_t**2 * sigma + q_t * p_t * masked
    signal = beta @ sigma @ beta
    bias = signal - 2 * q_t * beta @ sigma @ mean + mean @ test @ mean
    r = t * (signal + noise) - 2 * c * (beta @ sigma @ mean)
    r = r + np.array([mean @ s @ mean for s in second])
    pairs = [[np.trace(s @ inverse @ z @ inverse) for z in second] for s in second]
    matrix = (w / g**2) * psi * np.array(pairs) / size
    load = psi * np.array([np.trace(s @ inverse @ test @ inverse) for s in second]) / size
    u = np.linalg.solve(np.eye(len(w)) - matrix, load)
    return np.array([bias, np.sum(w / g**2 * r * u)])


@pytest.mark.parametrize("rows", ["all", "masked"])
@pytest.mark.parametrize("gamma", [0.5, 2.0, 5.0])
def test_a_law_may_mask_everything(gamma: float, rows: Any) -> None:
    law = rl.DiscreteRatio([0.2, 0.5, 1.0])
    given: dict[str, Any] = {"aspect_ratio": gamma, "rows": rows}
    found = rl.covariance_risk(np.eye(4), np.ones(4) / 2, law, noise=1.0, **given)
    expected = rl.risk([1.0], law, target=rl.LinearTarget(snr=1.0), **given)
    assert found.total == pytest.approx(float(expected.total), rel=SPECTRAL)


@pytest.mark.parametrize("ridge", [0.3, 0.02])
@pytest.mark.parametrize("groups", [None, np.repeat(np.arange(4), 3)], ids=["features", "patches"])
def test_unequal_variances_and_patches_match_the_dense_formulas(ridge: float, groups: Any) -> None:
    rng = np.random.default_rng(2)
    half = rng.normal(size=(12, 20)) * 10 ** rng.uniform(-0.5, 0.5, 12)[:, None]
    sigma, beta = half @ half.T / 20, rng.normal(size=12)
    labels = np.arange(12) if groups is None else groups
    masked = np.where(labels[:, None] == labels, sigma, 0.0)
    for ratios in ([(0.4, 1.0)], [(0.2, 0.5), (0.7, 0.5)]):
        classes = [(w, (1 - p) ** 2, (1 - p) * p, 1 - p, 1.0) for p, w in ratios]
        law = rl.DiscreteRatio([p for p, _ in ratios])
        for gamma in (0.5, 3.0):
            for p_t in (0.0, 0.25):
                options = {"noise": 0.7, "ridge": ridge}
                expected = dense(sigma, masked, beta, classes, psi=gamma, p_t=p_t, **options)
                risk = rl.covariance_risk(
                    sigma, beta, law, aspect_ratio=gamma, groups=groups, test_mask_ratio=p_t,
                    **options,
                )  # fmt: skip
                np.testing.assert_allclose([risk.bias, risk.variance], expected, rtol=DENSE)


@pytest.mark.parametrize("masks", [1, 2, math.inf])
@pytest.mark.parametrize("gamma", [0.4, 2.5])
def test_patch_masks_agree_with_monte_carlo(gamma: float, masks: float) -> None:
    size, patch, p, noise, ridge = 120, 6, 0.4, 0.5, 0.05
    distance = np.abs(np.subtract.outer(np.arange(size), np.arange(size)))
    sigma = 0.9**distance * np.outer(*[np.linspace(0.5, 1.5, size)] * 2)
    rng = np.random.default_rng(4)
    beta = rng.normal(size=size) / math.sqrt(size)
    labels = np.repeat(np.arange(size // patch), patch)
    factor = np.linalg.cholesky(sigma)
    count = round(size / gamma)
    together = labels[:, None] == labels
    risks = []
    for _ in range(60):
        x = rng.normal(size=(count, size)) @ factor.T
        y = x @ beta + math.sqrt(noise) * rng.normal(size=count)
        if masks == math.inf:
            gram = x.T @ x / count
            gram = (1 - p) ** 2 * gram + (1 - p) * p * np.where(together, gram, 0.0)
            cross = (1 - p) * x.T @ y / count
        else:
            seen = np.repeat(rng.random((count * int(masks), size // patch)) >= p, patch, axis=1)
            rows = np.tile(x, (int(masks), 1)) * seen
            gram = rows.T @ rows / len(rows)
            cross = rows.T @ np.tile(y, int(masks)) / len(rows)
        error = np.linalg.solve(gram + ridge * np.eye(size), cross) - beta
        risks.append(error @ sigma @ error)
    options = {"noise": noise, "aspect_ratio": size / count, "ridge": ridge}
    theory = rl.covariance_risk(
        sigma, beta, p, groups=labels, masks_per_sample=masks, **options
    ).total
    spread = np.std(risks) / math.sqrt(len(risks))
    # Finite size: patches of 6 in 120 features concentrate like 20 patches do.
    assert abs(np.mean(risks) - theory) < 4 * spread + 0.05 * theory
    ungrouped = rl.covariance_risk(sigma, beta, p, masks_per_sample=masks, **options).total
    assert abs(np.mean(risks) - ungrouped) > abs(np.mean(risks) - theory)


def test_units_and_empty_features() -> None:
    sigma, beta = correlation(8), np.arange(8.0)
    padded = np.zeros((16, 16))
    padded[::2, ::2] = 1e6 * sigma
    wide = np.zeros(16)
    wide[::2] = 1e-3 * beta
    one = rl.covariance_risk(sigma, beta, 0.3, noise=1.0, aspect_ratio=2.0, ridge=0.5)
    same = rl.covariance_risk(padded, wide, 0.3, noise=1.0, aspect_ratio=4.0, ridge=0.5e6)
    assert same.total == pytest.approx(one.total, rel=1e-12)


def test_degenerate_cells() -> None:
    sigma, beta = correlation(8), np.ones(8)
    options: dict[str, Any] = {"noise": 1.0}
    null = float(beta @ sigma @ beta)
    nothing = rl.covariance_risk(sigma, beta, [1.0, 0.5], aspect_ratio=[2.0, math.inf], **options)
    np.testing.assert_allclose(nothing.total, null)
    assert rl.covariance_risk(sigma, beta, 0.5, aspect_ratio=1.0, **options).total == math.inf
    law = rl.DiscreteRatio([0.2, 0.6])
    assert rl.covariance_risk(sigma, beta, law, aspect_ratio=1.0, **options).total == math.inf
    assert rl.covariance_risk(sigma, beta, law, aspect_ratio=0.0, **options).variance == 0
    open_law = rl.UniformRatio(0.2, 1.0)
    risk = rl.covariance_risk(sigma, beta, open_law, aspect_ratio=3.0, **options)
    assert risk.design_variance == risk.noise_variance == math.inf
    assert math.isfinite(risk.bias)
    clean = rl.covariance_risk(sigma, beta, 0.5, noise=0.0, aspect_ratio=1.0)
    assert clean.noise_variance == 0
    assert rl.covariance_risk(sigma, 0 * beta, 0.5, noise=0.0, aspect_ratio=2.0).total == 0


def test_variances_and_masks_of_any_size() -> None:
    """Four masks of hardly any feature, of variances over thirty decades: the limit p -> 0+."""
    options = {"noise": 1.0, "aspect_ratio": 2.2, "masks_per_sample": 4}
    sigma, beta = np.diag(np.logspace(-30, 0, 10)), np.ones(10)
    found, nearer = (rl.covariance_risk(sigma, beta, p, **options) for p in (1e-50, 1e-60))
    assert found.bias == pytest.approx(nearer.bias, rel=SPECTRAL)
    assert found.total == pytest.approx(nearer.total, rel=SPECTRAL)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"covariance": np.ones((2, 3))}, "covariance must be square"),
        ({"covariance": np.array([[1.0, 2.0], [0.0, 1.0]])}, "covariance must be symmetric"),
        ({"covariance": np.array([[1.0, 2.0], [2.0, 1.0]])}, "positive semi-definite"),
        ({"covariance": np.zeros((2, 2))}, "covariance must not be zero"),
        ({"covariance": np.diag([1.0, math.inf])}, "covariance must be finite"),
        ({"covariance": np.diag([1.0, -1.0])}, "the diagonal of covariance"),
        ({"beta": [1.0]}, r"beta must have shape \(2,\)"),
        ({"beta": [1.0, math.inf]}, "beta must be finite"),
        ({"noise": -1.0}, "noise must be finite and at least 0"),
        ({"groups": [0]}, "groups must hold 2 labels"),
        ({"mask_ratio": 2.0}, "mask_ratio must lie"),
        ({"aspect_ratio": -1.0}, "aspect_ratio must be at least 0"),
        ({"rows": "few"}, "rows must be"),
        ({"mask_ratio": [0.1, 0.2], "aspect_ratio": [1.0, 2.0, 3.0]}, "broadcast together"),
        ({"mask_ratio": [0.1, 0.2], "noise": [1.0, 2.0, 3.0]}, r"noise \(3,\)"),
    ],
)
def test_errors(change: dict, says: str) -> None:
    good: dict[str, Any] = {
        "covariance": np.eye(2), "beta": [1.0, 1.0], "mask_ratio": 0.5,
        "noise": 1.0, "aspect_ratio": 2.0,
    }  # fmt: skip
    with pytest.raises(rl.DomainError, match=says):
        rl.covariance_risk(**good | change)
