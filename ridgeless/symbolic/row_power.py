r"""Closed forms for samples of random power.

:math:`\langle\cdot\rangle_\pi` is the mean over the samples, and :math:`\varrho = 1/\pi` one over
the power of a sample.
"""

from __future__ import annotations

import sympy as sp

from ridgeless.symbolic.algebra import isotropic, tidy_parts
from ridgeless.symbolic.any_spectrum import ENERGY, FEWER, MORE, NO_RIDGE, ROWS
from ridgeless.symbolic.any_spectrum import KEPT as KEPT_ANY
from ridgeless.symbolic.closed_form import POWERS, SPECTRUM, ClosedForm, closed_form, h
from ridgeless.symbolic.equations import (
    ONE,
    ZERO,
    Equivalent,
    Expr,
    Mean,
    PowerMean,
    SignalMean,
    averaged_masks,
    d0,
    kappa,
    p,
    p_t,
    psi,
    q_t,
    r,
    replace_means,
    rho,
    s,
    sigma,
)
from ridgeless.symbolic.isotropic import KEPT, m
from ridgeless.symbolic.rescaled import snr

J, alpha = sp.symbols("J alpha", positive=True)
_SOURCE = ("eq-row-power", "eq-classes-law", "eq-fixed-point", "eq-bias", "eq-variance")


def _power_named(expression: Expr, names: dict[Expr, Expr]) -> Expr:
    """Put names for averages over the power, whose integrands are keys."""
    of_power = {sp.factor(f): name for f, name in names.items()}
    return replace_means(expression, Mean, SignalMean, lambda f: of_power[sp.factor(f)])


def _least_squares() -> tuple[dict[str, Expr], Expr]:
    r"""Return the parts in m and J = <varrho/(varrho + m)^2>, and the equation for m.

    All g are varrho + m, and the average in the fixed point is that of a constant.
    """
    at = Equivalent((ROWS,), (rho + m,), ZERO, rho=rho)
    equation = sp.numer(sp.together(at.fixed_point(ONE)[0]))
    (mean,) = sp.solve(equation, PowerMean(1 / (rho + m)))
    # J = <1/g> - m <1/g^2>.
    names = {1 / (rho + m): mean, 1 / (rho + m) ** 2: (mean - J) / m, rho / (rho + m) ** 2: J}
    parts = {name: _power_named(part, names) for name, part in at.parts().items()}
    return tidy_parts(parts), equation


@closed_form
def least_squares_power() -> ClosedForm:
    r"""Samples of any power, a linear task, one mask ratio, more rows than features, any spectrum.

    As without power the mean predictor does not depend on the sample size, and one number is
    left to be found from the law of powers, whatever the spectrum. Without masks
    (:math:`p = p_t = 0`) the risk is :math:`\sigma^2 m`.
    """
    parts, equation = _least_squares()
    return ClosedForm(
        symbols=(*SPECTRUM, *POWERS, psi, p, p_t, sigma),
        parts=parts,
        conditions=(FEWER, NO_RIDGE),
        equations=_SOURCE,
        unknown=m,
        equation=equation,
        where=((J, PowerMean(rho / (rho + m) ** 2)), ENERGY, *KEPT_ANY),
    )


@closed_form
def isotropic_least_squares_power() -> ClosedForm:
    r"""Isotropic features, samples of any power, a linear task, more rows than features."""
    parts, equation = _least_squares()
    return ClosedForm(
        symbols=(*POWERS, psi, p, p_t, r, sigma),
        parts={name: isotropic(part) for name, part in parts.items()},
        conditions=(FEWER, NO_RIDGE),
        equations=_SOURCE,
        unknown=m,
        equation=equation,
        where=((J, PowerMean(rho / (rho + m) ** 2)), *KEPT),
    )


@closed_form
def interpolation_power() -> ClosedForm:
    r"""Samples of any power, a linear task, one mask ratio, more features than rows, any spectrum.

    Base is 0, so that no :math:`g` feels the power, and no part of the risk but that of the
    noise, which weighs more in small samples. For a masked feature the noise is
    as strong as the sample, and nothing of the power is left.
    """
    at = Equivalent((ROWS,), (kappa,), ONE, rho=rho)
    return ClosedForm(
        symbols=(*SPECTRUM, *POWERS, psi, p, p_t, sigma),
        parts=at.parts(),
        conditions=(MORE, NO_RIDGE),
        equations=("eq-row-power", "eq-single-class", "eq-classes-law", "eq-bias", "eq-variance"),
        unknown=kappa,
        equation=sp.expand(at.fixed_point(ZERO)[0] / kappa),
        where=(ENERGY, *KEPT_ANY),
    )


@closed_form
def bayes_risk_power() -> ClosedForm:
    r"""The risk at the best rescaled ratio with infinitely many masks, for any power of samples.

    At the ratio of `best_ratio_rescaled`, which does not depend on the power: all averages
    cancel but for m, the :math:`m_1` of the fixed point with base :math:`= \lambda_*`. Without
    power :math:`m = \kappa - \lambda_*`, and this is `bayes_risk`.
    """
    lam = sp.Symbol("lambda_*", positive=True)
    g = rho * lam + m
    at = Equivalent((averaged_masks(ONE),), (g,), ONE, rho=rho)
    inverse, square = sp.symbols("A E", positive=True)
    low, high = sp.symbols("T_1 T_2", positive=True)
    # <s/(1 + alpha s)^2> + alpha <s^2/(1 + alpha s)^2> = <s/(1 + alpha s)> = m/psi.
    of_power = {1 / g: inverse, 1 / g**2: square, rho / g**2: (inverse - m * square) / lam}
    of_spectrum = {s / (1 + inverse * s) ** 2: low, s**2 / (1 + inverse * s) ** 2: high}

    def named(f: Expr) -> Expr:
        return of_spectrum[sp.factor(f)]

    total = sp.Add(*at.parts().values()).subs({q_t: ONE, p_t: ZERO})
    total = _power_named(total, of_power)
    total = replace_means(total, named, lambda f: r**2 * named(f))
    total = total.subs(low, m / psi - inverse * high).subs(r, sp.sqrt(psi / lam) * sigma)
    return ClosedForm(
        symbols=(s, h, *POWERS, psi, snr, sigma),
        parts={"risk": sp.factor(total)},
        conditions=(NO_RIDGE,),
        equations=("eq-best-rescaled", "eq-row-power", "eq-fixed-point", "eq-bias", "eq-variance"),
        unknown=m,
        equation=ONE - psi * Mean(s / (1 + alpha * s)) / m,
        where=((alpha, PowerMean(1 / g)), (lam, d0 * psi / snr), (d0, Mean(s))),
    )
