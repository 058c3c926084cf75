"""Linear regression on masked rows, with loss weights, beside sums over all rows."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

import ridgeless as rl
from simulations import (
    Problem,
    simulate_risk,
)
from simulations.collection.runner import seed_sequence
from simulations.populations.designs import Population
from simulations.trials.estimators.linear import LinearRegression, LinearRegressions
from simulations.trials.inputs import InputMask, Inputs
from simulations.trials.sample import MaskedRows, Sample
from simulations.trials.trial import run_trial
from tests.simulations.trials.direct import sample_of, solution
from tests.tolerances import FINITE_SIZE, IDENTITY, LINEAR_ALGEBRA, MONTE_CARLO_Z

WEIGHTED = rl.DiscreteRatio([0.2, 0.6, 0.8], [2, 1, 1], loss_weights=[0.5, 3.0, 0.0])
D = 6


@pytest.mark.parametrize("rows", ["all", "masked"])
@pytest.mark.parametrize("masks", [1, 3, math.inf])
@pytest.mark.parametrize("column", [None, 2])
@pytest.mark.parametrize("gamma", [0.3, 1.5])
def test_loss_weights_multiply_squared_errors(rows, masks, column, gamma):
    masking = rl.Masking(WEIGHTED, masks_per_sample=masks, rows=rows)
    problem = Problem([0.5, 1.5], masking, aspect_ratio=gamma, dimension=D)
    sample, counted, ridge = sample_of(problem), None, 0.1
    if rows == "masked" and masks < math.inf:
        counted = np.random.default_rng(0).random(sample.ratios.shape) < sample.ratios
        if column is not None:
            counted = ~sample.keep[:, :, column]
    fit = LinearRegression().regressions(MaskedRows(sample, counted, column)).fit(ridge)
    learns = solution(sample, ridge, counted, column)
    y = np.random.default_rng(1).standard_normal((len(sample.rows), 2))
    np.testing.assert_allclose(fit.coefficients(y), learns @ y, rtol=0, atol=LINEAR_ALGEBRA)
    beta = np.random.default_rng(2).standard_normal((D, 2))
    found = fit.learned(beta)
    np.testing.assert_allclose(found, learns @ sample.rows @ beta, rtol=0, atol=LINEAR_ALGEBRA)
    p, sigma = 0.3, sample.population.covariance
    second = (1 - p) ** 2 * sigma + p * (1 - p) * np.diag(np.diag(sigma))
    trace = np.trace(learns.T @ second @ learns)
    assert fit.noise_trace(InputMask(p)) == pytest.approx(trace, rel=LINEAR_ALGEBRA)
    errors = np.diag(beta.T @ sigma @ beta - 2 * (1 - p) * beta.T @ sigma @ found)
    errors = errors + np.diag(found.T @ second @ found)
    np.testing.assert_allclose(fit.errors(InputMask(p), beta, found), errors, rtol=LINEAR_ALGEBRA)


@pytest.mark.parametrize("masks", [1, 2, math.inf])
def test_a_trial_with_loss_weights_is_exact(masks):
    target = rl.LinearTarget(snr=2.0)
    law = rl.DiscreteRatio([0.2, 0.6], loss_weights=[0.5, 3.0])
    problem = Problem([0.5, 1.5], law, masks_per_sample=masks, target=target, dimension=D)
    sample = sample_of(problem, number=5)
    ((signal, noise),) = run_trial(problem.sampling, [problem.readout], seed_sequence(0), 5)
    learns, sigma = solution(sample, 0.0), sample.population.covariance
    masses = target.masses(sample.population.eigenvalues)
    beta = sample.population.eigenvectors * np.sqrt(masses)
    missed = beta - learns @ sample.rows @ beta
    assert signal == pytest.approx(np.sum(missed * (sigma @ missed)), rel=LINEAR_ALGEBRA)
    trace = np.trace(learns.T @ sigma @ learns)
    assert noise == pytest.approx(target.signal_variance / 2 * trace, rel=LINEAR_ALGEBRA)


AGREE = {
    "linear": {"target": rl.LinearTarget(snr=4.0), "aspect_ratio": 0.15},
    "masked rows": {"target": rl.LinearTarget(snr=4.0), "aspect_ratio": 0.15, "rows": "masked"},
    "ridge": {"target": rl.LinearTarget(snr=4.0), "aspect_ratio": 1.5, "ridge": 0.3},
    "feature": {"aspect_ratio": 0.1, "test_mask_ratio": 0.2},
    "all masks": {"target": rl.LinearTarget(snr=4.0), "masks_per_sample": math.inf},
    "feature, all masks": {"masks_per_sample": math.inf, "aspect_ratio": 0.3},
}
LAW = rl.DiscreteRatio([0.1, 0.6], loss_weights=[1.0, 8.0])


def agrees(law, theory_of, options, trials=24, d=100):
    """Whether the simulation of one law agrees with the theory of another."""
    spectrum = rl.Spectrum.power_law(1.0, d)
    found = simulate_risk(Problem(spectrum, law, dimension=d, **options), trials=trials, rng=3)
    theory = float(Problem(spectrum, theory_of, dimension=d, **options).theory().total)
    allowed = MONTE_CARLO_Z * found.standard_error + FINITE_SIZE / d * theory
    return abs(found.mean - theory) <= allowed


@pytest.mark.nojit_slow
@pytest.mark.parametrize("name", AGREE)
def test_theory_agrees_with_loss_weights(name):
    assert agrees(LAW, LAW, AGREE[name])


@pytest.mark.nojit_slow
@pytest.mark.parametrize("name", AGREE)
def test_control_without_the_weights_fails(name):
    assert not agrees(rl.DiscreteRatio(LAW.values), LAW, AGREE[name])


@pytest.mark.parametrize("masks", [1, 3, math.inf])
def test_one_weight_for_all_is_a_smaller_ridge(masks):
    """In theory and on the same rows and masks: a weight divides the ridge."""
    given = {"target": rl.LinearTarget(snr=4.0), "masks_per_sample": masks, "dimension": 20}
    law = rl.DiscreteRatio([0.4], loss_weights=[2.5])
    weighted = Problem([0.5, 1.5], law, ridge=0.25, **given)
    plain = Problem([0.5, 1.5], 0.4, ridge=0.1, **given)
    theories = [float(problem.theory().total) for problem in (weighted, plain)]
    assert theories[0] == pytest.approx(theories[1], rel=IDENTITY)
    sample = sample_of(weighted)
    y = np.random.default_rng(0).standard_normal((len(sample.rows), 2))
    found = [
        LinearRegression().regressions(MaskedRows(own, None)).fit(ridge).coefficients(y)
        for own, ridge in ((sample, 0.25), (replace(sample, sampling=plain.sampling), 0.1))
    ]
    np.testing.assert_allclose(found[0], found[1], rtol=0, atol=LINEAR_ALGEBRA)


@pytest.mark.parametrize("rows", ["masked", "all"])
@pytest.mark.parametrize("samples", [4, 20])
@pytest.mark.parametrize("column", [None, 1, 5])
@pytest.mark.parametrize("groups", [None, (0, 0, 1, 1, 1, 2)])
def test_infinitely_many_masks_are_all_masks(rows, samples, column, groups):
    """One sum over every set of hidden groups, with its probability."""
    rng, d, ridge = np.random.default_rng(3), 6, 0.1
    x, y = rng.standard_normal((samples, d)), rng.standard_normal((samples, 2))
    law = rl.DiscreteRatio([0.3, 0.6])
    masking = rl.Masking(law, masks_per_sample=math.inf, rows=rows, groups=groups)
    sampling = Problem([1.0], masking, dimension=d).sampling
    population = Population(np.eye(d) + 0.3, np.ones(d), np.eye(d))  # its covariance alone counts
    sample = Sample(sampling, population, x, None, np.empty((samples, 0)))
    fit = LinearRegressions(MaskedRows(sample, None, column)).fit(ridge)
    labels = np.arange(d) if groups is None else np.array(groups)
    second, first, total = np.zeros((d, d)), np.zeros(d), 0.0
    for hidden in itertools.product([False, True], repeat=labels.max() + 1):
        # A linear task's label is masked as if it were a group of its own.
        seen = 1.0 - np.array(hidden)[labels]
        number, groups_there = sum(hidden), labels.max() + 1
        for p in law.values:
            weight = p**number * (1 - p) ** (groups_there - number)
            if rows == "masked":
                weight *= p if column is None else 1 - seen[column]
            inputs = seen * (np.arange(d) != column)
            second += weight * np.outer(inputs, inputs)
            first += weight * inputs
            total += weight
    expected = np.linalg.solve(
        second / total * (x.T @ x / samples) + ridge * np.eye(d),
        (first / total)[:, None] * (x.T @ y / samples),
    )
    np.testing.assert_allclose(fit.coefficients(y), expected, rtol=0, atol=LINEAR_ALGEBRA)
    inputs = Inputs(np.eye(d) + 0.3, groups)
    units = fit.coefficients(np.eye(samples))
    trace = fit.noise_trace(InputMask(0.4))
    assert trace == pytest.approx(
        inputs.errors(InputMask(0.4), 0.0, units).sum(), rel=LINEAR_ALGEBRA
    )
