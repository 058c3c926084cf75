"""Ratio-aware regression in the slot of a problem, beside sums over all rows."""

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from simulations import LinearRegression, Problem, RatioAware, simulate_risk, simulate_risks
from simulations.collection.ledger import Ledger
from simulations.collection.runner import run, seed_sequence
from simulations.collection.store import BatchFile
from simulations.trials.inputs import InputMask
from simulations.trials.sample import MaskedRows
from tests.simulations.trials.direct import polynomial, sample_of, solution
from tests.tolerances import (
    FINITE_SIZE,
    LINEAR_ALGEBRA,
    MONTE_CARLO_Z,
)

LAWS = {
    "three": rl.DiscreteRatio([0.2, 0.6, 0.9], [2, 1, 1]),
    "fewer than polynomials": rl.DiscreteRatio([0.4]),
    "weighted": rl.DiscreteRatio([0.2, 0.6, 0.8], [2, 1, 1], loss_weights=[0.5, 3.0, 0.0]),
    "unmasked": rl.DiscreteRatio([0.0]),
}
LINEAR = rl.LinearTarget(snr=2.0)
D = 5


@pytest.mark.parametrize("name", LAWS)
@pytest.mark.parametrize("masks", [1, 2, math.inf])
@pytest.mark.parametrize("column", [None, 1])
@pytest.mark.parametrize("rows", ["all", "masked"])
@pytest.mark.parametrize(("gamma", "ridge"), [(0.25, 0.0), (2.5, 0.0), (2.5, 0.1)])
def test_coefficients_are_polynomials_of_the_ratio(name, masks, column, rows, gamma, ridge):
    law = LAWS[name]
    masking = rl.Masking(law, masks_per_sample=masks, rows=rows, groups=[0, 0, 1, 2, 2])
    problem = Problem([0.5, 1.5], masking, aspect_ratio=gamma, dimension=D)
    sample, degree, counted = sample_of(problem), 2, None
    if rows == "masked" and column is not None and masks < math.inf:
        counted = ~sample.keep[:, :, column]
    fit = RatioAware(degree).regressions(MaskedRows(sample, counted, column)).fit(ridge)
    learns = solution(sample, ridge, counted, column, degree)
    y = np.random.default_rng(1).standard_normal((len(sample.rows), 2))
    found = fit.coefficients(y)
    np.testing.assert_allclose(found, learns @ y, rtol=LINEAR_ALGEBRA, atol=LINEAR_ALGEBRA)
    beta = np.random.default_rng(2).standard_normal((D, 2))
    expected = learns @ sample.rows @ beta
    np.testing.assert_allclose(
        fit.learned(beta), expected, rtol=LINEAR_ALGEBRA, atol=LINEAR_ALGEBRA
    )
    p = 0.3
    phi = polynomial(p, degree)
    units = np.tensordot(phi, learns.reshape(degree + 1, D, -1), axes=1)
    trace = sample.inputs.errors(InputMask(p), 0.0, units).sum()
    assert fit.noise_trace(InputMask(p)) == pytest.approx(
        trace, rel=LINEAR_ALGEBRA, abs=LINEAR_ALGEBRA
    )
    effective = np.tensordot(phi, found.reshape(degree + 1, D, -1), axes=1)
    errors = sample.inputs.errors(InputMask(p), beta, effective)
    np.testing.assert_allclose(fit.errors(InputMask(p), beta, found), errors, rtol=LINEAR_ALGEBRA)


@pytest.mark.parametrize("target", [LINEAR, rl.MaskedFeature()])
@pytest.mark.parametrize("masks", [1, 2, math.inf])
def test_degree_zero_is_linear_regression(target, masks):
    law = rl.UniformRatio(0.1, 0.9)
    given = {"target": target, "masks_per_sample": masks, "dimension": 20, "ridge": 0.2}
    plain, aware = (
        simulate_risk(Problem([0.5, 1.5], law, estimator=x, **given), trials=2, rng=1)
        for x in (LinearRegression(), RatioAware(0))
    )
    assert aware.signal == pytest.approx(plain.signal, rel=LINEAR_ALGEBRA)
    assert aware.noise == pytest.approx(plain.noise, rel=LINEAR_ALGEBRA)


def test_estimators_share_trials_without_changing_them():
    given = {"target": LINEAR, "rows": "masked", "dimension": 20, "aspect_ratio": 0.3}
    law = rl.UniformRatio(0.1, 0.9)
    problems = [
        Problem([0.5, 1.5], law, estimator=estimator, ridge=ridge, test_mask_ratio=p, **given)
        for estimator, ridge, p in (
            (LinearRegression(), 0.0, 0.0),
            (RatioAware(1), 0.0, 0.5),
            (RatioAware(2), 0.1, 0.5),
            (RatioAware(1), 0.0, 0.0),
        )
    ]
    problems.append(replace(problems[1], target=rl.MaskedFeature(), rows=None))
    assert len({problem.sampling.id for problem in problems}) == 1
    assert len({problem.id for problem in problems}) == 5
    together = simulate_risks(problems, trials=6, rng=3, jobs=2)
    assert together == [simulate_risk(problem, trials=6, rng=3) for problem in problems]


def test_a_store_goes_on(tmp_path):
    """Half of the batches are written, the rest is done by the next writer."""
    given = {"target": LINEAR, "dimension": 20, "aspect_ratio": 0.3}
    problems = [
        Problem([0.5, 1.5], LAWS["weighted"], estimator=estimator, **given)
        for estimator in (LinearRegression(), RatioAware(1))
    ]
    path = tmp_path / "batches.csv"
    for stop in (2, 4):
        ledger = Ledger(problems, trials=16)
        with BatchFile.open(path) as store:
            store.resume(ledger)
            for batch, tallies in itertools.islice(run(ledger, seed_sequence(3), 1), stop):
                store.append(batch.experiment, batch.number, tallies)
                ledger.record(batch.experiment.sampling.id, batch.number, tallies)
    found = [ledger.estimate(problem) for problem in problems]
    assert found == simulate_risks(problems, trials=16, rng=3)


@pytest.mark.nojit_slow
@pytest.mark.parametrize("masks", [1, math.inf])
def test_a_masked_feature_agrees_with_theory(masks):
    """And a theory of another degree does not."""
    given = {"masks_per_sample": masks, "aspect_ratio": 0.1, "dimension": 80}
    problems = [
        Problem(rl.Spectrum.power_law(1.0, 80), rl.DiscreteRatio([0.1, 0.5, 0.9]),
                estimator=RatioAware(2), test_mask_ratio=p, **given)
        for p in (0.1, 0.8)
    ]  # fmt: skip
    seen = []
    for problem, found in zip(problems, simulate_risks(problems, trials=16, rng=1), strict=True):
        for degree in (2, 0):
            theory = float(replace(problem, estimator=RatioAware(degree)).theory().total)
            allowed = MONTE_CARLO_Z * found.standard_error + FINITE_SIZE / 80 * theory
            seen.append(abs(found.mean - theory) <= allowed)
    assert seen[::2] == [True, True]
    assert not all(seen[1::2])


def test_bad_degrees_are_refused():
    with pytest.raises(rl.DomainError, match="degree"):
        RatioAware(-1)


THREE = rl.DiscreteRatio([0.2, 0.5, 0.8])
TWO = rl.DiscreteRatio([0.2, 0.7])
TESTS = (0.0, 0.3, 0.6)
WEIGHTED = rl.DiscreteRatio([0.2, 0.5, 0.8], loss_weights=[1.0, 3.0, 0.5])

SIZE = 240
ALIGNED = rl.LinearTarget(snr=4.0, alignment=1.0)
SIMULATED: dict[str, tuple[Any, int, dict[str, Any]]] = {
    "overparametrised": (THREE, 1, {"aspect_ratio": 1.5}),
    "underparametrised": (THREE, 1, {"aspect_ratio": 0.3}),
    "between": (rl.DiscreteRatio([0.2, 0.5, 0.8], [8, 1, 1]), 1, {"aspect_ratio": 0.5}),
    "fewer ratios than polynomials": (TWO, 2, {"aspect_ratio": 0.3}),
    "one ratio": (0.4, 1, {"aspect_ratio": 2.0}),
    "uniform, ridge, masked rows": (
        rl.UniformRatio(0.1, 0.7),
        2,
        {"aspect_ratio": 0.8, "ridge": 0.1, "rows": "masked"},
    ),
    "all masks": (
        rl.UniformRatio(0.1, 0.9),
        2,
        {"aspect_ratio": 0.5, "masks_per_sample": math.inf},
    ),
    "loss weights": (WEIGHTED, 1, {"aspect_ratio": 1.2, "ridge": 0.05}),
    "loss weights, all masks": (
        WEIGHTED,
        1,
        {"aspect_ratio": 1.2, "ridge": 0.05, "masks_per_sample": math.inf},
    ),
}


def simulated(law: Any, degree: int, options: dict[str, Any], against: int) -> list[bool]:
    """Whether theory of degree `against` agrees at each test ratio."""
    problems = [
        Problem(
            rl.Spectrum.power_law(0.7, SIZE), law, target=ALIGNED, dimension=SIZE,
            test_mask_ratio=p, estimator=RatioAware(degree), **options,
        )
        for p in TESTS
    ]  # fmt: skip
    estimates = simulate_risks(problems, trials=8, rng=1)
    theory = [replace(problem, estimator=RatioAware(against)).theory() for problem in problems]
    return [
        abs(estimate.mean - right)
        <= MONTE_CARLO_Z * estimate.standard_error + FINITE_SIZE / SIZE * right
        for estimate, right in zip(estimates, (float(x.total) for x in theory), strict=True)
    ]


@pytest.mark.nojit_slow
@pytest.mark.parametrize("name", SIMULATED)
def test_simulation_agrees(name: str) -> None:
    law, degree, options = SIMULATED[name]
    assert all(simulated(law, degree, options, against=degree))


@pytest.mark.nojit_slow
@pytest.mark.parametrize("name", ["overparametrised", "underparametrised", "all masks"])
def test_control_of_another_degree_fails(name: str) -> None:
    law, degree, options = SIMULATED[name]
    assert not all(simulated(law, degree, options, against=0))
