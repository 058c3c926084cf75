"""Monte Carlo agrees with theory, and would notice if theory were wrong."""

import math

import pytest

import ridgeless as rl
from simulations import EllipticalRows, Problem, RiskEstimate, simulate_risk
from tests.tolerances import FINITE_SIZE, MONTE_CARLO_Z

D = 300
POWER_LAW = rl.Spectrum.power_law(0.7, D)
TWO_LEVELS = rl.Spectrum([0.1, 2.0], weights=[1, 2])
SINGULAR = rl.Spectrum([0.0, 1.0, 5.0])
LINEAR = rl.LinearTarget(snr=4.0, alignment=1.0)
MIXED = rl.DiscreteRatio([0.1, 0.4, 0.6])
POWER = rl.DiscretePower([0.2, 1.0, 3.0], [2, 2, 1])

PROBLEMS = {
    "linear, below": Problem(POWER_LAW, 0.5, aspect_ratio=0.3, target=LINEAR, dimension=D),
    "linear, above": Problem(POWER_LAW, 0.5, aspect_ratio=3.0, target=LINEAR, dimension=D),
    "linear, law": Problem(
        TWO_LEVELS, rl.UniformRatio(0.2, 0.7), aspect_ratio=0.5, target=LINEAR, dimension=D
    ),
    "linear, ridge": Problem(
        POWER_LAW, 0.5, aspect_ratio=1.0, ridge=0.3, target=LINEAR, dimension=D
    ),
    "linear, masked test": Problem(
        POWER_LAW, 0.5, aspect_ratio=2.0, test_mask_ratio=0.4, target=LINEAR, dimension=D
    ),
    "linear, masked rows": Problem(
        SINGULAR, 0.6, aspect_ratio=0.25, rows="masked", target=LINEAR, dimension=D
    ),
    "linear, 3 masks": Problem(
        POWER_LAW, 0.6, aspect_ratio=2.0, masks_per_sample=3, target=LINEAR, dimension=D
    ),
    "linear, all masks": Problem(
        POWER_LAW, 0.6, aspect_ratio=2.0, masks_per_sample=math.inf, target=LINEAR, dimension=D
    ),
    "linear, no masks": Problem(SINGULAR, 0.0, aspect_ratio=0.5, target=LINEAR, dimension=D),
    "linear, masses per atom": Problem(
        TWO_LEVELS,
        0.3,
        aspect_ratio=2.0,
        target=rl.LinearTarget(snr=math.inf, alignment=[1.0, 0.0]),
        dimension=D,
    ),
    "feature, below": Problem(POWER_LAW, 0.5, aspect_ratio=0.25, dimension=D),
    "feature, above": Problem(POWER_LAW, 0.5, aspect_ratio=2.0, dimension=D),
    "feature, two levels": Problem(TWO_LEVELS, 0.4, aspect_ratio=0.25, ridge=0.3, dimension=D),
    "feature, law": Problem(
        TWO_LEVELS, rl.UniformRatio(0.2, 0.7), aspect_ratio=0.2, dimension=D
    ),
    "feature, singular": Problem(SINGULAR, 0.5, aspect_ratio=0.2, dimension=D),
    "feature, all rows": Problem(TWO_LEVELS, 0.5, aspect_ratio=2.0, rows="all", dimension=D),
    "feature, 3 masks": Problem(
        TWO_LEVELS, 0.3, aspect_ratio=2.0, masks_per_sample=3, dimension=D
    ),
    "feature, all masks": Problem(
        TWO_LEVELS, 0.6, aspect_ratio=2.0, masks_per_sample=math.inf, dimension=D
    ),
    "linear, rescaled law": Problem(
        POWER_LAW, rl.UniformRatio(0.1, 0.7), aspect_ratio=0.5, target=LINEAR, dimension=D,
        fill="rescale", test_mask_ratio=0.3, test_fill="zero",
    ),
    "linear, rescaled, all masks": Problem(
        POWER_LAW, rl.UniformRatio(0.1, 0.9), aspect_ratio=2.0, target=LINEAR, dimension=D,
        fill="rescale", masks_per_sample=math.inf, test_mask_ratio=0.3,
    ),
    "feature, rescaled, 3 masks of a law": Problem(
        TWO_LEVELS, MIXED, aspect_ratio=0.4, dimension=D, fill="rescale", masks_per_sample=3
    ),
    "linear, 4 masks of a law, below": Problem(
        TWO_LEVELS, MIXED, aspect_ratio=1.6, target=LINEAR, dimension=D, masks_per_sample=4
    ),
    "linear, 2 masks of a law, above": Problem(
        TWO_LEVELS, MIXED, aspect_ratio=5.0, target=LINEAR, dimension=D, masks_per_sample=2
    ),
    "linear, some of 2 masks empty": Problem(
        TWO_LEVELS, rl.DiscreteRatio([0.0, 0.5]), aspect_ratio=1.0, target=LINEAR, dimension=D,
        masks_per_sample=2,
    ),
    "linear, power": Problem(
        POWER_LAW, 0.5, aspect_ratio=0.4, target=LINEAR, dimension=D, row_power=POWER
    ),
    "feature, power, above": Problem(
        POWER_LAW, 0.5, aspect_ratio=2.0, dimension=D, row_power=POWER
    ),
    "linear, elliptical, masks of a law": Problem(
        TWO_LEVELS, MIXED, aspect_ratio=1.6, target=LINEAR, dimension=D, masks_per_sample=4,
        design=EllipticalRows(6.0),
    ),
}  # fmt: skip


def agrees(estimate: RiskEstimate, theory: float) -> bool:
    allowed = MONTE_CARLO_Z * estimate.standard_error + FINITE_SIZE / D * theory
    return abs(estimate.mean - theory) <= allowed


@pytest.mark.nojit_slow
@pytest.mark.parametrize("name", PROBLEMS)
def test_theory(name):
    problem = PROBLEMS[name]
    estimate = simulate_risk(problem, trials=12, rng=1)
    theory = problem.theory()
    assert agrees(estimate, theory.total), (estimate, theory)
    # The parts too: noise is integrated out, so it is known by itself.
    signal = theory.bias + theory.design_variance
    errors = [MONTE_CARLO_Z * error for error in estimate.part_errors]
    slack = FINITE_SIZE / D * theory.total
    assert abs(estimate.signal - signal) <= errors[0] + slack
    assert abs(estimate.noise - theory.noise_variance) <= errors[1] + slack


@pytest.fixture(scope="module")
def estimates():
    names = ("linear, below", "linear, above", "feature, below", "feature, above")
    return {name: simulate_risk(PROBLEMS[name], trials=12, rng=2) for name in names}


@pytest.mark.nojit_slow
@pytest.mark.parametrize("name", ["linear, below", "linear, above", "feature, below"])
def test_control_without_noise_fails(estimates, name):
    theory = PROBLEMS[name].theory()
    assert not agrees(estimates[name], theory.total - theory.noise_variance)


@pytest.mark.nojit_slow
@pytest.mark.parametrize("name", ["linear, below", "linear, above", "feature, below"])
def test_control_with_inverted_aspect_ratio_fails(estimates, name):
    problem = PROBLEMS[name]
    wrong = rl.risk(
        problem.spectrum,
        problem.mask_ratio,
        aspect_ratio=1 / problem.aspect_ratio,
        target=problem.target,
    )
    assert not agrees(estimates[name], wrong.total)


@pytest.mark.nojit_slow
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("linear, power", {"row_power": None}),
        ("linear, 4 masks of a law, below", {"masks_per_sample": 1, "aspect_ratio": 0.4}),
        ("linear, rescaled law", {"fill": "zero"}),
        ("linear, rescaled law", {"test_fill": "rescale"}),
        ("linear, some of 2 masks empty", {"mask_ratio": 0.25}),
    ],
)
def test_control_with_another_convention_fails(name, wrong):
    problem = PROBLEMS[name]
    right = {
        "mask_ratio": problem.mask_ratio,
        "aspect_ratio": problem.aspect_ratio,
        "target": problem.target,
        "masks_per_sample": problem.masks_per_sample,
        "fill": problem.fill,
        "test_fill": problem.test_fill,
        "test_mask_ratio": problem.test_mask_ratio,
        "row_power": problem.row_power,
    }
    estimate = simulate_risk(problem, trials=12, rng=1)
    assert agrees(estimate, rl.risk(problem.spectrum, **right).total)
    assert not agrees(estimate, rl.risk(problem.spectrum, **right | wrong).total)


def isotropic_risk(p: float, aspect_ratio: float, noise: float, scale: float) -> float:
    """Closed form (eq-isotropic); `scale` is q, by which the covariance of the rows shrinks."""
    g = 1 / aspect_ratio
    effective = (noise + p) / scale
    if g > 1:
        return effective / (g - 1)
    return (1 - g) + effective * g / (1 - g)


@pytest.mark.parametrize("aspect_ratio", [0.5, 2.0])
def test_control_that_forgets_q_in_the_covariance_fails(aspect_ratio):
    target = rl.LinearTarget(snr=4.0)
    problem = Problem([1.0], 0.5, aspect_ratio=aspect_ratio, target=target, dimension=D)
    estimate = simulate_risk(problem, trials=12, rng=3)
    assert agrees(estimate, isotropic_risk(0.5, aspect_ratio, noise=0.25, scale=0.5))
    assert not agrees(estimate, isotropic_risk(0.5, aspect_ratio, noise=0.25, scale=1.0))


def test_what_is_left_is_finite_size():
    """Four times the dimension, about a quarter of the gap."""
    gaps = []
    for dimension, trials in ((60, 160), (240, 40)):
        target = rl.LinearTarget(snr=4.0)
        problem = Problem([1.0], 0.8, aspect_ratio=2.0, target=target, dimension=dimension)
        theory = isotropic_risk(0.8, 2.0, noise=0.25, scale=0.2)
        estimate = simulate_risk(problem, trials=trials, rng=4)
        gaps.append((estimate.mean / theory - 1, estimate.standard_error / theory))
    (coarse, _), (fine, error) = gaps
    assert coarse > 4 * error
    assert fine < 0.5 * coarse
