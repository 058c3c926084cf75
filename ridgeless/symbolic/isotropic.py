"""Closed forms for isotropic features, alone or with a spike, under every masking scheme.

With all eigenvalues at 1 the two unknowns are one, m = psi H, and g_k = base + (a_k + b_k) m.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import sympy as sp

from ridgeless.symbolic.algebra import UNIT, isotropic, positive_root
from ridgeless.symbolic.any_spectrum import (
    ENERGY,
    FEWER,
    MORE,
    NO_RIDGE,
    ROWS,
    effective_ridge_equation,
)
from ridgeless.symbolic.closed_form import ClosedForm, closed_form
from ridgeless.symbolic.equations import (
    ONE,
    ZERO,
    ZEROS,
    Equivalent,
    Expr,
    H,
    K,
    Levels,
    Mean,
    RowClass,
    TestMoments,
    averaged_masks,
    b,
    d0,
    ell,
    kappa,
    p,
    p_t,
    psi,
    q,
    q_t,
    r,
    ridge,
    s,
    several_masks,
    sigma,
)

m, w, mu = sp.symbols("m w mu", positive=True)
spike, r1, b0, b1 = sp.symbols("s_1 r_1 b_0 b_1", positive=True)
p1, p2, q1, q2 = sp.symbols("p_1 p_2 q_1 q_2", positive=True)
g1, g2, ell1, ell2 = sp.symbols("g_1 g_2 ell_1 ell_2", positive=True)
KEPT = ((q, 1 - p), (q_t, 1 - p_t))
READ_OUT = ("eq-fixed-point", "eq-bias", "eq-variance")
SPIKE: Levels = (
    ({s: ONE, b: b0, ell: q}, r**2),
    ({s: spike, b: b1, ell: ell1}, r1**2),
)
#: One point of the domain, on which to recognise a positive root.
EXAMPLE = dict.fromkeys((p, q, w, q1, ell1, ridge), sp.Rational(1, 2)) | {
    q2: sp.Rational(3, 4), ell2: sp.Rational(1, 4), K: 3, mu: 2
}  # fmt: skip
BELOW, ABOVE = EXAMPLE | {psi: sp.Rational(1, 2)}, EXAMPLE | {psi: 2}


class Scheme(NamedTuple):
    """A way to mask isotropic features."""

    arguments: tuple[Expr, ...]
    classes: tuple[RowClass, ...]
    source: str  #: label of its row classes
    where: tuple[tuple[Expr, Expr], ...]


def _with_energies(classes: tuple[RowClass, ...]) -> tuple[RowClass, ...]:
    """Call a_k + b_k of two classes ell_1 and ell_2."""
    return tuple(k._replace(energy=x) for k, x in zip(classes, (ell1, ell2), strict=True))


_TWO = (RowClass(w, q1, q1, ONE), RowClass(1 - w, q2, q2, ONE))
_MODES = several_masks(q, p, K)
_ENERGIES = tuple(
    (x, k.energy.subs({s: 1, d0: 1})) for x, k in zip((ell1, ell2), _MODES, strict=True)
)
ONE_RATIO = Scheme((p,), (ROWS,), "eq-classes-law", KEPT)
#: Rows of ratio p_1 with weight w, the others of ratio p_2: a + b = q for each.
TWO_RATIOS = Scheme(
    (p1, p2, w), _TWO, "eq-classes-law", ((q1, 1 - p1), (q2, 1 - p2), (q_t, 1 - p_t))
)
K_MASKS = Scheme((K, p), _with_energies(_MODES), "eq-classes-K", (*_ENERGIES, *KEPT))


def solved(
    scheme: Scheme, e: Expr, example: dict[Any, Any], test: TestMoments = ZEROS
) -> Equivalent:
    """Solve for m without ridge: base = 0 and e = 1 for psi > 1, base = 1 and e = 0 otherwise."""
    energies = [isotropic(Mean(k.energy)) for k in scheme.classes]
    unsolved = Equivalent(scheme.classes, tuple(1 - e + x * m for x in energies), e)
    root = positive_root(isotropic(unsolved.fixed_point(1 - e)[0]), m, example)
    return Equivalent(scheme.classes, tuple(1 - e + x * root for x in energies), e, test)


def parts(
    at: Equivalent, signal: Levels = UNIT, H_s: Expr | None = None, b_w: Expr | None = None
) -> dict[str, Expr]:
    """Return the parts of the risk with all eigenvalues at 1 and beta at `signal`."""
    return {name: isotropic(part, signal) for name, part in at.parts(H_s, b_w).items()}


def _solved_form(scheme: Scheme, e: Expr) -> ClosedForm:
    """Solve without ridge, in full."""
    return ClosedForm(
        symbols=(psi, *scheme.arguments, p_t, r, sigma),
        parts=parts(solved(scheme, e, ABOVE if e == 1 else BELOW)),
        conditions=(MORE if e == 1 else FEWER, NO_RIDGE),
        equations=(scheme.source, *READ_OUT),
        where=scheme.where,
    )


def _form_in_m(scheme: Scheme, base: Expr, e: Expr) -> dict[str, Any]:
    """Fields of a form of two classes that keeps m, g_k, H and b as symbols."""
    named = Equivalent(scheme.classes, (g1, g2), e)
    g = tuple((x, base + k.energy * m) for x, k in zip((g1, g2), scheme.classes, strict=True))
    learned = isotropic(Mean(named.learned() / named.resolvent()))
    return {
        "symbols": (psi, *scheme.arguments, p_t, r, sigma),
        "parts": parts(named, H_s=H, b_w=b),
        "equations": (scheme.source, *READ_OUT),
        "where": ((b, learned * H), (H, m / psi), *g),
        # eq-fixed-point with these g_k says m = psi H, once for every class.
        "equation": m / isotropic(Mean(named.resolvent())) - psi,
    }


def _quadratic_form(scheme: Scheme) -> ClosedForm:
    """Two classes without ridge, more rows than features."""
    fields = _form_in_m(scheme, ONE, ZERO)
    equation = fields.pop("equation").subs(dict(fields["where"][2:]))
    fields["where"] += ((m, positive_root(equation, m, BELOW)), *scheme.where)
    return ClosedForm(conditions=(FEWER, NO_RIDGE), **fields)


def _one_class_form(source: str, at: Equivalent, equation: Expr, **fields: Any) -> ClosedForm:
    """One class with its effective ridge solved for; keeps kappa, H and b as symbols."""
    return ClosedForm(
        parts=parts(at, H_s=H, b_w=b),
        equations=(source, *READ_OUT),
        where=(
            (b, isotropic(Mean(at.learned()))),
            (H, isotropic(Mean(at.resolvent()))),
            (kappa, positive_root(isotropic(equation), kappa, ABOVE)),
            *fields.pop("where"),
        ),
        **fields,
    )


def _spiked_form(at: Equivalent, condition: Expr) -> ClosedForm:
    levels = ((b0, {s: ONE, ell: q}), (b1, {s: spike, ell: ell1}))
    return ClosedForm(
        symbols=(psi, p, p_t, r, spike, r1, sigma),
        parts=parts(at, SPIKE, b_w=b),
        conditions=(condition, NO_RIDGE),
        equations=(ONE_RATIO.source, *READ_OUT),
        where=(
            *((name, sp.factor(at.learned().subs(level))) for name, level in levels),
            (ell1, ENERGY[1].subs({s: spike, d0: 1})),
            *KEPT,
        ),
    )


@closed_form
def isotropic_least_squares() -> ClosedForm:
    """Isotropic features, one mask ratio, more rows than features (eq-isotropic)."""
    return _solved_form(ONE_RATIO, ZERO)


@closed_form
def isotropic_interpolation() -> ClosedForm:
    """Isotropic features, one mask ratio, more features than rows (eq-isotropic)."""
    return _solved_form(ONE_RATIO, ONE)


@closed_form
def isotropic_ridge() -> ClosedForm:
    r"""Isotropic features, one mask ratio, any ridge: a quadratic for :math:`\kappa`."""
    at, equation = effective_ridge_equation(ROWS, ridge)
    symbols = (psi, ridge, p, p_t, r, sigma)
    return _one_class_form(
        "eq-single-class", at, equation, symbols=symbols, conditions=(), where=KEPT
    )


@closed_form
def isotropic_infinitely_many_masks() -> ClosedForm:
    r"""Isotropic features, infinitely many masks per sample: a ridge :math:`\mu = p/q`, inflated.

    :math:`\psi = d/n` here.
    """
    at, equation = effective_ridge_equation(averaged_masks(1 / q), mu)
    return _one_class_form(
        "eq-classes-K-inf",
        at,
        equation,
        symbols=(psi, p, p_t, r, sigma),
        conditions=(NO_RIDGE,),
        where=((mu, p / q), *KEPT),
    )


@closed_form
def spike_least_squares() -> ClosedForm:
    r"""One spike :math:`s_1` in an isotropic bulk, more rows than features.

    As :math:`d \to \infty` a single eigenvalue has no share of the spectrum: the fixed point is
    the isotropic one, and only beta, of squared mass :math:`r_1^2` on the spike and :math:`r^2`
    in the bulk, takes notice.
    """
    return _spiked_form(solved(ONE_RATIO, ZERO, BELOW), FEWER)


@closed_form
def spike_interpolation() -> ClosedForm:
    """One spike in an isotropic bulk, more features than rows."""
    return _spiked_form(solved(ONE_RATIO, ONE, ABOVE), MORE)


@closed_form
def two_ratios_least_squares() -> ClosedForm:
    """Isotropic features, two mask ratios, more rows than features: a quadratic for m."""
    return _quadratic_form(TWO_RATIOS)


@closed_form
def two_ratios_interpolation() -> ClosedForm:
    r"""Isotropic features, two mask ratios, more features than rows.

    Here :math:`m = \psi - 1`, as for every law and every number of masks.
    """
    return _solved_form(TWO_RATIOS, ONE)


@closed_form
def K_masks_least_squares() -> ClosedForm:
    r"""Isotropic features, K masks per sample, more rows than features: a quadratic for m.

    :math:`\psi = d/N` counts all :math:`N = Kn` rows.
    """
    return _quadratic_form(K_MASKS)


@closed_form
def K_masks_interpolation() -> ClosedForm:
    r"""Isotropic features, K masks per sample, more features than rows, :math:`\psi = d/(Kn)`."""
    return _solved_form(K_MASKS, ONE)


@closed_form
def K_masks_ridge() -> ClosedForm:
    r"""Isotropic features, K masks per sample, with a ridge: SymPy stops at a cubic for m.

    Cardano's formula would solve it, at ten times the length and with complex intermediate
    values.
    """
    fields = _form_in_m(K_MASKS, ridge, ONE)
    fields["symbols"] = (ridge, *fields["symbols"])
    fields["where"] += K_MASKS.where
    return ClosedForm(conditions=(), unknown=m, **fields)
