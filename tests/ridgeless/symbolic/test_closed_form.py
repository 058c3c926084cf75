"""Closed forms that SymPy derived: against `rl.risk`, and that they are derived."""

import re
from pathlib import Path

import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import ridgeless as rl
from ridgeless.symbolic import ClosedForm
from ridgeless.symbolic import equations as eq
from tests.ridgeless.symbolic.forms import (
    ANY,
    ARRAYS,
    ASK,
    FORMS,
    FUNCTIONS,
    RANGES,
    Values,
    above,
    below,
    error,
)
from tests.tolerances import CLOSED_FORM

DOCS = Path(rl.__file__).parents[1] / "docs"


def drawn(form: ClosedForm, data: st.DataObject) -> Values:
    """Draw the arguments of a form from where it holds."""
    sides = {str(c.lhs): c for c in form.conditions if isinstance(c, (sp.Lt, sp.Gt))}
    values: Values = {}
    for name in map(str, form.symbols):
        if name == "psi":
            both = st.one_of(below, above)
            side = {sp.StrictLessThan: below, sp.StrictGreaterThan: above}
            values[name] = data.draw(side.get(type(sides.get(name)), both), label=name)
        elif name == "gamma":  # gamma / p is psi
            values[name] = data.draw(below if isinstance(sides[name], sp.Lt) else above)
        else:
            values[name] = data.draw(RANGES[name], label=name)
    if "gamma" in values:
        values["gamma"] *= values["p"]
    return values


@pytest.mark.parametrize("name", ASK)
@settings(max_examples=20)
@given(data=st.data())
def test_each_part_is_what_the_engine_computes(name: str, data: st.DataObject) -> None:
    values = drawn(FORMS[name], data)
    if name.startswith("masked_feature") and abs(values["s_1"] - values["s_2"]) < 1e-3:
        return
    assert error(FUNCTIONS[name](*values.values()), ASK[name](values)) < CLOSED_FORM


# --- the interface -------------------------------------------------------------------------------


def test_a_form_says_where_it_holds() -> None:
    form = FORMS["isotropic_least_squares"].function()
    with pytest.raises(rl.DomainError, match="isotropic_least_squares must have psi < 1, got"):
        form(2.0, 0.5, 0.0, 1.0, 1.0)
    with pytest.raises(rl.DomainError, match="got 1 values"):
        form(0.5)
    with pytest.raises(rl.DomainError, match="must stop at a polynomial"):
        FORMS["least_squares"].polynomial()
    with pytest.raises(rl.ConvergenceError, match="no positive zero"):
        ANY["effective_ridge"](*ARRAYS, 0.5, 0.0, 0.3, 0.0, 1.0)


def test_where_SymPy_stops_there_is_a_polynomial() -> None:
    degrees = {"K_masks_ridge": 3, "two_levels_ridge": 3, "best_ratio_infinitely_many_masks": 6}
    for name, degree in degrees.items():
        assert FORMS[name].polynomial().degree() == degree
    stopped = {name for name, form in FORMS.items() if form.unknown is not None}
    needs_kappa = {"effective_ridge", "unmasked", "infinitely_many_masks"}
    needs_kappa |= {"small_ratio_interpolation"}
    rescaled = {"best_ratio_rescaled", "bayes_risk", "bayes_risk_power"}
    power = {"least_squares_power", "isotropic_least_squares_power", "interpolation_power"}
    assert stopped == degrees.keys() | needs_kappa | rescaled | power | {
        "small_ratio_interpolation"
    }


def test_explicit_formulas_hold_their_arguments_alone() -> None:
    form = FORMS["isotropic_ridge"]
    assert form.explicit("bias").free_symbols <= set(form.symbols)
    assert form.explicit("bias").subs(eq.p, 0).has(eq.ridge)


def test_every_form_names_equations_of_the_theory() -> None:
    labels = set(re.findall(r":label: (\S+)", (DOCS / "theory.md").read_text(encoding="utf-8")))
    for form in FORMS.values():
        assert form.derivation
        assert set(form.equations) <= labels, form.name
