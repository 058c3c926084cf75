"""Formulas for any spectrum, against the package and the literature."""

import math
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import ridgeless as rl
from ridgeless.symbolic import equations as eq
from ridgeless.symbolic.any_spectrum import ROWS, effective_ridge_equation
from tests import strategies
from tests.ridgeless.symbolic.forms import (
    ANY,
    FORMS,
    MASSES,
    RANGES,
    S,
    above,
    below,
    error,
    ratio,
    size,
    task,
)
from tests.tolerances import CLOSED_FORM


@settings(max_examples=40)
@given(
    values=strategies.positive_eigenvalues,
    psi=st.one_of(below, above),
    p=ratio,
    p_t=RANGES["p_t"],
    ridge=RANGES["lambda"],
    sigma=size,
)
def test_any_spectrum(
    values: list[float], psi: float, p: float, p_t: float, ridge: float, sigma: float
) -> None:
    s = np.sort(values)
    masses = np.cos(np.arange(s.size)) ** 2
    arrays = s, np.full(s.size, 1 / s.size), masses
    asked = task(s, list(masses), sigma)

    def risk(mask_ratio: float, **options: Any) -> rl.Risk:
        return rl.risk(mask_ratio=mask_ratio, **{"aspect_ratio": psi} | asked | options)

    test = {"test_mask_ratio": p_t}
    with_ridge = ANY["effective_ridge"](*arrays, psi, ridge, p, p_t, sigma)
    assert error(with_ridge, risk(p, ridge=ridge, **test)) < CLOSED_FORM
    endless = ANY["infinitely_many_masks"](*arrays, psi, ridge, p, p_t, sigma)
    assert error(endless, risk(p, ridge=ridge, masks_per_sample=math.inf, **test)) < CLOSED_FORM
    if psi < 1:
        plain = ANY["least_squares"](*arrays, psi, p, p_t, sigma)
        assert error(plain, risk(p, **test)) < CLOSED_FORM
    else:
        bare = ANY["effective_ridge"](*arrays, psi, 0.0, p, p_t, sigma)
        assert error(bare, risk(p, **test)) < CLOSED_FORM
        assert error(ANY["unmasked"](*arrays, psi, sigma), risk(0.0)) < CLOSED_FORM
    limit = ANY["population"](*arrays, p, p_t)
    assert error(limit, risk(p, aspect_ratio=0.0, **test)) < CLOSED_FORM
    learned = rl.learned_fraction(s, p, aspect_ratio=0.0, rows="all")
    np.testing.assert_allclose(limit["learned_fraction"], learned, rtol=CLOSED_FORM)


def test_the_unmasked_form_is_that_of_Hastie_et_al() -> None:
    """Theorem 3 of Hastie et al. (2022) with 1/kappa = c_0 gamma; their bias is ours and more."""
    form = FORMS["unmasked"]
    s, kappa, psi, sigma = eq.s, eq.kappa, eq.psi, eq.sigma
    u = s / kappa
    ratio_of_means = eq.Mean(s**2 / (1 + u) ** 2) / eq.Mean(s / (1 + u) ** 2)
    bias = (1 + ratio_of_means / kappa) * eq.SignalMean(s / (1 + u) ** 2)
    variance = sigma**2 * ratio_of_means / kappa
    levels = ((sp.Rational(1, 2), sp.Rational(1, 3)), (2, sp.Rational(2, 3)))
    # On two levels the equation is linear in psi, which leaves identities in kappa.
    (psi_of,) = sp.solve(eq.on_levels(form.equation, levels, ()), psi)

    def gap(ours: Any, theirs: Any) -> Any:
        return sp.factor(eq.on_levels(ours - theirs, levels, levels).subs(psi, psi_of))

    assert gap(form.parts["bias"] + form.parts["design_variance"], bias) == 0
    assert gap(form.parts["noise_variance"], variance) == 0


def test_the_effective_ridge_solves_the_fixed_point_equation() -> None:
    root = dict(FORMS["isotropic_ridge"].where)[eq.kappa]
    at, _ = effective_ridge_equation(ROWS, eq.ridge)
    (left,) = at.fixed_point(eq.ridge)
    left = eq.on_levels(left, (({eq.s: 1, eq.ell: eq.q}, 1),), ())
    assert sp.expand(sp.numer(sp.together(left)).subs(eq.kappa, root)) == 0


def test_a_random_ratio_is_a_fixed_one_for_infinitely_many_masks() -> None:
    law = rl.DiscreteRatio([0.1, 0.8], [0.3, 0.7])
    keep, weight = np.array([0.9, 0.2]), np.array([0.3, 0.7])
    fixed = FORMS["equivalent_ratio"].function()(weight @ keep, weight @ keep**2)["mask_ratio"]
    options = {**task(S, list(MASSES), 0.7), "aspect_ratio": 0.8, "masks_per_sample": math.inf}
    expected = rl.risk(mask_ratio=law, **options)
    risk = rl.risk(mask_ratio=fixed, **options)
    assert risk.total == pytest.approx(expected.total, rel=CLOSED_FORM)
