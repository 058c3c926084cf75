"""Masks over groups: the whitened coordinates against `covariance_risk` for known covariances."""

import math

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.estimation.blocks import NOTHING, Blocks, redrawn
from ridgeless.estimation.sample_spectrum import standardized
from tests.tolerances import GROUPED_ERROR, SPECTRAL

RATIOS = np.array([0.1, 0.3, 0.5])


def ring(features: int, correlation: float, own: float) -> np.ndarray:
    """Features on a ring, correlated with their neighbours, with a share of variance of their own.

    Whatever groups of neighbours are masked together, one group stands for all.
    """
    steps = np.abs(np.subtract.outer(np.arange(features), np.arange(features)))
    near = np.minimum(steps, features - steps)
    return (1 - own) * correlation**near + own * np.eye(features)


def masked_group_error(sigma: np.ndarray, width: int, gamma: float) -> np.ndarray:
    """Prediction errors of the features of the first group, from all others: `covariance_risk`."""
    labels = np.arange(len(sigma)) // width
    others = labels > 0
    errors = []
    for j in range(width):
        beta = np.linalg.solve(sigma[np.ix_(others, others)], sigma[others, j])
        errors.append(
            rl.covariance_risk(
                sigma[np.ix_(others, others)],
                beta,
                RATIOS,
                noise=sigma[j, j] - sigma[others, j] @ beta,
                aspect_ratio=gamma * np.mean(others),
                groups=labels[others],
                rows="masked",
                masks_per_sample=math.inf,
            ).prediction_error
        )
    return np.mean(errors, axis=0)


@pytest.mark.parametrize(("masks", "gamma"), [(math.inf, 2.0), (math.inf, 0.3), (1, 0.1)])
def test_in_whitened_coordinates_the_spectrum_is_enough(masks: float, gamma: float) -> None:
    """D^(-1/2) Sigma D^(-1/2) has unit blocks; no estimate here, so to rounding."""
    sigma, labels = ring(24, 0.9, 0.1), np.arange(24) // 3
    beta = np.random.default_rng(0).normal(size=24)
    blocks = np.where(labels[:, None] == labels, sigma, 0.0)
    roots, axes = np.linalg.eigh(blocks)
    half = axes * np.sqrt(roots) @ axes.T
    whitened = np.linalg.inv(half) @ sigma @ np.linalg.inv(half)
    values, vectors = np.linalg.eigh(whitened)
    strength = float(beta @ sigma @ beta)
    task = rl.LinearTarget(
        snr=strength / 0.7, alignment=(vectors.T @ half @ beta) ** 2, signal_variance=strength
    )
    options = {"aspect_ratio": gamma, "masks_per_sample": masks}
    by_spectrum = rl.risk(values, RATIOS, target=task, **options)
    exact = rl.covariance_risk(sigma, beta, RATIOS, noise=0.7, groups=labels, **options)
    np.testing.assert_allclose(by_spectrum.total, exact.total, rtol=SPECTRAL)


def test_features_are_unit_vectors_of_their_white_groups() -> None:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(50, 12)) @ rng.normal(size=(12, 12))
    rows[:, 4] = rows[:, 3] - rows[:, 5]  # collinear inside a group
    rows, labels = standardized(rows), np.array([0, 1] * 6)
    labels[3:6] = 2
    blocks = Blocks.of(rows, labels)
    assert blocks.rows.shape == (50, 11)
    for place, loading, own in zip(blocks.places, blocks.loadings, blocks.members, strict=True):
        white = blocks.rows[:, place]
        np.testing.assert_allclose(white.T @ white / 50, np.eye(white.shape[1]), atol=1e-12)
        np.testing.assert_allclose(white @ loading.T, rows[:, own], atol=1e-12)
        np.testing.assert_allclose((loading**2).sum(axis=1), 1)


@pytest.mark.nojit_slow
@pytest.mark.parametrize("per_feature", list(GROUPED_ERROR))
@pytest.mark.parametrize(("correlation", "own", "width"), [(0.9, 0.0, 4), (0.95, 0.3, 4)])
def test_predicted_error_is_the_true_one(
    per_feature: float, correlation: float, own: float, width: int
) -> None:
    sigma = ring(240, correlation, own)
    samples = round(per_feature * len(sigma))
    truth = masked_group_error(sigma, width, len(sigma) / samples)
    root, spread = np.linalg.cholesky(sigma), []
    for seed in range(3):
        rows = np.random.default_rng(seed).normal(size=(samples, len(sigma))) @ root.T
        advice = rl.recommend(rows, groups=width, rng=seed, replicates=1)
        grid, curve = advice.curve_ratios, np.asarray(advice.risk.prediction_error)
        found = curve[[int(np.argmin(np.abs(grid - p))) for p in RATIOS]]
        spread.append(found / truth - 1)
    assert np.abs(spread).max() < GROUPED_ERROR[per_feature]


@pytest.mark.nojit_slow
def test_masks_one_by_one_are_another_matter() -> None:
    """Negative control: without groups the neighbours give the feature away."""
    sigma = ring(240, 0.9, 0.0)
    rows = np.random.default_rng(0).normal(size=(480, 240)) @ np.linalg.cholesky(sigma).T
    single = rl.recommend(rows, rng=0, replicates=1)
    truth = masked_group_error(sigma, 4, 0.5)
    error = np.interp(RATIOS, single.curve_ratios, np.asarray(single.risk.prediction_error))
    assert (np.abs(error / truth - 1) > 2 * GROUPED_ERROR[2.0]).all()


def test_groups_of_one_are_no_groups() -> None:
    rows = np.random.default_rng(2).normal(size=(100, 30)) + np.random.default_rng(3).normal(
        size=(100, 1)
    )
    plain = rl.recommend(rows, rng=0, replicates=2)
    names = [f"pixel{i}" for i in range(30)]
    for groups in (1, names):
        assert rl.recommend(rows, groups=groups, rng=0, replicates=2).interval == plain.interval


def test_labels_and_widths_agree_and_the_groups_are_looked_at() -> None:
    rows = np.random.default_rng(4).normal(size=(100, 30))
    rows += np.repeat(np.random.default_rng(5).normal(size=(100, 10)), 3, axis=1)
    padded = np.insert(rows, 4, 1.0, axis=1)  # a constant column takes its label with it
    labels = np.insert(np.arange(30) // 3, 4, 1)
    wide = rl.recommend(rows, groups=3, rng=0, replicates=2)
    named = rl.recommend(padded, groups=labels, rng=0, replicates=2)
    assert named.mask_ratio == pytest.approx(wide.mask_ratio, rel=1e-6)
    assert "10 groups are few" in " ".join(wide.diagnostics)
    # What the columns of a triple share is all there is to learn, and it is hidden with them.
    assert wide.mask_ratio == 1
    assert rl.recommend(rows, rng=0, replicates=2).mask_ratio < 1


def test_copies_inside_a_group_count_once() -> None:
    rng = np.random.default_rng(8)
    rows = rng.normal(size=(150, 5)) @ rng.normal(size=(5, 60)) + 2 * rng.normal(size=(150, 60))
    doubled = rl.recommend(np.repeat(rows, 2, axis=1), groups=2, rng=0, replicates=2)
    once = rl.recommend(rows, rng=0, replicates=2)
    assert doubled.aspect_ratio == 2 * once.aspect_ratio
    assert doubled.mask_ratio == pytest.approx(once.mask_ratio, rel=0.1)
    assert doubled.spectrum.mean == pytest.approx(once.spectrum.mean, rel=1e-6)


def test_a_named_column_hides_its_group() -> None:
    rng = np.random.default_rng(6)
    rows = rng.normal(size=(2000, 40))
    rows[:, 0] = rows[:, 1] + rows[:, 20] + rng.normal(size=2000)  # variance 3
    alone = rl.recommend(rows, target_column=0, rng=0, replicates=2)
    hidden = rl.recommend(rows, target_column=0, groups=2, rng=0, replicates=2)
    assert np.min(alone.risk.noise) == pytest.approx(1 / 3, rel=0.1)
    assert np.min(hidden.risk.noise) == pytest.approx(2 / 3, rel=0.1)
    large = rl.recommend(rows[:100], groups=20, rng=0, replicates=2)
    assert "A group of 20 features is large for 100 rows" in " ".join(large.diagnostics)


def test_a_task_drawn_again_is_about_itself() -> None:
    """With many rows; and a task without signal has none when it is drawn again."""
    law = rl.Spectrum([0.5, 1.0, 1.5], [0.5, 0.0, 0.5])
    task = rl.LinearTarget(snr=1.5, alignment=[0.0, 0.6, 0.0], signal_variance=0.6)
    rng = np.random.default_rng(7)
    found = [redrawn(law, task, (4000, 50), 3, rng)[1].signal_variance for _ in range(5)]
    assert np.mean(found) == pytest.approx(0.6, abs=0.03)
    none = rl.LinearTarget(snr=NOTHING, signal_variance=NOTHING)
    assert redrawn(law, none, (4000, 50), 1, rng)[1].signal_variance < 0.03
