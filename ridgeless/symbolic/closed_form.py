"""What a derivation ends in: a formula, or the equation at which SymPy stops."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import sympy as sp

from ridgeless.errors import ConvergenceError, DomainError
from ridgeless.symbolic.equations import (
    VARYING,
    Expr,
    Levels,
    Mean,
    SignalMean,
    on_levels,
    r,
    replace_means,
    rho,
    s,
)

__all__ = ["DERIVATIONS", "ClosedForm", "closed_form", "closed_forms", "latex"]

h, b2, omega = sp.symbols("h b2 omega", positive=True)
_total = sp.Function("total")
#: First arguments of a form for any spectrum: arrays of eigenvalues, of their shares, and of the
#: squared mass of beta at each.
SPECTRUM = (s, h, b2)
#: The same of a form for any law of powers: one over each, and their shares of the samples.
POWERS = (rho, omega)


@dataclass(frozen=True, eq=False)
class ClosedForm:
    """A formula that SymPy derived from the engine's equations.

    `function` makes it a Python function, `latex` a text for the page, `explicit` a SymPy
    expression of `symbols` alone.
    """

    #: Arguments of the formula, in the order `function` takes them.
    symbols: tuple[Expr, ...]
    #: What it gives: bias, design_variance and noise_variance, or a mask ratio, or ...
    parts: Mapping[str, Expr]
    #: Where it holds.
    conditions: tuple[Expr, ...]
    #: Labels of the equations of docs/theory that it comes from.
    equations: tuple[str, ...]
    #: Symbols that `parts` use, with their values; each may use those after it.
    where: tuple[tuple[Expr, Expr], ...] = ()
    #: Where SymPy stops: this symbol is the one positive zero of `equation`.
    unknown: Expr | None = None
    equation: Expr | None = None
    #: (eigenvalue, share) and (eigenvalue, mass of beta) pairs, if the averages are over few.
    bulk: Levels | None = None
    signal: Levels = ()
    #: Name and docstring of the function that derives it.
    name: str = ""
    derivation: str = ""

    def explicit(self, part: str) -> Expr:
        """Return a part with all definitions put in; `unknown` stays a symbol."""
        return self._explicit(self.parts[part])

    def polynomial(self) -> Expr:
        """Return the polynomial in `unknown` whose positive zero is needed.

        Its coefficients keep the symbols of `where`.
        """
        if self.equation is None or self.equation.has(Mean):
            raise DomainError(f"{self.name} must stop at a polynomial to show it, and does not")
        equation = self.equation.subs([d for d in self.where if d[1].has(self.unknown)])
        return sp.Poly(sp.numer(sp.together(equation)), self.unknown)

    def function(self) -> Callable[..., dict[str, Any]]:
        """Return a function of `symbols`, in their order, that gives the value of every part.

        Raises
        ------
        DomainError
            By the function: if an argument lies outside `conditions`.
        ConvergenceError
            By the function: if the equation for `unknown` has no positive zero.
        """
        checked = [c for c in self.conditions if c.free_symbols <= set(self.symbols)]
        holds = [sp.lambdify(self.symbols, c) for c in checked]
        arguments = self.symbols if self.unknown is None else (self.unknown, *self.symbols)
        modules = [{"total": lambda mass, f: np.sum(mass * f)}, "numpy"]
        formulas = sp.lambdify(arguments, [self.explicit(part) for part in self.parts], modules)
        zero_of = None
        if self.equation is not None:
            zero_of = sp.lambdify(arguments, self._explicit(self.equation), modules)

        def evaluate(*values: Any) -> dict[str, Any]:
            if len(values) != len(self.symbols):
                raise DomainError(f"{self.name} must get {self.symbols}, got {len(values)} values")
            for condition, check in zip(checked, holds, strict=True):
                if not np.all(check(*values)):
                    raise DomainError(f"{self.name} must have {condition}, got {values}")
            if zero_of is not None:
                values = (positive_zero(lambda x: float(zero_of(x, *values))), *values)
            return dict(zip(self.parts, formulas(*values), strict=True))

        return evaluate

    def latex(self) -> str:
        """Return the formula and its definitions as the lines of one LaTeX display."""
        lines = [(_label(name), part) for name, part in self.parts.items()]
        if self.equation is not None:
            lines.append(("0", self.equation))
            polynomial = None if self.equation.has(Mean) else self.polynomial().as_expr()
            if polynomial is not None and polynomial.expand() != self.equation.expand():
                lines.append(("0", polynomial))
        lines += [(latex(symbol), value) for symbol, value in self.where]
        f = sp.Function("f")
        for name, levels in ((Mean, self.bulk), (SignalMean, self.signal)):
            if levels:
                sums = sp.Add(*(mass * f(value) for value, mass in levels))
                lines.append((rf"\langle f \rangle{name.subscript}", sums))
        body = " \\\\\n".join(f"{left} &= {latex(right)}" for left, right in lines)
        return f"\\begin{{aligned}}\n{body}\n\\end{{aligned}}"

    def _explicit(self, expression: Expr) -> Expr:
        varying = [definition for definition in self.where if definition[0] in VARYING]
        expression = sp.sympify(expression).subs(varying)
        if self.bulk is not None:
            expression = on_levels(expression, self.bulk, self.signal)
        for symbol, value in self.where:
            expression = expression.subs(symbol, value)
        arrays = [functools.partial(_total, masses) for masses in (h, b2, omega)]
        expression = replace_means(expression, *arrays)
        if self.symbols[0] == s:
            expression = expression.subs(r, sp.sqrt(_total(b2, 1)))
        return expression


def latex(expression: Expr) -> str:
    """Return a formula as LaTeX, in the order in which one writes it."""
    text = sp.latex(expression, order="old")  # 1 - x, but alas also -1 + x
    text = re.sub(r"\\left\(-1 \+ ([^()]*?)\\right\)", r"\\left(\1 - 1\\right)", text)
    text = re.sub(r"\{-1 \+ ([^{}]*?)\}", r"{\1 - 1}", text)
    return re.sub(r"\bsnr\b", r"\\mathrm{snr}", text)


def _label(part: str) -> str:
    return part if part.startswith("R_") else rf"\text{{{part.replace('_', ' ')}}}"


#: All derivations, in the order of the page.
DERIVATIONS: dict[str, Callable[[], ClosedForm]] = {}


def closed_form(derive: Callable[[], ClosedForm]) -> Callable[[], ClosedForm]:
    """Register a derivation, which runs once, when first asked for."""

    @functools.cache
    def once() -> ClosedForm:
        text = inspect.getdoc(derive) or ""
        return replace(derive(), name=derive.__name__, derivation=text)

    DERIVATIONS[derive.__name__] = once
    return functools.update_wrapper(once, derive)


def closed_forms() -> dict[str, ClosedForm]:
    """Return every closed form by name; deriving them all takes some seconds."""
    return {name: derive() for name, derive in DERIVATIONS.items()}


def positive_zero(f: Callable[[float], float]) -> float:
    """Return the one positive zero of f, by bisection on a logarithmic scale and Brent's method."""
    from scipy.optimize import brentq

    low = high = 1.0
    for _ in range(300):
        if f(low) * f(high) <= 0:
            return float(brentq(f, low, high, xtol=1e-300, rtol=4 * np.finfo(float).eps))
        low, high = low / 4, high * 4
    raise ConvergenceError(f"no positive zero between {low:.3g} and {high:.3g}")
