"""Random features in the slot of a problem, beside their theory, and controls that must fail."""

import math
from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from simulations import Problem, RandomFeatures, simulate_risk
from simulations.trials.inputs import UNMASKED, InputMask
from simulations.trials.sample import MaskedRows
from tests.simulations.trials.direct import sample_of
from tests.tolerances import FINITE_SIZE, LINEAR_ALGEBRA, MONTE_CARLO_Z

D = 160
POWER = rl.Spectrum.power_law(0.5, D)
TASK = rl.LinearTarget(snr=4.0)
LAW = rl.UniformRatio(0.1, 0.9)

PROBLEMS: dict[str, dict[str, Any]] = {
    "relu": {"estimator": RandomFeatures(1.0), "mask_ratio": 0.5},
    "tanh, masked tests": {
        "estimator": RandomFeatures(3.0, "tanh", 2.0), "mask_ratio": 0.3, "test_mask_ratio": 0.5,
    },
    "relu, law": {"estimator": RandomFeatures(0.5), "mask_ratio": LAW},
    "relu, 4 masks": {"estimator": RandomFeatures(1.0), "mask_ratio": 0.4, "masks_per_sample": 4},
    "tanh, 3 masks, some rows": {
        "estimator": RandomFeatures(1.0, "tanh"), "mask_ratio": 0.4, "masks_per_sample": 3,
        "rows": "masked",
    },
    "relu, normalised": {
        "estimator": RandomFeatures(2.0, fill="normalise"), "mask_ratio": 0.6,
    },
    "erf, rescaled": {
        "estimator": RandomFeatures(2.0, "erf"), "mask_ratio": 0.6, "fill": "rescale",
    },
    "gelu, weighted law": {
        "estimator": RandomFeatures(2.0, "gelu"),
        "mask_ratio": rl.DiscreteRatio([0.2, 0.6], loss_weights=[0.5, 1.5]),
    },
    "relu, feature": {"estimator": RandomFeatures(2.0), "mask_ratio": 0.5, "target": None},
    "identity, bottleneck": {"estimator": RandomFeatures(0.3, "identity"), "mask_ratio": 0.4},
}  # fmt: skip


def problem(name: str) -> Problem:
    usual: dict[str, Any] = {"aspect_ratio": 0.7, "target": TASK, "ridge": 0.02}
    return Problem(POWER, dimension=D, **usual | PROBLEMS[name])


def agrees(estimate: Any, total: float) -> bool:
    allowed = MONTE_CARLO_Z * estimate.standard_error + FINITE_SIZE / D * total
    return bool(abs(estimate.mean - total) <= allowed)


@pytest.mark.nojit_slow
@pytest.mark.parametrize("name", PROBLEMS)
def test_theory(name: str) -> None:
    cell = problem(name)
    estimate, theory = simulate_risk(cell, trials=8, rng=1), cell.theory()
    assert isinstance(theory, rl.RandomFeaturesRisk)
    assert agrees(estimate, theory.total), (estimate, theory)
    assert abs(estimate.noise - theory.noise_variance) <= (
        MONTE_CARLO_Z * estimate.part_errors[1] + FINITE_SIZE / D * theory.total
    )


@pytest.mark.nojit_slow
def test_controls_fail() -> None:
    """A theory without the layer's fluctuation, of another width, of linear features."""
    cell = problem("relu")
    estimate, theory = simulate_risk(cell, trials=8, rng=1), cell.theory()
    assert isinstance(theory, rl.RandomFeaturesRisk)
    assert not agrees(estimate, theory.total - theory.width_variance)
    for wrong in (
        RandomFeatures(3.0),
        RandomFeatures(1.0, "identity"),
        RandomFeatures(1.0, gain=4),
    ):
        other = Problem(POWER, dimension=D, aspect_ratio=0.7, target=TASK, ridge=0.02,
                        mask_ratio=0.5, estimator=wrong)  # fmt: skip
        assert not agrees(estimate, other.theory().total)


@pytest.mark.nojit_slow
def test_masks_of_one_sample_share_what_is_nonlinear() -> None:
    """As many rows of as many samples say more than masks of few."""
    cell = problem("relu, 4 masks")
    estimate = simulate_risk(cell, trials=8, rng=1)
    rows = cell.theory().parameters["aspect_ratio"] / 4
    apart = rl.random_features_risk(
        POWER, 0.4, width_ratio=1.0, aspect_ratio=rows, ridge=0.02, target=TASK
    )
    assert not agrees(estimate, apart.total)


def test_a_trial_has_a_layer_of_its_own() -> None:
    cell = problem("relu")
    sample = sample_of(cell)
    layer: Any = cell.readout.estimator.regressions(MaskedRows(sample, None))
    again: Any = cell.readout.estimator.regressions(MaskedRows(sample, None))
    weights, rows, _ = layer.drawn
    assert weights.shape == (D, rows.shape[1]) == (D, D)
    np.testing.assert_array_equal(weights, again.drawn[0])
    assert np.var(weights) == pytest.approx(1 / (D * POWER.mean), rel=0.1)


def test_coefficients_are_those_of_the_features() -> None:
    cell = problem("relu")
    layer: Any = cell.readout.estimator.regressions(MaskedRows(sample_of(cell), None))
    phi = layer.features(layer.masked.rows())
    fit = layer.fit(0.1)
    y = np.random.default_rng(0).standard_normal((len(phi), 2))
    gram = phi.T @ phi + 0.1 * len(phi) * np.eye(phi.shape[1])
    expected = np.linalg.solve(gram, phi.T @ y)
    np.testing.assert_allclose(
        fit.coefficients(y), expected, rtol=LINEAR_ALGEBRA, atol=LINEAR_ALGEBRA
    )
    tests = layer.tests(UNMASKED)
    units = tests @ np.linalg.solve(gram, phi.T)
    assert fit.noise_trace(UNMASKED) == pytest.approx((units**2).sum() / len(tests), rel=1e-9)
    nothing = fit.errors(InputMask(1.0), np.ones((D, 1)), expected[:, :1])
    np.testing.assert_allclose(nothing, ((layer.drawn[1].sum(axis=1)) ** 2).mean())


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((0.0,), "width_ratio must be positive and finite"),
        ((math.inf,), "width_ratio must be positive and finite in a simulation, got inf"),
        ((1.0, "swish"), "activation must be one of"),
        ((1.0, "relu", 0.0), "gain must be positive"),
        ((1.0, "relu", 1.0, "zero"), "fill must be 'normalise' or None"),
    ],
)
def test_errors(given, sentence) -> None:
    with pytest.raises(rl.DomainError, match=sentence):
        RandomFeatures(*given)


def test_infinitely_many_masks_are_not_simulated() -> None:
    cell = Problem([1.0], 0.5, dimension=20, masks_per_sample=math.inf,
                   estimator=RandomFeatures(1.0))  # fmt: skip
    with pytest.raises(rl.DomainError, match="masks_per_sample must be finite"):
        simulate_risk(cell, trials=2, rng=0)
