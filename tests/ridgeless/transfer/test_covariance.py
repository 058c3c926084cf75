"""The same for a covariance: one variance, patches, unequal variances."""

import math

import numpy as np
import pytest

import ridgeless as rl
from tests import tolerances


def circulant(size=24):
    """A covariance of one variance whose eigenvectors are spread over all features."""
    place = np.minimum(np.arange(size), size - np.arange(size))
    values = 1 / (1.0 + place)
    fourier = np.fft.fft(np.eye(size)) / math.sqrt(size)
    sigma = (fourier.conj().T * values @ fourier).real
    return values, (sigma + sigma.T) / 2


@pytest.mark.nojit_slow
@pytest.mark.parametrize(
    "keywords",
    [{}, {"depth": 0.5}, {"bottleneck": 0.25}, {"rows": "masked"}, {"fill": "rescale"},
     {"probe_ridge": [0.0, 0.3]}],
)  # fmt: skip
@pytest.mark.parametrize("ratio", [0.0, 0.3, 0.9, 1.0, rl.UniformRatio(0.1, 0.8)])
def test_one_variance_needs_the_spectrum_only(ratio, keywords):
    values, sigma = circulant()
    task = rl.LinearTarget([4.0, 50.0], alignment=1.0)
    if "probe_ridge" in keywords:
        task = rl.LinearTarget(4.0, alignment=1.0)
    options = {"aspect_ratio": 3.0, **keywords}
    spectral = rl.transfer_risk(values, ratio, target=task, **options)
    dense = rl.covariance_transfer_risk(sigma, task, ratio, **options)
    assert np.allclose(dense.total, spectral.total, rtol=tolerances.TRANSFER, atol=0)
    assert np.allclose(dense.null, spectral.null)


@pytest.mark.parametrize("groups", [None, np.repeat(np.arange(8), 3)])
@pytest.mark.parametrize("rows", ["all", "masked"])
def test_monte_carlo_with_unequal_variances_and_patches(groups, rows):
    d, n, trials = 24, 60, 400
    rng = np.random.default_rng(1)
    root = rng.standard_normal((d, d)) * np.linspace(0.3, 2, d)[:, None]
    sigma = root @ np.diag(np.arange(1, d + 1) ** -1.0) @ root.T
    beta = rng.standard_normal(d)
    noise, p, ridge = float(beta @ sigma @ beta) / 4, 0.7, 0.05
    found = rl.covariance_transfer_risk(
        sigma, beta, p, noise=noise, aspect_ratio=d / n, groups=groups, rows=rows, probe_ridge=ridge
    )
    labels = np.arange(d) if groups is None else groups
    blocks = np.where(labels[:, None] == labels, sigma, 0.0)
    inverse = np.linalg.inv(sigma + p / (1 - p) * blocks)
    if rows == "all":
        learnt = sigma @ inverse
    else:
        own = np.where(labels[:, None] == labels, inverse, 0.0)
        learnt = np.eye(d) - np.linalg.solve(own, inverse)
    level = ridge * np.trace(learnt @ sigma @ learnt.T) / d
    half, risks = np.linalg.cholesky(sigma), []
    for _ in range(trials):
        x = rng.standard_normal((n, d)) @ half.T
        y = x @ beta + math.sqrt(noise) * rng.standard_normal(n)
        z = x @ learnt.T
        b = learnt.T @ np.linalg.solve(z.T @ z / n + level * np.eye(d), z.T @ y / n)
        risks.append((beta - b) @ sigma @ (beta - b))
    error = np.std(risks, ddof=1) / math.sqrt(trials)
    # What is left is of order 1/n.
    assert abs(np.mean(risks) - found.total) < 3 * error + tolerances.TRANSFER_SIZE * found.total


def test_the_directions_of_a_bottleneck_move_with_patches():
    """At p -> 1 they are those of Sigma D^-1 Sigma, not of Sigma."""
    rng = np.random.default_rng(2)
    root = rng.standard_normal((8, 8))
    sigma, beta = root @ root.T, rng.standard_normal(8)
    blocks = np.where(np.arange(8)[:, None] // 2 == np.arange(8) // 2, sigma, 0.0)
    leading = np.linalg.eigh(sigma @ np.linalg.inv(blocks) @ sigma)[1][:, -2:]
    transform = leading.T @ sigma @ np.linalg.inv(blocks)
    cross = transform @ sigma @ beta
    known = cross @ np.linalg.solve(transform @ sigma @ transform.T, cross)
    # With many labels, what is left is what two directions cannot tell.
    found = rl.covariance_transfer_risk(
        sigma, beta, 1.0, noise=0.1, aspect_ratio=0.0, groups=np.arange(8) // 2, bottleneck=0.25
    )
    assert found.total == pytest.approx(beta @ sigma @ beta - known, rel=tolerances.TRANSFER)


def test_singular_covariances_and_features_that_never_vary():
    sigma = np.zeros((5, 5))
    sigma[:3, :3] = np.ones((3, 3)) + np.diag([0.0, 0.0, 1.0])
    beta = np.array([1.0, 0.0, 1.0, 5.0, 5.0])
    for rows in ("all", "masked"):
        found = rl.covariance_transfer_risk(
            sigma, beta, [0.0, 0.5, 1.0], noise=0.2, aspect_ratio=2.0, rows=rows
        )
        assert (found.total <= found.null * (1 + tolerances.TRANSFER)).all()
        assert found.null == pytest.approx([beta[:3] @ sigma[:3, :3] @ beta[:3]] * 3)


def test_one_group_alone_shows_pretraining_nothing():
    sigma = np.ones((4, 4)) + np.eye(4)
    found = rl.covariance_transfer_risk(
        sigma, [1, 0, 0, 0], [0.0, 0.5, 1.0], noise=0.1, aspect_ratio=2.0, groups=[0] * 4,
        rows="masked",
    )  # fmt: skip
    assert found.total.tolist() == found.null.tolist()


@pytest.mark.nojit_slow
def test_the_optimum_knows_the_front():
    _, sigma = circulant(8)
    best = rl.optimal_mask_ratio(
        sigma, front=rl.covariance_transfer_risk, beta=rl.LinearTarget(4.0, alignment=1.0),
        aspect_ratio=5.0,
    )  # fmt: skip
    assert 0.3 < best.mask_ratio < 1
