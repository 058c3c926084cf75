"""Two levels: the quadratic, where a masked feature's signal lies, and the flat limit."""

import numpy as np
import pytest
import sympy as sp

from ridgeless.symbolic import two_levels as two
from ridgeless.symbolic.equations import kappa, psi, ridge, sigma
from tests.reference import without_one_feature
from tests.ridgeless.symbolic.forms import FORMS, PARTS
from tests.tolerances import CLOSED_FORM, IDENTITY

VALUES = {two.h1: sp.Rational(1, 4), two.s1: sp.Rational(1, 2), two.s2: 3}


def test_the_quadratic_solves_the_equation() -> None:
    root = dict(two.solved_ridge())[kappa]
    at = {two.h1: sp.Rational(1, 4), two.ell1: sp.Rational(2, 5), two.ell2: 2, psi: 3}
    left = two.ridge_equation().subs(ridge, 0).subs(kappa, root.subs(at)).subs(at)
    assert abs(float(sp.N(left, 30))) < CLOSED_FORM
    assert float(root.subs(at)) > 0


def test_a_masked_features_signal_lies_between_the_levels() -> None:
    signal, definitions = two.masked_feature()
    (found,), (mass,), noise = without_one_feature([0.5, 3.0, 3.0, 3.0])
    where = dict(definitions)
    zero = where[two.t].subs(VALUES)
    assert float(zero) == pytest.approx(float(found), rel=IDENTITY)
    given = where[two.mass].subs(two.t, zero).subs(VALUES)
    assert float(given) == pytest.approx(float(mass), rel=IDENTITY)
    assert float(where[sigma].subs(VALUES)) ** 2 == pytest.approx(float(noise), rel=IDENTITY)
    assert signal == ((two.t, two.mass),)


@pytest.mark.parametrize("share", [0.3, 0.9])
def test_equal_levels_are_one(share: float) -> None:
    flat = FORMS["isotropic_interpolation"].function()(2.5, 0.3, 0.2, 1.0, 0.5)
    split = np.sqrt([0.25, 0.75])
    form = FORMS["two_levels_interpolation"].function()
    found = form(share, 1.0, 1.0, *split, 2.5, 0.3, 0.2, 0.5)
    for part in PARTS:
        assert float(found[part]) == pytest.approx(float(flat[part]), rel=IDENTITY)
