r"""The engine's equations for SymPy: averages over a spectrum, row classes, fixed point, parts.

An average over the spectrum stays unevaluated, :math:`\langle f\rangle` or
:math:`\langle f\rangle_\beta`, until `on_levels` says where the eigenvalues are. So everything is
derived once for any spectrum, and a closed form is a special case of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sympy as sp

__all__ = [
    "Equivalent",
    "Mean",
    "PowerMean",
    "RowClass",
    "SignalMean",
    "TestMoments",
    "averaged_masks",
    "expand_means",
    "on_levels",
    "one_ratio",
    "replace_means",
    "rescaled",
    "several_masks",
]

Expr = Any  # SymPy has no types
#: (what to put in, weight) pairs: an eigenvalue, or a mapping that gives s and what goes with it.
Levels = Sequence[tuple[Expr, Expr]]

s, ell, d0, psi, ridge, sigma, r = sp.symbols("s ell d_0 psi lambda sigma r", positive=True)
p, q, p_t, q_t, K, kappa = sp.symbols("p q p_t q_t K kappa", positive=True)
#: Short for H(s) where the spectrum has one level, and for the learned fraction b_w(s).
H, b = sp.symbols("H b", positive=True)
ONE, ZERO = sp.Integer(1), sp.Integer(0)

#: What depends on the eigenvalue: s, the learned fraction, the eigenvalue of the rows' covariance.
VARYING = (s, b, ell)
#: One over the power of a sample (eq-row-power).
rho = sp.Symbol("varrho", positive=True)


class Mean(sp.Function):  # type: ignore[misc]
    r""":math:`\langle f\rangle`: the mean of f(s) over the eigenvalues of Sigma."""

    nargs = 1
    of_one = ONE
    varying: tuple[Expr, ...] = VARYING
    subscript = ""

    @classmethod
    def eval(cls, function: Expr) -> Expr:
        """Move constant factors out of the average."""
        constant, rest = sp.sympify(function).as_independent(*cls.varying, as_Add=False)
        if rest == 1:
            return constant * cls.of_one
        return None if constant == 1 else constant * cls(rest, evaluate=False)

    def _eval_derivative(self, symbol: Expr) -> Expr:
        return type(self)(self.args[0].diff(symbol))

    def _latex(self, printer: Any, exp: str | None = None) -> str:
        text = rf"\left\langle {printer._print(self.args[0])} \right\rangle{self.subscript}"
        return text if exp is None else f"{text}^{{{exp}}}"


class SignalMean(Mean):
    r""":math:`\langle f\rangle_\beta`: the sum of f(s) weighted by the squared mass of beta."""

    of_one = r**2
    subscript = r"_{\beta}"


class PowerMean(Mean):
    r""":math:`\langle f\rangle_\pi`: the mean of f over the powers of the samples."""

    varying = (rho,)
    subscript = r"_{\pi}"


def replace_means(
    expression: Expr,
    mean: Callable[[Expr], Expr],
    signal_mean: Callable[[Expr], Expr],
    power_mean: Callable[[Expr], Expr] = PowerMean,
) -> Expr:
    """Put something else in place of the averages."""
    kinds = {Mean: mean, SignalMean: signal_mean, PowerMean: power_mean}
    return sp.sympify(expression).replace(
        lambda x: isinstance(x, Mean), lambda x: kinds[type(x)](x.args[0])
    )


def on_levels(expression: Expr, bulk: Levels, signal: Levels) -> Expr:
    """Put the spectrum at `bulk`, with shares, and beta at `signal`, with squared masses."""

    def total(levels: Levels) -> Callable[[Expr], Expr]:
        pairs = [(at if isinstance(at, Mapping) else {s: at}, mass) for at, mass in levels]
        return lambda f: sp.Add(*(mass * f.subs(at) for at, mass in pairs))

    replaced = replace_means(expression, total(bulk), total(signal))
    return replaced.subs(d0, total(bulk)(s))


def expand_means(expression: Expr) -> Expr:
    """Split the average of a sum into a sum of averages."""

    def split(kind: Any) -> Callable[[Expr], Expr]:
        return lambda f: sp.Add(*(kind(term) for term in sp.Add.make_args(sp.expand(f))))

    return replace_means(expression, split(Mean), split(SignalMean))


class RowClass(NamedTuple):
    """Second moments of one class of rows (eq-row-class)."""

    weight: Expr  #: w, share of the rows
    energy: Expr  #: a s + b d0, eigenvalue of the covariance S of the class
    cross: Expr  #: c, where the cross-covariance with the target is c Sigma beta
    target: Expr  #: t, where the second moment of the target is t v


def one_ratio(keep: Expr, mask: Expr, weight: Expr = ONE) -> RowClass:
    """One mask per sample, entries kept with chance `keep` = 1 - `mask` (eq-classes-law)."""
    return RowClass(weight, keep**2 * s + keep * mask * d0, keep, ONE)


def several_masks(keep: Expr, mask: Expr, masks: Expr) -> tuple[RowClass, RowClass]:
    """Mean and difference modes of `masks` masks of one sample (eq-classes-K)."""
    noise = keep * mask * d0
    return (
        RowClass(1 / masks, masks * keep**2 * s + noise, masks * keep, masks),
        RowClass((masks - 1) / masks, noise, ZERO, ZERO),
    )


def averaged_masks(inflation: Expr) -> RowClass:
    """Infinitely many masks: unmasked rows with an inflated target (eq-classes-K-inf)."""
    return RowClass(ONE, s, inflation, inflation**2)


def rescaled(rows: RowClass, keep: Expr) -> RowClass:
    """The same rows with their kept entries divided by `keep` (eq-classes-rescaled)."""
    return rows._replace(energy=sp.expand(rows.energy / keep**2), cross=rows.cross / keep)


class TestMoments(NamedTuple):
    """A masked test input has the second moment c^2 Sigma + b D (eq-test-input)."""

    carried: Expr  #: c: so much of a signal is left in it
    hidden: Expr  #: b


#: Masked entries of the test inputs are 0, or the others are divided by q_t besides.
ZEROS, RESCALED = TestMoments(q_t, q_t * p_t), TestMoments(ONE, p_t / q_t)


@dataclass(frozen=True)
class Equivalent:
    """The deterministic equivalent (section 3): rows in classes, at given effective ridges g_k.

    If samples have a power, g_k depends on `rho`, and what is summed over rows is averaged over it.
    """

    classes: tuple[RowClass, ...]
    g: tuple[Expr, ...]
    e: Expr
    test: TestMoments = ZEROS
    rho: Expr = ONE

    def resolvent(self) -> Expr:
        """H(s) = 1 / (e + sum_k w_k (a_k s + b_k d0) / g_k) (eq-equivalent)."""
        return sp.factor(1 / (self.e + self._sum([k.energy for k in self.classes])))

    def learned(self) -> Expr:
        """b_w(s) = s H sum_k w_k c_k / g_k (eq-mean-predictor)."""
        return sp.factor(s * self.resolvent() * self._sum([k.cross for k in self.classes]))

    def fixed_point(self, base: Expr) -> list[Expr]:
        """What eq-fixed-point makes zero: g_k - rho base - psi <(a_k s + b_k d0) H>."""
        H_s = self.resolvent()
        pairs = zip(self.classes, self.g, strict=True)
        return [g - self.rho * base - psi * Mean(sp.factor(k.energy * H_s)) for k, g in pairs]

    def parts(self, H_s: Expr | None = None, b_w: Expr | None = None) -> dict[str, Expr]:
        """Bias, design variance and noise variance (eq-bias, eq-variance).

        `H_s` and `b_w` are `resolvent` and `learned`, or symbols that stand for them.
        """
        b_w = self.learned() if b_w is None else b_w
        squares = [k.target * s - 2 * k.cross * s * b_w + k.energy * b_w**2 for k in self.classes]
        weigh = self._weigh(self.resolvent() if H_s is None else H_s)
        carried, hidden = self.test
        return {
            "bias": SignalMean(s * (1 - carried * b_w) ** 2 + hidden * d0 * b_w**2),
            "design_variance": weigh([SignalMean(shorter(sp.factor(x), x)) for x in squares], ONE),
            "noise_variance": weigh([k.target * sigma**2 for k in self.classes], self.rho),
        }

    def _weigh(self, H_s: Expr) -> Callable[[Sequence[Expr], Expr], Expr]:
        """Variance as a function of the residuals r_k: sum_k (w_k / g_k^2) r_k u_k (section 3).

        (I - A) u = tr S_k H T H / N, with A_kl = (w_l / g_l^2) tr S_k H S_l H / N. The other
        argument is by how much a residual grows with `rho`.
        """

        def weighted(growth: Expr) -> list[Expr]:
            pairs = zip(self.classes, self.g, strict=True)
            return [k.weight * PowerMean(growth / g**2) for k, g in pairs]

        weights = weighted(ONE)
        energies = [k.energy for k in self.classes]
        pairs = list(zip(energies, weights, strict=True))
        A = [[psi * Mean(sp.factor(w * x * y * H_s**2)) for y, w in pairs] for x in energies]
        left = sp.eye(len(energies)) - sp.Matrix(A)
        test = self.test.carried**2 * s + self.test.hidden * d0
        seen = sp.Matrix([psi * Mean(sp.factor(x * H_s**2) * test) for x in energies])
        u = [u_k / left.det() for u_k in left.adjugate() * seen]
        return lambda r_, growth: sp.Add(
            *(w * x * y for w, x, y in zip(weighted(growth), r_, u, strict=True))
        )

    def _sum(self, values: Sequence[Expr]) -> Expr:
        """sum_k w_k value_k / g_k."""
        terms = zip(self.classes, values, self.g, strict=True)
        return sp.Add(*(k.weight * value * PowerMean(1 / g) for k, value, g in terms))


def shorter(*expressions: Expr) -> Expr:
    """Return the expression that takes fewest operations, the first of equals."""
    return min(expressions, key=sp.count_ops)
