"""Closed forms for a spectrum of two levels, such as a spike of finite share in a flat bulk."""

from __future__ import annotations

from typing import Any

import sympy as sp

from ridgeless.symbolic.algebra import positive_root, tidy
from ridgeless.symbolic.any_spectrum import (
    ENERGY,
    KEPT,
    MORE,
    NO_RIDGE,
    effective_ridge,
    least_squares,
)
from ridgeless.symbolic.closed_form import ClosedForm, closed_form
from ridgeless.symbolic.equations import (
    Expr,
    Mean,
    d0,
    ell,
    kappa,
    on_levels,
    p,
    p_t,
    psi,
    ridge,
    s,
    sigma,
)

s1, s2, h1, r1, r2 = sp.symbols("s_1 s_2 h_1 r_1 r_2", positive=True)
ell1, ell2, gamma, t, mass, z = sp.symbols("ell_1 ell_2 gamma t b_t z", positive=True)
LEVELS = (h1, s1, s2)
BULK = ((s1, h1), (s2, 1 - h1))
SIGNAL = ((s1, r1**2), (s2, r2**2))
DEFINITIONS = (ENERGY, (d0, on_levels(Mean(s), BULK, ())), *KEPT[1:])
EXAMPLE = {psi: 2, h1: sp.Rational(1, 2), ell1: 1, ell2: 2, s1: 1, s2: 2}


#: Eigenvalues of the rows' covariance at the two levels.
ENERGIES = tuple((x, ENERGY[1].subs(s, level)) for x, level in ((ell1, s1), (ell2, s2)))


def ridge_equation() -> Expr:
    """Return the equation for kappa in terms of ell_1 and ell_2."""
    return on_levels(effective_ridge().equation, (({ell: ell1}, h1), ({ell: ell2}, 1 - h1)), ())


def solved_ridge() -> tuple[tuple[Expr, Expr], ...]:
    """Without ridge the equation is a quadratic."""
    root = positive_root(ridge_equation().subs(ridge, 0), kappa, EXAMPLE)
    return (kappa, root), *ENERGIES


@closed_form
def two_levels_interpolation() -> ClosedForm:
    r"""Two levels, one mask ratio, more features than rows: a quadratic for :math:`\kappa`.

    A share :math:`h_1` of the eigenvalues is :math:`s_1`, the rest :math:`s_2`; beta has squared
    mass :math:`r_1^2` and :math:`r_2^2` there. The averages are sums of two terms.
    """
    form = effective_ridge()
    return ClosedForm(
        symbols=(*LEVELS, r1, r2, psi, p, p_t, sigma),
        parts=form.parts,
        conditions=(MORE, NO_RIDGE),
        equations=form.equations,
        where=(*solved_ridge(), *DEFINITIONS),
        bulk=BULK,
        signal=SIGNAL,
    )


@closed_form
def two_levels_ridge() -> ClosedForm:
    r"""Two levels, one mask ratio, any ridge: SymPy stops at a cubic for :math:`\kappa`.

    Cardano's formula would solve it, with complex intermediate values and no insight.
    """
    form = effective_ridge()
    return ClosedForm(
        symbols=(*LEVELS, r1, r2, psi, ridge, p, p_t, sigma),
        parts=form.parts,
        conditions=(),
        equations=form.equations,
        unknown=kappa,
        equation=ridge_equation(),
        where=(*ENERGIES, *DEFINITIONS),
        bulk=BULK,
        signal=SIGNAL,
    )


def masked_feature() -> tuple[Any, tuple[tuple[Expr, Expr], ...]]:
    """Return where the signal of a masked feature lies, and the definitions that go with it.

    m(z) = <1/(s - z)> has one zero t between the levels. Beta has all its mass there, and the
    noise is 1/m(0) (eq-masked-feature).
    """
    m = on_levels(Mean(1 / (s - z)), BULK, ())
    zero = positive_root(m, z, EXAMPLE)
    definitions = (
        (sigma, sp.sqrt(tidy(1 / m.subs(z, 0)))),
        (mass, tidy(1 / m.diff(z).subs(z, zero)) / t**2),
        (t, zero),
        (psi, gamma / p),
    )
    return ((t, mass),), definitions


def of_masked_feature(
    form: ClosedForm,
    side: Expr,
    labels: tuple[str, ...],
    solved: tuple[tuple[Expr, Expr], ...] = (),
) -> ClosedForm:
    """Return a form for the signal of a masked feature, on one side of the threshold."""
    signal, definitions = masked_feature()
    return ClosedForm(
        symbols=(*LEVELS, gamma, p, p_t),
        parts=form.parts,
        conditions=(side, NO_RIDGE),
        equations=("eq-masked-feature", "eq-classes-masked", *labels),
        where=(*solved, *definitions, *DEFINITIONS),
        bulk=BULK,
        signal=signal,
    )


@closed_form
def masked_feature_least_squares() -> ClosedForm:
    r"""A masked feature of two-level data, :math:`\gamma < p`.

    Rows count where the target is masked, so that :math:`\psi = \gamma/p`; one mask ratio,
    otherwise as the least-squares form.
    """
    form = least_squares()
    return of_masked_feature(form, sp.Lt(gamma, p), form.equations[1:])


@closed_form
def masked_feature_interpolation() -> ClosedForm:
    r"""A masked feature of two-level data, :math:`\gamma > p`."""
    form = two_levels_interpolation()
    return of_masked_feature(form, sp.Gt(gamma, p), form.equations[:1], solved_ridge())
