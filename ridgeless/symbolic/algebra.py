"""The few algebraic steps that all derivations share."""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from ridgeless.symbolic.equations import (
    ONE,
    Expr,
    Levels,
    Mean,
    ell,
    on_levels,
    p,
    p_t,
    q,
    q_t,
    r,
    s,
    shorter,
)

__all__ = ["UNIT", "isotropic", "positive_root", "tidy", "tidy_parts", "turn_signs"]


#: Beta where all eigenvalues are 1.
UNIT: Levels = (({s: ONE, ell: q}, r**2),)


def tidy(expression: Expr) -> Expr:
    """Factor, averages being symbols, and turn sums that are mostly negative."""
    names = {mean: sp.Dummy(positive=True) for mean in expression.atoms(Mean)}
    factored = turn_signs(sp.factor(expression.xreplace(names)))
    return factored.xreplace({name: mean for mean, name in names.items()})


def turn_signs(product: Expr) -> Expr:
    """Write a product with its minus signs inside as few sums as possible, none in front."""
    factors = list(sp.Mul.make_args(product))
    odd = [i for i, f in enumerate(factors) if _base(f).is_Add and f.as_base_exp()[1].is_odd]
    turned = {i for i in odd if _minus_signs(factors[i])[0] > 0}
    if (product.as_coeff_Mul()[0] * (-1) ** len(turned)).is_negative and odd:
        turned ^= {max(set(odd) - turned or odd, key=lambda i: _minus_signs(factors[i]))}
    for i in turned:
        base, power = factors[i].as_base_exp()
        factors[i] = sp.expand(-base) ** power
    return sp.Mul((-1) ** len(turned), *factors)


def _base(factor: Expr) -> Expr:
    return factor.as_base_exp()[0]


def _minus_signs(factor: Expr) -> tuple[int, int]:
    terms = _base(factor).args
    minus = sum(bool(term.as_coeff_Mul()[0].is_negative) for term in terms)
    return 2 * minus - len(terms), len(terms)


def tidy_parts(parts: Mapping[str, Expr]) -> dict[str, Expr]:
    """Tidy every part of a risk."""
    return {name: tidy(part) for name, part in parts.items()}


def isotropic(expression: Expr, signal: Levels = UNIT) -> Expr:
    """Put all eigenvalues at 1, those of beta at `signal`, and write the result shortly.

    An eigenvalue of the rows' covariance, q^2 + q p, is q.
    """
    flat = on_levels(expression, (({s: ONE, ell: q}, ONE),), signal)
    known = flat.xreplace({p: 1 - q, p_t: 1 - q_t})
    # As a whole, or factor by factor: what is shorter depends on the formula.
    whole = _masks_named(sp.factor(known))
    pieces = sp.Mul(
        *(
            shorter(_masks_named(sp.factor(x.xreplace({p: 1 - q, p_t: 1 - q_t}))), x)
            for x in sp.Mul.make_args(flat)
        )
    )
    return shorter(turn_signs(whole), pieces, flat)


def _masks_named(expression: Expr) -> Expr:
    """Write p for 1 - q."""
    pairs = ((q, p), (q_t, p_t))
    return expression.xreplace({x: y for k, h in pairs for x, y in ((k - 1, -h), (1 - k, h))})


def positive_root(equation: Expr, unknown: Expr, example: Mapping[Expr, Expr]) -> Expr:
    """Solve for `unknown` and return the root that is positive at `example`, the only one."""
    roots = sp.solve(sp.numer(sp.together(equation)), unknown)
    positive = [root for root in roots if sp.N(root.subs(example)) > 0]
    if len(positive) != 1:
        raise ArithmeticError(f"{len(positive)} positive roots for {unknown} in {equation}")
    return positive[0]
