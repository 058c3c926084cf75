"""Forms for isotropic features solve the fixed point, and wrong equations give wrong forms."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sympy as sp

from ridgeless.symbolic import equations as eq
from ridgeless.symbolic import isotropic as iso
from ridgeless.symbolic.any_spectrum import ROWS
from tests.ridgeless.symbolic.forms import FORMS, FUNCTIONS, PARTS, error, flat
from tests.tolerances import CLOSED_FORM


@pytest.mark.parametrize("e", [0, 1])
def test_solutions_make_the_fixed_point_equations_zero(e: int) -> None:
    for scheme in (iso.ONE_RATIO, iso.TWO_RATIOS, iso.K_MASKS):
        if e == 0 and scheme is not iso.ONE_RATIO:
            continue  # quadratic: below
        at = iso.solved(scheme, sp.Integer(e), iso.ABOVE if e else iso.BELOW)
        levels = ({eq.s: 1, eq.ell: eq.q}, 1)
        for left in at.fixed_point(sp.Integer(1 - e)):
            assert sp.simplify(eq.on_levels(left, (levels,), ())) == 0


@pytest.mark.parametrize("scheme", [iso.TWO_RATIOS, iso.K_MASKS], ids=["two ratios", "K masks"])
def test_the_quadratic_solves_all_fixed_point_equations(scheme: iso.Scheme) -> None:
    name = "two_ratios" if scheme is iso.TWO_RATIOS else "K_masks"
    root = dict(FORMS[f"{name}_least_squares"].where)[iso.m]
    g = tuple(1 + k.energy * iso.m for k in scheme.classes)
    at = eq.Equivalent(scheme.classes, g, sp.Integer(0))
    for left in at.fixed_point(sp.Integer(1)):
        numerator = sp.numer(sp.factor(eq.on_levels(left, ((1, 1),), ())))
        assert sp.expand(sp.radsimp(numerator.subs(iso.m, root))) == 0


def wrong_rows() -> eq.Equivalent:
    """Rows without the noise that masks make."""
    scheme = iso.ONE_RATIO._replace(classes=(ROWS._replace(energy=eq.q**2 * eq.s),))
    return iso.solved(scheme, sp.Integer(1), iso.ABOVE)


def wrong_fixed_point() -> eq.Equivalent:
    """Features counted twice in the fixed point."""
    right = iso.solved(iso.ONE_RATIO, sp.Integer(1), iso.ABOVE)
    return replace(right, g=tuple(g.subs(eq.psi, 2 * eq.psi) for g in right.g))


@pytest.mark.parametrize("wrong", [wrong_rows, wrong_fixed_point])
def test_a_wrong_equation_gives_a_form_that_fails(wrong: Callable[[], eq.Equivalent]) -> None:
    values = {"psi": 2.0, "p": 0.4, "p_t": 0.1, "r": 1.0, "sigma": 0.5}
    right = FORMS["isotropic_interpolation"]
    form = replace(right, parts=iso.parts(wrong()))
    assert error(right.function()(*values.values()), flat(values)) < CLOSED_FORM
    assert error(form.function()(*values.values()), flat(values)) > 0.01


def test_many_masks_tend_to_infinitely_many() -> None:
    psi, p, p_t, r, sigma = 0.7, 0.4, 0.1, 1.0, 0.5
    limit = FORMS["isotropic_infinitely_many_masks"].function()(psi, p, p_t, r, sigma)
    gaps = []
    for masks in (1e3, 1e4):
        ridge = 1e-12
        many = FUNCTIONS["K_masks_ridge"](ridge, psi / masks, masks, p, p_t, r, sigma)
        gaps.append(abs(sum(many[x] for x in PARTS) - sum(limit[x] for x in PARTS)))
    assert gaps[0] < 1e-2
    assert gaps[1] == pytest.approx(gaps[0] / 10, rel=0.05)
