"""Masks over groups: the whitened coordinates against `covariance_risk` for known covariances."""

import math

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.estimation.blocks import Blocks, task_of
from ridgeless.estimation.sample_spectrum import SampleSpectrum, standardized
from tests.ridgeless.rings import RATIOS, ring
from tests.tolerances import SPECTRAL


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


def test_copies_inside_a_group_share_directions() -> None:
    rng = np.random.default_rng(8)
    rows = standardized(rng.normal(size=(150, 5)) @ rng.normal(size=(5, 20)))
    doubled = Blocks.of(np.repeat(rows, 2, axis=1), np.arange(40) // 2)
    assert doubled.rows.shape == rows.shape
    np.testing.assert_allclose(np.abs(doubled.rows), np.abs(rows), atol=1e-12)


def test_a_task_is_what_other_groups_tell() -> None:
    rng = np.random.default_rng(6)
    rows = rng.normal(size=(2000, 40))
    rows[:, 0] = rows[:, 1] + rows[:, 20] + rng.normal(size=2000)  # variance 3
    rows, named = standardized(rows), np.eye(1, 40)[0]
    for width, noise in ((1, 1 / 3), (2, 2 / 3)):
        blocks = Blocks.of(rows, np.arange(40) // width)
        sample = SampleSpectrum.of(blocks.rows)
        task = task_of(sample, blocks.schur(sample, named))[1]
        found = task.signal_variance / task.snr
        assert found == pytest.approx(noise, rel=0.1)
