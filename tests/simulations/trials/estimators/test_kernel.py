"""Kernel regression as an estimator of trials."""

import math

import numpy as np
import pytest

import ridgeless as rl
from simulations import ArcCosineKernel, LinearRegression, Problem, RandomFeatures, simulate_risk
from simulations.trials.estimators.kernel import arc_cosine
from tests.tolerances import MONTE_CARLO_Z

TASK = rl.LinearTarget(snr=4.0)


def test_the_kernel_is_the_mean_of_relu_features() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(5, 4)), rng.normal(size=(400_000, 4))
    features = np.maximum(x @ w.T, 0)
    found = features @ features.T / len(w)
    np.testing.assert_allclose(arc_cosine(x, x), found, rtol=0.02)
    zero = np.zeros((1, 4))
    assert (arc_cosine(x, zero) == 0).all()


def test_a_trial_is_kernel_ridge_regression() -> None:
    """By the formula, on rows without masks whose noise is all that is predicted."""
    problem = Problem(
        [1.0], 0.0, aspect_ratio=0.5, dimension=10, ridge=0.3, target=TASK,
        estimator=ArcCosineKernel(),
    )  # fmt: skip
    found = simulate_risk(problem, trials=40, rng=0)
    rng = np.random.default_rng(1)
    risks = []
    for _ in range(200):
        x, t = rng.normal(size=(20, 10)), rng.normal(size=(500, 10))
        beta = rng.choice([-1.0, 1.0], 10) / math.sqrt(10)
        y = x @ beta + rng.normal(size=20) / 2
        fit = np.linalg.solve(arc_cosine(x, x) + 20 * 0.3 * np.eye(20), y)
        risks.append(np.mean((t @ beta - arc_cosine(t, x) @ fit) ** 2))
    error = np.hypot(found.standard_error, np.std(risks) / math.sqrt(len(risks)))
    assert abs(found.mean - np.mean(risks)) <= MONTE_CARLO_Z * error


@pytest.mark.nojit_slow
@pytest.mark.parametrize("fill", ["zero", "rescale"])
@pytest.mark.parametrize("masks", [1, 2])
def test_theory_is_that_of_infinitely_many_features(masks: int, fill: str) -> None:
    spectrum = rl.Spectrum.power_law(0.7, 120)
    problem = Problem(
        spectrum, 0.4, aspect_ratio=0.7, dimension=120, ridge=0.05, target=TASK, fill=fill,
        masks_per_sample=masks, test_mask_ratio=0.2, estimator=ArcCosineKernel(),
    )  # fmt: skip
    found, theory = simulate_risk(problem, trials=12, rng=0), problem.theory().total
    slack = 5 / 120 * theory  # finite size: 2.4 % at d = 120, 1.0 % at 480
    assert abs(found.mean - theory) <= MONTE_CARLO_Z * found.standard_error + slack
    # A linear learner would be another matter.
    other = problem.theory().total / LinearRegression().theory(
        problem.sampling.spectrum, 0.4, aspect_ratio=120 / problem.sampling.samples,
        ridge=0.05, target=TASK, fill=fill, masks_per_sample=masks, test_mask_ratio=0.2,
        test_fill=fill, rows="all", row_power=None,
    ).total  # fmt: skip
    assert abs(other - 1) > 0.05


def test_many_features_come_near() -> None:
    given = {"aspect_ratio": 1.0, "dimension": 30, "ridge": 0.1, "target": TASK}
    wide = simulate_risk(Problem([1.0], 0.3, estimator=RandomFeatures(200.0), **given), trials=12)
    kernel = simulate_risk(Problem([1.0], 0.3, estimator=ArcCosineKernel(), **given), trials=12)
    error = np.hypot(wide.standard_error, kernel.standard_error)
    assert abs(wide.mean - kernel.mean) <= MONTE_CARLO_Z * error + 0.02 * kernel.mean


def test_infinitely_many_masks_are_refused_by_name() -> None:
    problem = Problem([1.0], 0.3, masks_per_sample=math.inf, estimator=ArcCosineKernel())
    with pytest.raises(rl.DomainError, match="masks_per_sample must be finite"):
        simulate_risk(problem, trials=2)
