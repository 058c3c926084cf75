"""The risk at small mask ratios, and best ratios where they have a closed form."""

from __future__ import annotations

import sympy as sp

from ridgeless.symbolic.algebra import isotropic, tidy, turn_signs
from ridgeless.symbolic.any_spectrum import (
    FEWER,
    KEPT,
    MORE,
    NO_FEATURES,
    NO_RIDGE,
    effective_ridge,
    effective_ridge_equation,
    least_squares,
    population,
)
from ridgeless.symbolic.closed_form import SPECTRUM, ClosedForm, closed_form
from ridgeless.symbolic.equations import (
    ONE,
    ZERO,
    Expr,
    Mean,
    SignalMean,
    averaged_masks,
    d0,
    ell,
    expand_means,
    kappa,
    p,
    p_t,
    psi,
    q,
    q_t,
    r,
    ridge,
    s,
    shorter,
    sigma,
)
from ridgeless.symbolic.isotropic import (
    isotropic_infinitely_many_masks,
    isotropic_interpolation,
    isotropic_least_squares,
    mu,
)

gamma, x, tau = sp.symbols("gamma x tau", positive=True)
D0 = ((d0, Mean(s)),)


def cbrt(expression: Expr) -> Expr:
    """Cube root, left as it is."""
    return sp.Pow(expression, sp.Rational(1, 3), evaluate=False)


def in_p(form: ClosedForm, expression: Expr) -> Expr:
    """Put in what the form calls ell and q, and unmasked test inputs."""
    values = dict(form.where) | {q_t: ONE}
    for symbol in (ell, q, q_t):
        expression = expression.subs(symbol, values.get(symbol, symbol))
    return expression.subs(p_t, 0)


def risk_in_p(form: ClosedForm) -> Expr:
    """Return the risk on unmasked test inputs as a function of p."""
    return in_p(form, sp.Add(*form.parts.values()))


def shorten_means(expression: Expr) -> Expr:
    """Write what is averaged as one fraction where that is shorter."""
    return expression.replace(
        lambda f: isinstance(f, Mean), lambda f: type(f)(shorter(sp.factor(f.args[0]), f.args[0]))
    )


@closed_form
def small_ratio_least_squares() -> ClosedForm:
    r"""Risk on unmasked inputs to second order in p, more rows than features.

    Taylor's series of the least-squares form: risk :math:`= R_0 + R_1 p + R_2 p^2 + O(p^3)`. A
    little masking helps exactly if :math:`R_1 < 0`, which is
    :math:`\sigma^2(d_0\langle 1/s\rangle - 2) > d_0|\beta|^2`.
    """
    risk = risk_in_p(least_squares())
    orders = [risk.diff(p, k).subs(p, 0) / sp.factorial(k) for k in range(3)]
    return ClosedForm(
        symbols=(*SPECTRUM, psi, sigma),
        parts={
            f"R_{k}": tidy(expand_means(order * (1 - psi))) / (1 - psi)
            for k, order in enumerate(orders)
        },
        conditions=(FEWER, NO_RIDGE),
        equations=least_squares().equations,
        where=D0,
    )


@closed_form
def small_ratio_interpolation() -> ClosedForm:
    r"""Risk on unmasked inputs to first order in p, more features than rows.

    The effective ridge moves with p too: its equation :math:`F(\kappa, p) = 0` gives
    :math:`\kappa_p = -F_p/F_\kappa`. So :math:`R_1 = R_p + \kappa_p R_\kappa`, all at p = 0.
    """
    form = effective_ridge()
    risk, equation = risk_in_p(form), in_p(form, form.equation).subs(ridge, 0)
    R_p, R_kappa, slope = sp.symbols("R_p R_kappa kappa_p")
    derivatives = {
        R_p: risk.diff(p),
        R_kappa: risk.diff(kappa),
        slope: -equation.diff(p) / equation.diff(kappa),
    }
    at_zero = [(name, shorten_means(value.subs(p, 0))) for name, value in derivatives.items()]
    return ClosedForm(
        symbols=(*SPECTRUM, psi, sigma),
        parts={"R_0": shorten_means(risk.subs(p, 0)), "R_1": R_p + slope * R_kappa},
        conditions=(MORE, NO_RIDGE),
        equations=form.equations,
        unknown=kappa,
        equation=equation.subs(p, 0),
        where=(*at_zero, *D0),
    )


@closed_form
def best_ratio_isotropic() -> ClosedForm:
    r"""Isotropic features and a linear task: no mask is best.

    The derivative of the risk in p, below (:math:`\psi < 1`) and above the threshold, is
    positive whatever the test mask ratio: one mask per sample, no ridge.
    """
    slopes = {}
    for name, form in (("below", isotropic_least_squares()), ("above", isotropic_interpolation())):
        risk = sp.Add(*form.parts.values()).subs(q, 1 - p)
        slopes[f"slope_{name}"] = isotropic(risk.diff(p).subs(p, 1 - q))
    return ClosedForm(
        symbols=(psi, p, p_t, r, sigma),
        parts={"mask_ratio": ZERO, **slopes},
        conditions=(NO_RIDGE,),
        equations=isotropic_least_squares().equations,
        where=isotropic_least_squares().where,
    )


@closed_form
def best_ratio_population() -> ClosedForm:
    r"""Infinitely many rows: the ratio of the test inputs is best, for any spectrum.

    The derivative of the bias in p is one average, whose integrand SymPy factors: :math:`p - p_t`
    times something positive.
    """
    form = population()
    (integrand,) = in_p_t(form).args
    slope = tidy(integrand.diff(p))
    (best,) = sp.solve(sp.numer(slope) / (s - d0) ** 2, p)
    energy = p * d0 + q * s
    slope = turn_signs(slope.xreplace({p_t - 1: -q_t, sp.expand(energy.subs(q, 1 - p)): energy}))
    return ClosedForm(
        symbols=(*SPECTRUM, p, p_t),
        parts={"mask_ratio": best, "slope": SignalMean(slope)},
        conditions=(NO_FEATURES, NO_RIDGE),
        equations=form.equations,
        where=KEPT,
    )


def in_p_t(form: ClosedForm) -> Expr:
    """Return the bias of a form in p and p_t alone."""
    bias = form.parts["bias"].subs(ell, dict(form.where)[ell])
    return bias.subs({q: 1 - p, q_t: 1 - p_t})


@closed_form
def best_ratio_many_rows() -> ClosedForm:
    r"""A linear task with many rows per feature: best ratio to first order in :math:`\psi`.

    Put :math:`p = x\psi` in the derivative of the risk. The leading order in :math:`\psi` is
    linear in x. If the result is negative, or x is, no mask is best.
    """
    slope = risk_in_p(least_squares()).diff(p).subs(p, x * psi)
    leading = shorten_means(slope.diff(psi).subs(psi, 0))
    (root,) = sp.solve(leading, x)
    return ClosedForm(
        symbols=(*SPECTRUM, psi, sigma),
        parts={"mask_ratio": psi * tidy(root)},
        conditions=(FEWER, NO_RIDGE),
        equations=least_squares().equations,
        where=D0,
    )


@closed_form
def best_ratio_masked_feature() -> ClosedForm:
    r"""A masked feature with many samples: best ratio to leading order in :math:`\gamma`.

    Rows count where the target is masked, :math:`\psi = \gamma/p`: few masks cost rows. With
    :math:`p = x\tau`, :math:`\gamma = \tau^3` both terms of the derivative are of order
    :math:`\tau`. Averages over beta are those of eq-masked-feature.
    """
    risk = risk_in_p(least_squares()).subs(psi, gamma / p)
    slope = risk.diff(p).subs(gamma, tau**3).subs(p, x * tau)
    leading = shorten_means(slope.diff(tau).subs(tau, 0))
    (cube,) = sp.solve(sp.numer(sp.together(leading)).subs(x, cbrt(x)), x)
    return ClosedForm(
        symbols=(*SPECTRUM, gamma, sigma),
        parts={"mask_ratio": cbrt(gamma * cube)},
        conditions=(NO_RIDGE,),
        equations=("eq-masked-feature", "eq-classes-masked", *least_squares().equations),
        where=D0,
    )


def best_noise() -> tuple[Expr, Expr]:
    r"""Return sigma^2 for which a ratio is best, and mu = p/q, as functions of kappa.

    :math:`\mu` is rational in :math:`\kappa`, which takes the place of p. The derivative of the
    risk in :math:`\kappa` is linear in the noise.
    """
    at, equation = effective_ridge_equation(averaged_masks(1 + mu), mu)
    (ridge_of,) = sp.solve(isotropic(equation), mu)
    risk = sp.Add(*(isotropic(part.subs({q_t: 1, p_t: 0})) for part in at.parts().values()))
    slope = sp.factor(risk.subs(mu, ridge_of).diff(kappa))
    (noise,) = sp.solve(sp.numer(slope), sigma**2)
    return tidy(noise), ridge_of


@closed_form
def noise_of_best_ratio() -> ClosedForm:
    r"""Isotropic features, infinitely many masks: the noise for which a given ratio is best.

    The derivative of the risk in the effective ridge is linear in :math:`\sigma^2`. Where the
    result is negative the ratio is best for no noise.
    """
    form = isotropic_infinitely_many_masks()
    where = [(name, value) for name, value in form.where if name in (kappa, mu, q)]
    return ClosedForm(
        symbols=(psi, p, r),
        parts={"noise": best_noise()[0]},
        conditions=form.conditions,
        equations=form.equations,
        where=tuple(where),
    )


@closed_form
def best_ratio_infinitely_many_masks() -> ClosedForm:
    r"""Isotropic features, infinitely many masks, fewer features than samples: the best ratio.

    `noise_of_best_ratio`, set equal to :math:`\sigma^2`, is a sextic for :math:`\kappa` that
    SymPy does not solve. (With much noise near the threshold predicting 0 can be better still.)
    """
    noise, ridge_of = best_noise()
    return ClosedForm(
        symbols=(psi, r, sigma),
        parts={"mask_ratio": tidy(ridge_of / (1 + ridge_of))},
        conditions=(FEWER, NO_RIDGE),
        equations=isotropic_infinitely_many_masks().equations,
        unknown=kappa,
        equation=sp.collect(sp.expand(sp.numer(sp.together(noise - sigma**2))), kappa),
    )
