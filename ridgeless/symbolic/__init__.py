r"""Closed forms of the risk, derived by SymPy from the engine's equations.

Nothing here is typed in: each form starts from the moments of the rows, the fixed point and the
read-out of docs/theory, as written in `ridgeless.symbolic.equations`, and SymPy solves, factors
and differentiates. Where it cannot finish, the form ends in a polynomial or in one equation for
one unknown. Read the modules in this order: `equations`, `any_spectrum`, `isotropic`,
`two_levels`, `small_ratios`, `rescaled`, `row_power`. Needs the extra ``symbolic``; ``import
ridgeless`` does not import this package.

Examples
--------
>>> from ridgeless.symbolic import closed_forms
>>> form = closed_forms()["isotropic_least_squares"]
>>> form.symbols
(psi, p, p_t, r, sigma)
>>> form.parts["noise_variance"]
psi*q_t*sigma**2/(q*(1 - psi))
>>> risk = form.function()(0.5, 0.5, 0.0, 1.0, 1.0)
>>> float(risk["design_variance"] + risk["noise_variance"])
3.0
"""

# Importing a module registers its derivations, in the order of the page.
from ridgeless.symbolic import (  # noqa: I001
    any_spectrum,  # noqa: F401
    isotropic,  # noqa: F401
    two_levels,  # noqa: F401
    small_ratios,  # noqa: F401
    rescaled,  # noqa: F401
    row_power,  # noqa: F401
)
from ridgeless.symbolic.closed_form import ClosedForm, closed_forms

__all__ = ["ClosedForm", "closed_forms"]
