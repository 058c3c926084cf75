"""Searches among laws of ratios."""

import math

import numpy as np
import pytest
from random_ratios.laws import (
    Found,
    best_discrete,
    best_fixed,
    best_range,
    steepest,
)

import ridgeless as rl
from tests.tolerances import FINITE_SIZE, IDENTITY, MONTE_CARLO_Z

POWER = rl.Spectrum.power_law(1.0, 60)
TASK = rl.LinearTarget(snr=4.0)


def test_searches_find_what_is_there():
    """Of two tasks that want ratios 0.2 and 0.7, with a cost for the share of other rows."""

    def values(law):
        mask, weight = law.nodes(64)
        return 1.0 + np.array([weight @ (mask - p) ** 2 for p in (0.2, 0.7)]) ** 0.5

    def aim(law):
        return float(values(law).max())

    fixed = best_fixed(lambda law: np.atleast_1d(aim(law)))[0]
    assert fixed.law.mean == pytest.approx(0.45, abs=1e-4)
    assert fixed.value == pytest.approx(1.25, abs=1e-4)
    assert steepest(values, fixed)[0] == pytest.approx(0.0, abs=1e-3)
    assert best_discrete(aim, fixed, rl.DiscreteRatio([0.5])) == fixed
    assert best_range(aim).value > fixed.value
    each = best_fixed(values)
    assert [own.law.mean for own in each] == pytest.approx([0.2, 0.7], abs=1e-4)

    def apart(law):  # wants both ratios, none in between
        mask, weight = law.nodes(64)
        return 2.0 - np.array([weight @ (np.abs(mask - p) < 0.05) for p in (0.2, 0.7)])

    start = Found(rl.DiscreteRatio([0.45]), 2.0)
    slope, towards = steepest(apart, start)
    assert slope == pytest.approx(-0.25, rel=1e-6)
    assert set(np.round(np.array(towards.values)[np.array(towards.weights) > 0.1], 1)) == {0.2, 0.7}
    found = best_discrete(lambda law: float(apart(law).max()), start, towards)
    assert found.value < 1.55


@pytest.mark.parametrize("rows", ["all", "masked"])
def test_loss_weights_act_as_row_weights(rows):
    values, chances, weights = [0.1, 0.6], [0.5, 0.5], [1.0, 5.0]
    options = {"target": TASK, "rows": rows, "aspect_ratio": 0.15}
    law = rl.DiscreteRatio(values, chances, weights)
    theory = rl.risk(POWER, law, **options).total
    equal = rl.risk(POWER, rl.DiscreteRatio(values, chances, [3.0, 3.0]), **options).total
    plain = rl.risk(POWER, rl.DiscreteRatio(values, chances), **options).total
    assert equal == pytest.approx(plain, rel=IDENTITY)
    assert abs(theory / plain - 1) > 0.1
    # Interpolation does not see the weights.
    options["aspect_ratio"] = 3.0
    assert rl.risk(POWER, law, **options).total == pytest.approx(
        rl.risk(POWER, rl.DiscreteRatio(values, chances), **options).total, rel=IDENTITY
    )
    assert simulated(POWER, law, rows) == pytest.approx(
        theory, abs=MONTE_CARLO_Z * 0.01 * theory + FINITE_SIZE / 60 * theory
    )


def simulated(spectrum, law, rows, d=60, n=400, trials=20):
    """Weighted least squares on masked rows, d/n = 0.15; its standard error is about 1%."""
    rng = np.random.default_rng(5)
    axes = np.linalg.qr(rng.standard_normal((d, d)))[0]
    sigma = (axes * spectrum.eigenvalues) @ axes.T
    risks = []
    for _ in range(trials):
        beta = axes @ rng.choice([-1.0, 1.0], d) / math.sqrt(d)
        x = rng.standard_normal((n, d)) @ (axes * np.sqrt(spectrum.eigenvalues)).T
        y = x @ beta + rng.standard_normal(n) * math.sqrt(beta @ sigma @ beta / 4)
        kind = rng.integers(2, size=n)
        ratio, root = np.array(law.values)[kind], np.sqrt(law.loss_weights)[kind]
        kept = np.ones(n, dtype=bool) if rows == "all" else rng.random(n) < ratio
        masked = x * (rng.random((n, d)) >= ratio[:, None])
        found = np.linalg.lstsq((root[:, None] * masked)[kept], (root * y)[kept])[0]
        risks.append((found - beta) @ sigma @ (found - beta) / (beta @ sigma @ beta))
    return float(np.mean(risks))


@pytest.mark.parametrize("ridge", [0.0, 0.3])
@pytest.mark.parametrize("rows", ["all", "masked"])
def test_with_infinitely_many_masks_a_law_is_a_fixed_ratio_with_a_larger_ridge(rows, ridge):
    law = rl.UniformRatio(0.1, 0.9)
    mask, weight = law.nodes(64)
    weight = weight * mask / (weight @ mask) if rows == "masked" else weight
    keep = weight @ (1 - mask)
    ratio = 1 - weight @ (1 - mask) ** 2 / keep
    options = {"target": TASK, "rows": rows, "masks_per_sample": math.inf}
    found = rl.risk(POWER, law, ridge=ridge, **options).total
    alone = rl.risk(POWER, ratio, ridge=ridge * (1 - ratio) / keep, **options).total
    assert found == pytest.approx(alone, rel=IDENTITY)
