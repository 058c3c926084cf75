"""Forms for samples of random power, against the package."""

import math

import numpy as np
import pytest

import ridgeless as rl
from tests.ridgeless.symbolic.forms import ANY, ARRAYS, FORMS, MASSES, PARTS, S, error, flat, task
from tests.tolerances import CLOSED_FORM

POWERS = {
    "two": rl.DiscretePower([0.2, 3.0], [0.7, 0.3]),
    "Student": rl.StudentPower(3.0),
    "lognormal": rl.LognormalPower(1.0),
}


@pytest.mark.parametrize("name", POWERS)
@pytest.mark.parametrize(("p", "p_t"), [(0.4, 0.2), (0.3, 0.0)])
def test_power_below_and_above_the_threshold(name: str, p: float, p_t: float) -> None:
    power = POWERS[name]
    rule = power.rule()
    law = rule.inverse, rule.weight
    for form, psi in (("least_squares_power", 0.7), ("interpolation_power", 1.8)):
        asked = task(S, list(MASSES), 0.7) | {"aspect_ratio": psi, "test_mask_ratio": p_t}
        found = ANY[form](*ARRAYS, *law, psi, p, p_t, 0.7)
        assert error(found, rl.risk(mask_ratio=p, row_power=power, **asked)) < CLOSED_FORM
        assert error(found, rl.risk(mask_ratio=p, **asked)) > 1e-2
    v = {"psi": 0.7, "p": p, "p_t": p_t, "r": 1.2, "sigma": 0.7}
    even = FORMS["isotropic_least_squares_power"].function()(*law, *v.values())
    assert error(even, flat(v, row_power=power)) < CLOSED_FORM


def test_without_masks_only_one_number_is_left() -> None:
    """The risk is sigma^2 m for every spectrum, at least sigma^2 psi/(1 - psi)."""
    rule = POWERS["Student"].rule()
    parts = ANY["least_squares_power"](*ARRAYS, rule.inverse, rule.weight, 0.7, 0.0, 0.0, 0.5)
    risk = sum(parts[name] for name in PARTS)
    m = risk / 0.25
    assert rule.weight @ (rule.inverse / (rule.inverse + m)) == pytest.approx(0.3)
    assert m > 0.7 / 0.3
    one = np.ones(1)
    plain = ANY["least_squares_power"](*ARRAYS, one, one, 0.7, 0.3, 0.1, 0.5)
    assert plain == pytest.approx(ANY["least_squares"](*ARRAYS, 0.7, 0.3, 0.1, 0.5))


@pytest.mark.parametrize("name", POWERS)
@pytest.mark.parametrize(("gamma", "snr"), [(0.4, 0.5), (2.0, 3.0)])
def test_the_best_rescaled_ratio_does_not_feel_the_power(
    name: str, gamma: float, snr: float
) -> None:
    power = POWERS[name]
    rule = power.rule()
    shares, sigma = np.full(S.size, 1 / S.size), 1 / math.sqrt(snr)
    bayes = FORMS["bayes_risk_power"].function()
    found = bayes(S, shares, rule.inverse, rule.weight, gamma, snr, sigma)["risk"]
    known = {"target": rl.LinearTarget(snr=snr), "aspect_ratio": gamma, "fill": "rescale"}
    known |= {"masks_per_sample": math.inf, "row_power": power}
    best = gamma / (gamma + snr)
    around = rl.risk(S, [best - 1e-3, best, best + 1e-3], **known).total
    assert found == pytest.approx(around[1], rel=CLOSED_FORM)
    assert around.argmin() == 1
    one = np.ones(1)
    plain = FORMS["bayes_risk"].function()(S, shares, gamma, snr, sigma)["risk"]
    assert bayes(S, shares, one, one, gamma, snr, sigma)["risk"] == pytest.approx(plain)
