"""Forms for rescaled rows, against the package."""

import itertools
import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import ridgeless as rl
from ridgeless.symbolic import equations as eq
from tests import strategies
from tests.ridgeless.symbolic.forms import (
    FORMS,
    FUNCTIONS,
    MASSES,
    PARTS,
    RANGES,
    S,
    above,
    below,
    error,
    flat,
    ratio,
    task,
)
from tests.tolerances import CLOSED_FORM, OPTIMUM

ENDLESS: dict[str, Any] = {"masks_per_sample": math.inf, "fill": "rescale"}
SHARES = np.full(S.size, 1 / S.size)


def function(name: str) -> Any:
    return FORMS[name].function()


def test_rescaling_divides_the_second_moments() -> None:
    zeros = eq.one_ratio(eq.q, eq.p)
    row = eq.rescaled(zeros, eq.q)
    assert sp.expand(row.energy - eq.s - eq.d0 * eq.p / eq.q) == 0
    assert (row.cross, row.target) == (1, 1)
    # c^2 = a t still.
    assert row.energy.coeff(eq.s) * row.target == row.cross**2


@settings(max_examples=20)
@given(
    values=strategies.positive_eigenvalues,
    psi=st.one_of(below, above),
    p=ratio,
    ridge=RANGES["lambda"],
    masks=st.sampled_from([1, 3, math.inf]),
)
def test_one_ratio_is_a_factor(
    values: list[float], psi: float, p: float, ridge: float, masks: float
) -> None:
    form = function("rescaled_one_ratio")(ridge, p)
    asked = task(np.sort(values), list(np.cos(np.arange(len(values))) ** 2), 0.7)
    asked |= {"aspect_ratio": psi, "mask_ratio": p, "masks_per_sample": masks}
    zeros = rl.risk(**asked, ridge=ridge, test_mask_ratio=p)
    found = rl.risk(**asked, ridge=form["ridge"], test_mask_ratio=p, fill="rescale")
    assert error({name: getattr(found, name) for name in PARTS}, zeros) < CLOSED_FORM
    learned = {"rows": "all"} | {x: asked[x] for x in asked if x not in ("target", "rows")}
    of_zeros = rl.learned_fraction(**learned, ridge=ridge)
    of_found = rl.learned_fraction(**learned, ridge=form["ridge"], fill="rescale")
    np.testing.assert_allclose(of_found, form["factor"] * of_zeros, rtol=CLOSED_FORM)


@pytest.mark.parametrize("ridge", [0.0, 0.3])
def test_a_law_is_its_harmonic_mean(ridge: float) -> None:
    p, weight = np.array([0.1, 0.8]), np.array([0.3, 0.7])
    known = {**task(S, list(MASSES), 0.7), "aspect_ratio": 0.8, "ridge": ridge}
    law = rl.risk(mask_ratio=rl.DiscreteRatio(p, weight), **known, **ENDLESS)
    fixed = function("harmonic_mean")(weight @ (1 / (1 - p)))["mask_ratio"]
    assert rl.risk(mask_ratio=fixed, **known, **ENDLESS).total == pytest.approx(
        law.total, rel=CLOSED_FORM
    )
    # Of zeros the mean that counts is another, and no law is a ratio beside a ridge.
    zeros = {"masks_per_sample": math.inf}
    other = rl.risk(mask_ratio=fixed, **known, **zeros).total
    law_of_zeros = rl.risk(mask_ratio=rl.DiscreteRatio(p, weight), **known, **zeros).total
    assert other != pytest.approx(law_of_zeros, rel=1e-3)


CASES = [(0.4, 0.5), (0.8, 3.0), (2.0, 1.5), (6.0, 8.0)]


def without_direction(snr: float) -> dict[str, Any]:
    return {"spectrum": rl.Spectrum(S), "target": rl.LinearTarget(snr=snr)}


@pytest.mark.parametrize(("gamma", "snr"), CASES)
def test_the_best_ratio(gamma: float, snr: float) -> None:
    asked = without_direction(snr) | {"aspect_ratio": gamma}
    best = rl.optimal_mask_ratio(**asked, **ENDLESS)
    form = function("best_ratio_rescaled")
    sigma = 1 / math.sqrt(snr)  # a signal of variance 1
    at = form(S, SHARES, gamma, 0.5, snr, sigma)
    assert at["mask_ratio"] == pytest.approx(gamma / (gamma + snr))
    assert best.mask_ratio == pytest.approx(at["mask_ratio"], abs=1e-6)
    step = 1e-5
    ends = rl.risk(mask_ratio=[0.5 - step, 0.5 + step], **asked, **ENDLESS).total
    assert at["slope"] == pytest.approx(np.diff(ends)[0] / (2 * step), rel=1e-6)
    assert form(S, SHARES, gamma, at["mask_ratio"], snr, sigma)["slope"] == pytest.approx(
        0, abs=1e-12
    )
    bayes = function("bayes_risk")(S, SHARES, gamma, snr, sigma)["risk"]
    assert bayes == pytest.approx(best.risk, rel=OPTIMUM)
    exact = rl.risk(mask_ratio=at["mask_ratio"], **asked, **ENDLESS).total
    assert bayes == pytest.approx(exact, rel=CLOSED_FORM)


@pytest.mark.parametrize(("gamma", "snr"), CASES)
def test_the_best_ratio_beside_a_ridge(gamma: float, snr: float) -> None:
    form, d0 = function("best_ratio_rescaled_with_ridge"), S.mean()
    asked = without_direction(snr) | {"aspect_ratio": gamma, **ENDLESS}
    best = d0 * gamma / snr
    found = rl.optimal_mask_ratio(**asked, ridge=best / 3)
    wanted = form(gamma, best / 3, d0, snr)["mask_ratio"]
    assert found.mask_ratio == pytest.approx(wanted, abs=1e-6)
    assert found.risk == pytest.approx(rl.optimal_mask_ratio(**asked).risk, rel=OPTIMUM)
    assert form(gamma, 0.0, d0, snr)["mask_ratio"] == pytest.approx(gamma / (gamma + snr))
    assert form(gamma, best, d0, snr)["mask_ratio"] == 0
    assert rl.optimal_mask_ratio(**asked, ridge=2 * best).mask_ratio == 0
    with pytest.raises(rl.DomainError, match="best_ratio_rescaled_with_ridge must have"):
        form(gamma, 2 * best, d0, snr)


@pytest.mark.parametrize(
    "other",
    [
        {"test_mask_ratio": 0.4},
        {"target": rl.LinearTarget(snr=0.5, alignment=1.0)},
        {"masks_per_sample": 4},
        {"fill": "zero"},
    ],
    ids=["masked test", "direction", "few masks", "zeros"],
)
def test_limits_of_the_best_ratio(other: dict[str, Any]) -> None:
    """Each condition that the form names is one: without it another ratio is best."""
    best = 0.4 / (0.4 + 0.5)
    asked = without_direction(0.5) | {"aspect_ratio": 0.4, **ENDLESS}
    assert rl.optimal_mask_ratio(**asked).mask_ratio == pytest.approx(best, abs=1e-6)
    assert abs(rl.optimal_mask_ratio(**asked | other).mask_ratio - best) > 0.02


THREE = ([0.1, 0.5, 0.9], [0.2, 0.5, 0.3])


def blocks(masks: int) -> float:
    """Mean of a/(a + b) over the rows of masks with ratios of their own: E[S/(1 + S)]/K."""
    p, weight = (np.array(x) for x in THREE)
    found = 0.0
    for drawn in itertools.product(range(p.size), repeat=masks):
        total = sum((1 - p[i]) / p[i] for i in drawn)
        found += math.prod(weight[i] for i in drawn) * total / (1 + total)
    return found / masks


@pytest.mark.parametrize(
    ("scheme", "masks", "rows", "share"),
    [
        (rl.DiscreteRatio(*THREE), 1, 1.0, 0.46),
        (rl.UniformRatio(0.1, 0.7), 1, 1.0, 0.6),
        (0.3, 5, 5.0, 1 / (5 + 0.3 / 0.7)),
        (rl.DiscreteRatio(*THREE), 3, 3.0, blocks(3)),
    ],
    ids=["law", "uniform", "K masks", "K masks of a law"],
)
def test_any_rescaled_scheme_is_one_number(
    scheme: Any, masks: int, rows: float, share: float
) -> None:
    v = {"psi": 2.5, "Qbar": share, "p_t": 0.2, "r": 1.3, "sigma": 0.7}
    found = flat(
        v, mask_ratio=scheme, masks_per_sample=masks, aspect_ratio=rows * v["psi"], fill="rescale"
    )
    assert error(FUNCTIONS["isotropic_rescaled_interpolation"](*v.values()), found) < CLOSED_FORM
    wrong = v | {"Qbar": 0.9 * share}
    assert error(FUNCTIONS["isotropic_rescaled_interpolation"](*wrong.values()), found) > 1e-2


@pytest.mark.parametrize(
    ("psi", "snr"), [(0.3, 0.2), (0.3, 0.8), (0.3, 2.0), (0.1, 0.05), (0.45, 0.7), (0.2, 1.0)]
)
def test_the_best_ratio_of_isotropic_features(psi: float, snr: float) -> None:
    form = function("best_ratio_isotropic_rescaled")(psi, snr)
    asked = {"spectrum": [1.0], "aspect_ratio": psi, "target": rl.LinearTarget(snr=snr)}
    best = rl.optimal_mask_ratio(**asked, fill="rescale").mask_ratio
    assert float(form["mask_ratio"]) == pytest.approx(best, abs=1e-6)
    assert form["curvature"] > 0


@pytest.mark.parametrize(
    ("psi", "side"), [(0.6, "below"), (0.9, "below"), (1.3, "above"), (4.0, "above")]
)
def test_all_or_nothing_of_isotropic_features(psi: float, side: str) -> None:
    form = function("least_snr_isotropic_rescaled")(psi)
    assert form[f"curvature_{side}"] < 0
    for factor, wanted in ((0.99, 1.0), (1.01, 0.0)):
        target = rl.LinearTarget(snr=factor * form[f"snr_{side}"])
        best = rl.optimal_mask_ratio([1.0], aspect_ratio=psi, target=target, fill="rescale")
        assert best.mask_ratio == wanted
