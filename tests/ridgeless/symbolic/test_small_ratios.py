"""Small ratios and best ratios."""

import math

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.symbolic import equations as eq
from tests.ridgeless.symbolic.forms import ANY, ARRAYS, FORMS, MASSES, S, flat, task
from tests.tolerances import CLOSED_FORM


@pytest.mark.parametrize(
    ("name", "psi", "order"),
    [("small_ratio_least_squares", 0.6, 2), ("small_ratio_interpolation", 1.8, 1)],
)
def test_small_ratios(name: str, psi: float, order: int) -> None:
    """Halving p divides what the series leaves out by 2 to the power of the next order."""
    terms = ANY[name](*ARRAYS, psi, 0.7)
    left = []
    for p in (0.002, 0.001):
        series = sum(terms[f"R_{k}"] * p**k for k in range(order + 1))
        left.append(rl.risk(mask_ratio=p, aspect_ratio=psi, **task(S, list(MASSES), 0.7)).total)
        left[-1] -= series
    assert left[0] / left[1] == pytest.approx(2 ** (order + 1), rel=0.02)


def test_a_linear_task_with_many_rows() -> None:
    s, masses = [0.05, 1.0, 3.0], [0.01, 0.1, 0.1]
    for psi, off in ((1e-3, 0.05), (1e-4, 1e-3)):
        best = rl.optimal_mask_ratio(**task(s, masses, 1.0), aspect_ratio=psi).mask_ratio
        arrays = np.array(s), np.full(3, 1 / 3), np.array(masses)
        law = ANY["best_ratio_many_rows"](*arrays, psi, 1.0)["mask_ratio"]
        assert law == pytest.approx(best, rel=off)
    # Where the noise of the masks outweighs what they take, no mask is best.
    law = ANY["best_ratio_many_rows"](*arrays[:2], 100 * arrays[2], 1e-4, 1.0)["mask_ratio"]
    loud = task(s, [100 * x for x in masses], 1.0)
    assert law < 0
    assert rl.optimal_mask_ratio(**loud, aspect_ratio=1e-4).mask_ratio == 0


def test_a_masked_feature_with_many_samples() -> None:
    law = rl.Spectrum(S)
    signal = rl.MaskedFeature().on(law)
    # Directions without share in the spectrum carry the signal.
    points = np.concatenate([S, signal.nodes.values * law.scale])
    shares = np.concatenate([np.full(4, 0.25), np.zeros(3)])
    masses = np.concatenate([np.zeros(4), signal.nodes.masses])
    errors = []
    for gamma in (8e-6, 1e-6):
        sigma = math.sqrt(float(signal.noise))
        ratio_ = ANY["best_ratio_masked_feature"](points, shares, masses, gamma, sigma)
        best = rl.optimal_mask_ratio(law, aspect_ratio=gamma).mask_ratio
        errors.append(abs(ratio_["mask_ratio"] / best - 1))
    assert errors[1] < 0.02
    assert errors[1] == pytest.approx(errors[0] / 2, rel=0.1)  # of order gamma^(1/3)


@pytest.mark.parametrize(("psi", "sigma"), [(0.3, 0.4), (0.7, 0.9)])
def test_infinitely_many_masks(psi: float, sigma: float) -> None:
    best = FORMS["best_ratio_infinitely_many_masks"].function()(psi, 1.0, sigma)["mask_ratio"]
    found = rl.optimal_mask_ratio(
        **task([1.0], [1.0], sigma), aspect_ratio=psi, masks_per_sample=math.inf
    )
    assert best == pytest.approx(found.mask_ratio, abs=1e-6)
    noise = FORMS["noise_of_best_ratio"].function()(psi, best, 1.0)["noise"]
    assert noise == pytest.approx(sigma**2, rel=CLOSED_FORM)


def test_best_ratios_without_a_search() -> None:
    population = FORMS["best_ratio_population"]
    assert population.parts["mask_ratio"] == eq.p_t
    assert population.parts["slope"].subs(eq.p, eq.p_t) == 0
    slope = population.function()
    assert slope(*ARRAYS, 0.3, 0.4)["slope"] < 0 < slope(*ARRAYS, 0.5, 0.4)["slope"]
    step = 1e-5
    bias = [ANY["population"](*ARRAYS, p, 0.4)["bias"] for p in (0.5 - step, 0.5 + step)]
    assert slope(*ARRAYS, 0.5, 0.4)["slope"] == pytest.approx(np.diff(bias)[0] / 2 / step)

    flat_form = FORMS["best_ratio_isotropic"].function()
    values = {"psi": 0.6, "p": 0.4, "p_t": 0.1, "r": 1.0, "sigma": 0.5}
    for psi, side in ((0.6, "below"), (1.7, "above")):
        values["psi"] = psi
        ends = [flat(values, mask_ratio=p).total for p in (0.4 - step, 0.4 + step)]
        assert flat_form(*values.values())[f"slope_{side}"] == pytest.approx(
            np.diff(ends)[0] / 2 / step
        )
