"""Closed forms for rescaled rows, whose kept entries are divided by 1 - p as dropout does."""

from __future__ import annotations

from typing import NamedTuple

import sympy as sp

from ridgeless.symbolic.algebra import isotropic, tidy
from ridgeless.symbolic.any_spectrum import FEWER, MORE, NO_RIDGE, effective_ridge_equation
from ridgeless.symbolic.closed_form import ClosedForm, closed_form, h
from ridgeless.symbolic.equations import (
    ONE,
    RESCALED,
    ZERO,
    Equivalent,
    Expr,
    K,
    Mean,
    RowClass,
    averaged_masks,
    b,
    d0,
    kappa,
    on_levels,
    one_ratio,
    p,
    p_t,
    psi,
    q,
    q_t,
    r,
    replace_means,
    rescaled,
    ridge,
    s,
    several_masks,
    sigma,
)
from ridgeless.symbolic.isotropic import (
    ABOVE,
    BELOW,
    KEPT,
    READ_OUT,
    Scheme,
    g1,
    g2,
    parts,
    solved,
    w,
)

Q, snr, inverse_mean = sp.symbols("Qbar snr q_-1", positive=True)
_E1, _E2, _Q1 = sp.symbols("E_1 E_2 Q_1", positive=True)
#: <s/(s + kappa)>, <s^2/(s + kappa)^2> and <s^2/(s + kappa)^3>.
A, B, C = sp.symbols("A B C", positive=True)

ONE_RATIO = Scheme((p,), (rescaled(one_ratio(q, p), q),), "eq-classes-rescaled", KEPT)


@closed_form
def rescaled_one_ratio() -> ClosedForm:
    r"""One ratio, K masks, any spectrum: rescaled is zero-filled with another ridge, times q.

    Each :math:`S_k` is :math:`1/q^2` of that of rows with zeros, each :math:`c_k` is
    :math:`1/q`. At :math:`g_k/q^2` the fixed point is the same if the ridge is
    :math:`\lambda/q^2`, and SymPy divides the two mean predictors. (:math:`\hat b` itself: put
    :math:`b = qb'` in the loss.) So without a ridge a rescaled ratio is no new one: at
    :math:`p_t = p`, inputs treated alike, the two risks are equal.
    """
    zeros = several_masks(q, p, K)
    at = Equivalent(zeros, (g1, g2), ONE)
    new = Equivalent(tuple(rescaled(k, q) for k in zeros), (g1 / q**2, g2 / q**2), ONE)
    wanted = sp.Symbol("x", positive=True)
    pairs = zip(at.fixed_point(ridge), new.fixed_point(wanted), strict=True)
    ridges = {sp.solve(sp.expand(y - x / q**2), wanted)[0] for x, y in pairs}
    if len(ridges) != 1:
        raise ArithmeticError("no ridge makes rescaled rows equivalent")
    return ClosedForm(
        symbols=(ridge, p),
        parts={"factor": sp.cancel(new.learned() / at.learned()), "ridge": ridges.pop()},
        conditions=(),
        equations=("eq-classes-rescaled", "eq-classes-K", "eq-fixed-point", "eq-mean-predictor"),
        where=(KEPT[0],),
    )


@closed_form
def harmonic_mean() -> ClosedForm:
    r"""Infinitely many masks, rescaled: a law of ratios is the one ratio of the same E'[1/q].

    Rescaled rows have :math:`E'[a] = 1` and :math:`E'[b] = E'[p/q] = E'[1/q] - 1`: plain ridge
    regression with :math:`\lambda + d_0E'[p/q]`, whatever :math:`\lambda`. With
    :math:`q_{-1} = E'[1/q]`, solve for the ratio of the same :math:`p/q`.
    """
    (found,) = sp.solve(p / (1 - p) - (inverse_mean - 1), p)
    return ClosedForm(
        symbols=(inverse_mean,),
        parts={"mask_ratio": sp.expand(found)},
        conditions=(sp.Ge(inverse_mean, 1),),
        equations=("eq-classes-rescaled", "eq-harmonic-mean"),
    )


class Ridge(NamedTuple):
    """Ridge regression with a signal without direction, as functions of kappa."""

    risk: Expr  #: on unmasked inputs
    slope: Expr  #: its derivative in the ridge
    ridge: Expr
    means: dict[Expr, Expr]  #: the averages that stand in them as symbols


def _ridge_regression() -> Ridge:
    r"""Infinitely many masks of rescaled rows, <f>_beta = r^2 <f>.

    All averages are made of A, B and C, so that nothing is left to be recognised.
    """
    lam = sp.Symbol("lam", positive=True)
    poles = [Mean(1 / (s + kappa) ** k) for k in (1, 2, 3)]
    one = (1 - A) / kappa
    two = (B - 1 + 2 * kappa * one) / kappa**2
    three = (C - one + 2 * kappa * two) / kappa**2
    named = dict(zip(poles, (one, two, three), strict=True))

    def in_poles(expression: Expr) -> Expr:
        """Write averages of fractions through A, B and C."""

        def split(f: Expr) -> Expr:
            return sp.Add(*(Mean(term) for term in sp.Add.make_args(sp.apart(f, s))))

        return replace_means(expression, split, lambda f: r**2 * split(f)).subs(named)

    at, equation = effective_ridge_equation(averaged_masks(ONE), lam)
    unmasked = {q_t: ONE, p_t: ZERO}
    total = sp.Add(*at.parts().values()).subs(unmasked)
    (lam_of,) = sp.solve(equation, lam)
    slope = in_poles(total.diff(kappa)) / in_poles(lam_of.diff(kappa))
    means = {A: s / (s + kappa), B: s**2 / (s + kappa) ** 2, C: s**2 / (s + kappa) ** 3}
    return Ridge(
        in_poles(total), sp.factor(slope), in_poles(lam_of), {x: Mean(y) for x, y in means.items()}
    )


def _in_ridge(expression: Expr, given: Ridge, lam: Expr) -> Expr:
    """Write A through the ridge."""
    (found,) = sp.solve(given.ridge - lam, A)
    return sp.factor(expression.subs(A, found))


#: |beta|^2 of a signal-to-noise ratio, for a signal without direction.
_STRENGTH = snr * sigma**2 / d0


def _best_ridge() -> tuple[Ridge, Expr]:
    """Return ridge regression and its best ridge, where the derivative of the risk is zero."""
    given, lam = _ridge_regression(), sp.Symbol("lam", positive=True)
    slope = _in_ridge(given.slope, given, lam).subs(r, sp.sqrt(_STRENGTH))
    (best,) = sp.solve(sp.numer(sp.together(slope)), lam)
    return given, best


_BEST = ("eq-best-rescaled", "eq-harmonic-mean", "eq-single-class", "eq-bias", "eq-variance")


@closed_form
def best_ratio_rescaled() -> ClosedForm:
    r"""Infinitely many rescaled masks: a best ratio that is the same for every spectrum.

    The rows are those of ridge regression with ridge :math:`d_0 p/q`. The derivative of the risk
    in the ridge is :math:`r^2\lambda - \psi\sigma^2` times something positive: one global
    minimum. :math:`\psi = d/n` here. It holds for a linear task whose signal has no preferred
    direction (alignment 0), on unmasked test inputs; with any law of ratios of that harmonic
    mean, since only :math:`E'[1/q]` matters; and with any row power, as the minimum is Bayes'
    estimator given the samples. It does not hold for masked test inputs, a signal with a
    direction, finitely many masks, or zeros instead of rescaling.
    """
    given, best = _best_ridge()
    lam = d0 * p / (1 - p)
    (ratio,) = sp.solve(lam - best, p)
    slope = _in_ridge(given.slope, given, lam).subs(r, sp.sqrt(_STRENGTH)) * lam.diff(p)
    slope = tidy(sp.factor(slope).xreplace({p - 1: -q, 1 - p: q}))
    slope = slope.replace(lambda x: x.is_Add and x.has(p), lambda x: sp.collect(x, p))
    return ClosedForm(
        symbols=(s, h, psi, p, snr, sigma),
        parts={"mask_ratio": ratio, "slope": slope.subs(given.means)},
        conditions=(NO_RIDGE,),
        equations=_BEST,
        unknown=kappa,
        equation=sp.expand((given.ridge - d0 * p / q).subs(given.means) / kappa),
        where=((d0, Mean(s)), KEPT[0]),
    )


@closed_form
def best_ratio_rescaled_with_ridge() -> ClosedForm:
    r"""The same beside a ridge: masks add what is missing to the best one.

    :math:`\lambda + d_0 p/q` is the whole ridge. A ridge beyond the best one, which is
    :math:`d_0\psi/\mathrm{snr}`, leaves nothing to add: no mask is best.
    """
    _, best = _best_ridge()
    (ratio,) = sp.solve(ridge + d0 * p / (1 - p) - best, p)
    return ClosedForm(
        symbols=(psi, ridge, d0, snr),
        parts={"mask_ratio": sp.factor(ratio)},
        conditions=(sp.Le(ridge, best),),
        equations=_BEST,
    )


@closed_form
def bayes_risk() -> ClosedForm:
    r"""The risk at the best rescaled ratio, which no scheme, law or ridge undercuts.

    With the best ridge :math:`\lambda_*` put in, all averages cancel but for :math:`\kappa`. It
    is the risk of the posterior mean under a Gaussian prior of the same mass in every direction.
    """
    given, best = _best_ridge()
    lam = sp.Symbol("lambda_*", positive=True)
    (strength,) = sp.solve((best - lam).subs(snr, r**2 * d0 / sigma**2), r)
    return ClosedForm(
        symbols=(s, h, psi, snr, sigma),
        parts={"risk": _in_ridge(given.risk.subs(r, strength), given, lam)},
        conditions=(NO_RIDGE,),
        equations=_BEST,
        unknown=kappa,
        equation=sp.expand((given.ridge - lam).subs(given.means) / kappa),
        where=((lam, best), (d0, Mean(s))),
    )


def _isotropic_form(scheme: Scheme, e: Expr) -> ClosedForm:
    """Solve without ridge, test inputs rescaled too."""
    at = solved(scheme, e, ABOVE if e == 1 else BELOW, test=RESCALED)
    return ClosedForm(
        symbols=(psi, *scheme.arguments, p_t, r, sigma),
        parts=parts(at),
        conditions=(MORE if e == 1 else FEWER, NO_RIDGE),
        equations=("eq-isotropic-rescaled", "eq-test-input", scheme.source, *READ_OUT),
        where=scheme.where,
    )


@closed_form
def isotropic_rescaled_least_squares() -> ClosedForm:
    """Isotropic features, one rescaled ratio, more rows than features, rescaled test inputs."""
    return _isotropic_form(ONE_RATIO, ZERO)


@closed_form
def isotropic_rescaled_interpolation() -> ClosedForm:
    r"""Isotropic features, any rescaled scheme, more features than rows.

    The scheme enters through one number alone, :math:`\bar Q`, the mean of
    :math:`a_k/(a_k + b_k)` over its rows. It is q for one ratio, E'[q] for a law and
    :math:`1/(K + p/q)` for K masks. SymPy puts in two classes of rows, of any energies and any
    such shares, and finds them together in :math:`\bar Q`; so more of them, two by two. K masks
    that each have their own ratio (eq-blocks) are :math:`E[S/(1 + S)]/K`, :math:`S = \sum q/p`.
    """
    (other,) = sp.solve(w * _Q1 + (1 - w) * sp.Symbol("Q_2") - Q, sp.Symbol("Q_2"))
    classes = [
        RowClass(weight, energy * (share * s + (1 - share) * d0), energy * share, energy * share)
        for weight, energy, share in ((w, _E1, _Q1), (1 - w, _E2, other))
    ]
    m = psi - 1  # as for every scheme: conservation, eq-conservation
    at = Equivalent(tuple(classes), (_E1 * m, _E2 * m), ONE, test=RESCALED)
    for left in at.fixed_point(ZERO):
        if sp.factor(on_levels(left, ((ONE, ONE),), ())) != 0:
            raise ArithmeticError("m = psi - 1 does not solve the fixed point")
    learned = sp.factor(isotropic(Mean(at.learned())))
    found = {name: sp.factor(isotropic(part)) for name, part in at.parts(b_w=b).items()}
    if any(x.free_symbols & {w, _E1, _E2, _Q1} for x in (learned, *found.values())):
        raise ArithmeticError("the risk depends on more than Qbar")
    return ClosedForm(
        symbols=(psi, Q, p_t, r, sigma),
        parts={name: isotropic(sp.collect(part, Q)) for name, part in found.items()},
        conditions=(MORE, NO_RIDGE),
        equations=("eq-isotropic-rescaled", "eq-test-input", *READ_OUT),
        where=((b, learned), (q_t, 1 - p_t)),
    )


def _in_p(form: ClosedForm) -> Expr:
    """Return the risk of one ratio on unmasked inputs as a function of p and snr."""
    risk = sp.Add(*form.parts.values()).subs(form.where[:-1]).subs({q_t: ONE, p_t: ZERO})
    return risk.subs({Q: 1 - p, q: 1 - p}).subs(sigma, r / sp.sqrt(snr))


@closed_form
def best_ratio_isotropic_rescaled() -> ClosedForm:
    r"""Isotropic features, one rescaled mask, at least two rows per feature: the best ratio.

    The risk is a parabola in p, opening upwards for :math:`\psi < 1/2`: its vertex, or the end of
    [0, 1] that is nearer to it. With :math:`\mathrm{snr} \ge 1` no mask is best. :math:`r = 1`
    in the curvature.
    """
    risk = _in_p(isotropic_rescaled_least_squares())
    (vertex,) = sp.solve(risk.diff(p), p)
    return ClosedForm(
        symbols=(psi, snr),
        parts={
            "mask_ratio": sp.Max(0, sp.Min(1, tidy(vertex))),
            "curvature": tidy(risk.diff(p, 2).subs(r, 1)),
        },
        conditions=(sp.Lt(psi, sp.Rational(1, 2)), NO_RIDGE),
        equations=isotropic_rescaled_least_squares().equations,
    )


@closed_form
def least_snr_isotropic_rescaled() -> ClosedForm:
    r"""Isotropic features, one rescaled mask, fewer rows than that: no mask, or no prediction.

    The parabola in p opens downwards for :math:`1/2 < \psi < 1` and so does that above the
    threshold: an end of [0, 1] is best. It is p = 0 exactly if the signal-to-noise ratio exceeds
    that at which the risk at p = 0 is that of predicting nothing, below and above the threshold.
    """
    found: dict[str, Expr] = {}
    forms = (isotropic_rescaled_least_squares(), isotropic_rescaled_interpolation())
    for side, form in zip(("below", "above"), forms, strict=True):
        risk = _in_p(form)
        (least,) = sp.solve(sp.factor(risk.subs(p, 0) - risk.subs(p, 1)), snr)
        found[f"snr_{side}"] = tidy(least)
        found[f"curvature_{side}"] = tidy(sp.factor(risk.diff(p, 2).subs(r, 1)))
    return ClosedForm(
        symbols=(psi,),
        parts=found,
        conditions=(sp.Gt(psi, sp.Rational(1, 2)), NO_RIDGE),
        equations=isotropic_rescaled_interpolation().equations,
    )
