"""Closed forms that hold for any spectrum: one class of rows."""

from __future__ import annotations

import sympy as sp

from ridgeless.symbolic.algebra import tidy_parts
from ridgeless.symbolic.closed_form import SPECTRUM, ClosedForm, closed_form
from ridgeless.symbolic.equations import (
    ONE,
    ZERO,
    Equivalent,
    Expr,
    Mean,
    RowClass,
    averaged_masks,
    d0,
    ell,
    kappa,
    one_ratio,
    p,
    p_t,
    psi,
    q,
    q_t,
    ridge,
    s,
    sigma,
)

FEWER = sp.Lt(psi, 1)
MORE = sp.Gt(psi, 1)
#: Without assumptions, so that SymPy keeps the condition.
NO_RIDGE = sp.Eq(sp.Symbol("lambda"), 0)
NO_FEATURES = sp.Eq(sp.Symbol("psi"), 0)
KEPT = ((d0, Mean(s)), (q, 1 - p), (q_t, 1 - p_t))
ENERGY = (ell, one_ratio(q, p).energy)
#: One mask ratio, its covariance q^2 Sigma + q p D called ell.
ROWS = RowClass(ONE, ell, q, ONE)


def effective_ridge_equation(rows: RowClass, lam: Expr) -> tuple[Equivalent, Expr]:
    """One class at g = kappa in the form (base, e) = (lambda, 1), and the equation for kappa."""
    at = Equivalent((rows,), (kappa,), ONE)
    return at, sp.expand(at.fixed_point(lam)[0] / kappa)


@closed_form
def least_squares() -> ClosedForm:
    r"""One mask ratio, more rows than features, any spectrum.

    In the form (base, e) = (1, 0) the average in the fixed point is that of a constant, so that
    :math:`g = 1 + \psi g` for every spectrum. The mean predictor does not depend on the sample
    size.
    """
    unsolved = Equivalent((ROWS,), (kappa,), ZERO)
    (g,) = sp.solve(unsolved.fixed_point(ONE)[0], kappa)
    return ClosedForm(
        symbols=(*SPECTRUM, psi, p, p_t, sigma),
        parts=tidy_parts(Equivalent((ROWS,), (g,), ZERO).parts()),
        conditions=(FEWER, NO_RIDGE),
        equations=("eq-classes-law", "eq-fixed-point", "eq-bias", "eq-variance"),
        where=(ENERGY, *KEPT),
    )


@closed_form
def effective_ridge() -> ClosedForm:
    r"""One mask ratio with a ridge, or with more features than rows, any spectrum.

    One unknown :math:`\kappa = g` is left. Its equation, divided by :math:`\kappa`, increases in
    :math:`\kappa`; for J distinct eigenvalues it is a polynomial of degree J + 1 (J without
    ridge).
    """
    at, equation = effective_ridge_equation(ROWS, ridge)
    return ClosedForm(
        symbols=(*SPECTRUM, psi, ridge, p, p_t, sigma),
        parts=at.parts(),
        conditions=(),
        equations=("eq-single-class", "eq-classes-law", "eq-bias", "eq-variance"),
        unknown=kappa,
        equation=equation,
        where=(ENERGY, *KEPT),
    )


@closed_form
def unmasked() -> ClosedForm:
    r"""No mask, no ridge, more features than rows: the risk of Hastie et al. (2022).

    The case :math:`p = 0`, :math:`\ell = s` of the effective ridge. Their :math:`c_0\gamma` is
    :math:`1/\kappa`.
    """
    at, equation = effective_ridge_equation(RowClass(ONE, s, ONE, ONE), ZERO)
    return ClosedForm(
        symbols=(*SPECTRUM, psi, sigma),
        parts={name: part.subs({q_t: 1, p_t: 0}) for name, part in at.parts().items()},
        conditions=(MORE, NO_RIDGE),
        equations=("eq-single-class", "eq-bias", "eq-variance"),
        unknown=kappa,
        equation=equation,
    )


@closed_form
def population() -> ClosedForm:
    r"""Infinitely many rows: the predictor :math:`(q\Sigma + pD)^{-1}\Sigma\beta`.

    :math:`\psi = 0` in the least-squares form. The learned fraction is what the predictor makes
    of :math:`\beta` at eigenvalue s; nothing fluctuates.
    """
    form = least_squares()
    learned = Equivalent((one_ratio(q, p),), (ONE,), ZERO).learned()
    return ClosedForm(
        symbols=(*SPECTRUM, p, p_t),
        parts={"learned_fraction": learned} | {x: y.subs(psi, 0) for x, y in form.parts.items()},
        conditions=(NO_FEATURES, NO_RIDGE),
        equations=form.equations,
        where=(ENERGY, *KEPT),
    )


@closed_form
def infinitely_many_masks() -> ClosedForm:
    r"""Infinitely many masks per sample are a ridge, any spectrum.

    Plain rows whose target is inflated by :math:`1/q`, with ridge
    :math:`\mu = (\lambda + d_0 qp)/q^2`. :math:`\psi = d/n` here.
    """
    mu = sp.Symbol("mu", positive=True)
    at, equation = effective_ridge_equation(averaged_masks(1 / q), mu)
    return ClosedForm(
        symbols=(*SPECTRUM, psi, ridge, p, p_t, sigma),
        parts=at.parts(),
        conditions=(),
        equations=("eq-classes-K-inf", "eq-K-inf-ridge", "eq-bias", "eq-variance"),
        unknown=kappa,
        equation=equation,
        where=((mu, (ridge + d0 * q * p) / q**2), *KEPT),
    )


@closed_form
def equivalent_ratio() -> ClosedForm:
    r"""Infinitely many masks without ridge: the fixed ratio that a random one amounts to.

    With :math:`q_1 = E'q` and :math:`q_2 = E'[q^2]` over the rows, the law inflates by
    :math:`q_1/q_2` and adds the ridge :math:`d_0(q_1 - q_2)/q_2`. Solving for the ratio with the
    same inflation leaves the ridges equal too.
    """
    q1, q2, ratio = sp.symbols("q_1 q_2 p", positive=True)
    (found,) = sp.solve(1 / (1 - ratio) - q1 / q2, ratio)
    if sp.simplify(found / (1 - found) - (q1 - q2) / q2) != 0:
        raise ArithmeticError("a random ratio is not a fixed one")
    return ClosedForm(
        symbols=(q1, q2),
        parts={"mask_ratio": found},
        conditions=(sp.Le(q2, q1), NO_RIDGE),
        equations=("eq-classes-K-inf", "eq-K-inf-ridge"),
    )
