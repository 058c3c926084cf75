"""Errors of the package and of the alternatives on unmasked ridge regression, in 40 digits."""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

from benchmarks.alternatives import damped, scipy_fixed_point, textbook

METHODS = {
    "damped iteration": damped,
    "scipy fixed_point": scipy_fixed_point,
    "textbook formulas, exact root": textbook,
}


def exact_parts(problem, psi, ridge):
    """Return bias, design variance and noise variance of an unmasked ridge problem in mpmath.

    The formulas are the plain ones of `alternatives`; the digits make up for their differences.
    """
    with mp.workdps(50):
        s, b2 = [mpf(x) for x in problem.s], [mpf(x) for x in problem.b2]
        psi, ridge = mpf(float(psi)), mpf(float(ridge))
        scale = psi / len(s)
        kappa = mpf(float(problem.start(psi, ridge)))
        while True:  # concave and increasing right side: Newton descends to the root
            inverse = [1 / (x + kappa) for x in s]
            filled = scale * mp.fdot(s, inverse)
            slope = scale * mp.fdot(s, [x * x for x in inverse])
            gap = 1 - ridge / kappa - filled
            step = gap / (ridge / kappa**2 + slope)
            if abs(step) < mpf(10) ** -45 * kappa:
                break
            kappa -= step if step < kappa else kappa / 2
        learned = [x * i for x, i in zip(s, inverse, strict=True)]
        signal = mp.fdot(b2, s)
        missed = [(1 - x) ** 2 for x in learned]
        bias = mp.fsum(b * x * m for b, x, m in zip(b2, s, missed, strict=True))
        tested = scale * mp.fdot(learned, learned)
        weight = tested / (1 - tested)
        return bias, weight * bias, weight * signal / problem.snr


def relative_errors(parts, exact):
    """Return the largest relative error of the total over the cells."""
    totals, right = np.atleast_1d(sum(parts)), [mp.fsum(cell) for cell in exact]
    return max(float(abs(got / want - 1)) for got, want in zip(totals, right, strict=True))


def worst_errors(problem, gammas, ridge, most=20_000):
    """Return the largest relative error of the risk for the package and each alternative."""
    gammas = np.atleast_1d(gammas)
    exact = [exact_parts(problem, gamma, ridge) for gamma in gammas]
    found = problem.risk(gammas, ridge)
    ours = found.bias, found.design_variance, found.noise_variance
    errors = {"ridgeless": relative_errors(ours, exact)}
    for name, method in METHODS.items():
        try:
            if method is textbook:
                cells = [method(problem, gamma, ridge) for gamma in gammas]
                parts = [np.concatenate(part) for part in zip(*cells, strict=True)]
            elif method is damped:
                parts = method(problem, gammas, ridge, most=most)
            else:
                parts = method(problem, gammas, ridge)
            errors[name] = relative_errors(parts, exact)
        except RuntimeError:
            errors[name] = float("nan")  # scipy gave up
    return errors
