"""One trial: its streams of random numbers, its tasks, its noise."""

import math

import numpy as np
import pytest

import ridgeless as rl
from simulations import (
    GaussianRows,
    Problem,
    simulate_risk,
)
from simulations.collection import runner
from simulations.populations.designs import Population
from simulations.trials import trial
from simulations.trials.trial import regressions
from tests.tolerances import LINEAR_ALGEBRA, MONTE_CARLO_Z


@pytest.mark.parametrize("singular", [False, True])
def test_regressions_of_features(singular):
    rng = np.random.default_rng(0)
    root = rng.standard_normal((3 if singular else 8, 5))
    sigma = root.T @ root
    values, vectors = np.linalg.eigh(sigma)
    if singular:
        values[:2] = 0.0
    beta, variances = regressions(Population(sigma, values, vectors), np.arange(5))
    for j in range(5):
        others = np.delete(np.arange(5), j)
        fitted = sigma @ beta[:, j]
        np.testing.assert_allclose(fitted[others], sigma[others, j], atol=LINEAR_ALGEBRA)
        assert beta[j, j] == 0
        left = sigma[j, j] - beta[:, j] @ sigma @ beta[:, j]
        assert variances[j] == pytest.approx(left, abs=LINEAR_ALGEBRA)


def test_every_stream_and_design_has_its_own_random_numbers(monkeypatch):
    asked = []

    def seen(root, name, *numbers):
        asked.append((name, numbers))
        return original(root, name, *numbers)

    original = trial.random_numbers
    monkeypatch.setattr(trial, "random_numbers", seen)
    trial._population.cache_clear()
    problem = Problem([0.5, 1.5], 0.4, dimension=20)
    linear = Problem([0.5, 1.5], 0.4, dimension=20, target=rl.LinearTarget(1.0), rows="masked")
    assert problem.sampling == linear.sampling
    root = runner.seed_sequence(3)
    trial.run_trial(problem.sampling, [problem.readout, linear.readout], root, 7)
    design = problem.sampling.id
    trials = [(design, (7, stream)) for stream in range(4)]
    assert asked == [(problem.sampling.population_id, ()), *trials]
    first = [original(root, *key[:1], *key[1]).random() for key in asked]
    assert len(set(first)) == 5
    child = np.random.SeedSequence(3).spawn(1)[0]
    assert original(child, design, 7, 0).random() != original(root, design, 7, 0).random()


def test_noise_is_integrated_out():
    """The same mean as from drawing the task and the noise, with less scatter."""
    d, n, p = 30, 50, 0.4
    law = rl.Spectrum.power_law(0.5, d)
    target = rl.LinearTarget(snr=2.0)
    problem = Problem(law, p, aspect_ratio=d / n, target=target, dimension=d)
    estimate = simulate_risk(problem, trials=200, rng=0)
    rng = np.random.default_rng(1)
    risks = []
    for _ in range(1500):
        population = GaussianRows().population(law, rng)
        beta = population.eigenvectors @ rng.choice([-1.0, 1.0], d) / math.sqrt(d)
        rows = GaussianRows().draw(population, n, rng)
        y = rows @ beta + math.sqrt(0.5) * rng.standard_normal(n)
        found = np.linalg.lstsq(rows * (rng.random((n, d)) > p), y, rcond=None)[0]
        miss = beta - found
        risks.append(miss @ population.covariance @ miss)
    error = math.hypot(estimate.standard_error, np.std(risks) / math.sqrt(len(risks)))
    assert abs(estimate.mean - np.mean(risks)) <= MONTE_CARLO_Z * error


@pytest.mark.parametrize("masks", [1, 2, math.inf])
def test_no_rows_and_no_features_give_the_null_risk(masks):
    for p in (0.0, 1.0):
        problem = Problem([0.5, 1.5], p, masks_per_sample=masks, dimension=20)
        estimate = simulate_risk(problem, trials=3, rng=0)
        assert estimate.mean == pytest.approx(problem.theory().null, rel=0.3)
        assert estimate.noise == 0
