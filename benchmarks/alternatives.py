"""What one would otherwise write: iterate one equation in NumPy, then use textbook formulas.

One mask per sample of one ratio, every row counted. With l the eigenvalues of
q^2 Sigma + q p d0 I and psi = d/n, the effective ridge solves

    kappa = ridge + psi kappa <l/(l + kappa)>.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq, fixed_point

import ridgeless as rl


class Problem:
    """A spectrum (equal weights), a fixed mask ratio and a linear target with signal variance 1."""

    def __init__(self, eigenvalues, mask_ratio=0.0, snr=1.0, alignment=0.0):
        self.s = np.asarray(eigenvalues, dtype=np.float64)
        self.mask_ratio, self.snr, self.alignment = mask_ratio, snr, alignment
        self.q = 1.0 - mask_ratio
        self.l = self.q**2 * self.s + self.q * mask_ratio * self.s.mean()
        mass = self.s**alignment
        self.b2 = mass / (mass * self.s).sum()

    @property
    def target(self):
        return rl.LinearTarget(snr=self.snr, alignment=float(self.alignment))

    def risk(self, aspect_ratio, ridge):
        """Ask the package."""
        options = {"aspect_ratio": aspect_ratio, "ridge": ridge, "rows": "all"}
        return rl.risk(self.s, self.mask_ratio, target=self.target, **options)

    def equation(self, kappa, psi, ridge):
        """Right side of the equation, for arrays of kappa and psi."""
        kappa = np.asarray(kappa)
        mean = (self.l / (self.l + kappa[..., None])).mean(axis=-1)
        return ridge + psi * kappa * mean

    def start(self, psi, ridge):
        return ridge + psi * self.l.mean()

    def parts(self, kappa, psi):
        """Bias, design variance and noise variance from kappa, differences and all."""
        kappa, psi = np.atleast_1d(kappa), np.atleast_1d(psi)
        shrunk = self.l + kappa[:, None]
        learned = self.q * self.s / shrunk
        overlap = (self.b2 * self.s * learned).sum(axis=1)
        power = self.b2 * learned**2
        signal = (self.b2 * self.s).sum()
        bias = signal - 2 * overlap + (power * self.s).sum(axis=1)
        residual = signal - 2 * self.q * overlap + (power * self.l).sum(axis=1)
        tested = psi * (self.l * self.s / shrunk**2).mean(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = tested / (1 - psi * (self.l**2 / shrunk**2).mean(axis=1))
            return bias, weight * residual, weight / self.snr


def damped(problem, psi, ridge, tolerance=1e-10, most=1_000_000):
    """Damped iteration, all cells at once, until the largest relative step is small."""
    psi = np.atleast_1d(np.asarray(psi, dtype=np.float64))
    kappa = problem.start(psi, ridge)
    for _ in range(most):
        step = 0.5 * (problem.equation(kappa, psi, ridge) - kappa)
        kappa = kappa + step
        if np.abs(step).max() <= tolerance * np.abs(kappa).max():
            break
    return problem.parts(kappa, psi)


def scipy_fixed_point(problem, psi, ridge, tolerance=1e-10):
    """`scipy.optimize.fixed_point` with its acceleration, all cells at once."""
    psi = np.atleast_1d(np.asarray(psi, dtype=np.float64))
    start = problem.start(psi, ridge)
    arguments = {"args": (psi, ridge), "xtol": tolerance, "maxiter": 5000}
    kappa = fixed_point(problem.equation, start, **arguments)
    return problem.parts(kappa, psi)


def textbook(problem, psi, ridge):
    """Textbook formulas at a root bracketed to the last digit, one cell."""

    def gap(log_kappa):
        kappa = math.exp(log_kappa)
        return ridge / kappa + psi * float((problem.l / (problem.l + kappa)).mean()) - 1

    if ridge == 0 and psi <= 1:
        return problem.parts(0.0, psi)
    high = math.log(problem.start(psi, ridge)) + 1
    low = high - 1
    while gap(low) <= 0 and low > -700:
        low -= 1
    if gap(low) <= 0:
        return problem.parts(0.0, psi)
    root = brentq(gap, low, high, xtol=1e-15, rtol=1e-15, maxiter=1000)
    return problem.parts(math.exp(root), psi)
