"""The equations themselves, as symbols."""

import sympy as sp

from ridgeless.symbolic import equations as eq
from ridgeless.symbolic import isotropic as iso


def test_conservation_follows_from_the_equations() -> None:
    """eq-conservation, for two classes and any base, e, g and spectrum: it holds at each s."""
    base, w, g1, g2, e = sp.symbols("base w g1 g2 e", positive=True)
    ones = (sp.Integer(1),) * 2
    classes = eq.RowClass(w, iso.ell1, *ones), eq.RowClass(1 - w, iso.ell2, *ones)
    at = eq.Equivalent(classes, (g1, g2), e)
    pairs = list(zip(classes, at.g, at.fixed_point(base), strict=True))
    combined = sum(k.weight / g * left for k, g, left in pairs)
    Y = base * sum(k.weight / g for k, g, _ in pairs)
    assert sp.factor(combined - (1 - Y - eq.psi * (1 - e * at.resolvent()))) == 0
