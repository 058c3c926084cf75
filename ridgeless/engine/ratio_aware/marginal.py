r"""Ratio-aware regression with infinitely many masks: several ridges on the same rows.

Averaged over masks, the loss of one sample is a quadratic form in :math:`(x'b_1, \dots, x'b_J)`
plus a quadratic penalty. Coordinates in which both are diagonal make it J ridge regressions of
the same unmasked rows, each with its own ridge (eq-ratio-aware-marginal); how they fluctuate
together follows from a two-ridge equivalent (eq-ratio-aware-two-ridges).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.ratio_aware.basis import Basis
from ridgeless.errors import ConvergenceError
from ridgeless.mask_ratio import Quadrature

__all__ = ["Marginal", "marginal"]

Array = NDArray[np.float64]

EPS = float(np.finfo(float).eps)
CANCELLED = 1e-6  # what rounding of the largest terms may leave of a variance, relative


@dataclass(frozen=True)
class Marginal:
    """J ridge regressions whose weighted sum is the ratio-aware predictor."""

    basis: Basis
    change: Array  #: T, shape (J, J): coordinates of the regressions
    inflation: Array  #: chi, by which masks inflate the coefficients
    one: Array  #: the constant function 1
    surplus: Array  #: chi less the constant function
    effective: Array  #: kappa, effective ridges
    level: Array  #: ridge / kappa, the share of the rows that is left over

    def learned(self, s: Array, p_t: float) -> Array:
        """Return the learned fraction at eigenvalues s, of inputs with mask ratio p_t."""
        fractions = np.zeros(s.size)
        there = s > 0
        phi_t = self.basis(np.array(1 - p_t))
        fractions[there] = phi_t @ self.basis.one - self._missed(s[there]) @ (phi_t @ self.change)
        return fractions

    def _missed(self, s: Array) -> Array:
        """Return one minus the learned fraction, as in eq-ratio-aware-mean."""
        kappa, s = self.effective, s[:, None]
        return np.asarray((self.one * kappa - self.surplus * s) / (s + kappa))

    def read_out(
        self, s: Array, h: Array, d0: float, psi: float, signal: tuple[Array, Array], p_t: float
    ) -> Array:
        """Return bias, design variance and noise variance per unit of noise."""
        q_t = 1 - p_t
        values, mass = (x[signal[0] > 0] for x in signal)
        if q_t == 0:
            return np.array([mass @ values, 0.0, 0.0])
        phi_t = self.basis(np.array(q_t))
        kappa = self.effective
        missed = self._missed(values)
        missed_t = (1 - phi_t @ self.basis.one) + missed @ (phi_t @ self.change)
        bias = (mass * values) @ (p_t + q_t * missed_t) ** 2
        bias += q_t * p_t * d0 * (mass @ (1 - missed_t) ** 2)
        # Sums over the spectrum and over the signal, one for each pair of ridges.
        load = (phi_t @ self.change) * self.inflation
        inverse = 1 / (s[:, None] + kappa)
        room = self.level[:, None] + psi * kappa * ((inverse.T * (h * s)) @ inverse)
        test = q_t * q_t * s + q_t * p_t * d0
        spread = psi * ((inverse.T * (h * s * test)) @ inverse)
        left = kappa / (values[:, None] + kappa)
        residual = (left.T * (mass * values)) @ left
        with np.errstate(divide="ignore", invalid="ignore"):
            share = np.outer(load, load) * spread / room
            # No residual, no variance, at the threshold too.
            design = float(np.where(residual > 0, share * residual, 0.0).sum())
        # Of a law much narrower than its distance to the test ratio, polynomials cancel.
        noise = share.sum()
        if np.isfinite(noise) and not EPS * np.abs(share).sum() <= CANCELLED * noise:
            raise ConvergenceError(
                f"{load.size} polynomials are too many for a law of mask ratios so narrow beside "
                f"its distance to test_mask_ratio = {p_t!r}: rounding leaves no six digits of the "
                "variance; use a lower degree"
            )
        return np.array([bias, design, noise])


def marginal(
    basis: Basis, rule: Quadrature, s: Array, h: Array, d0: float, psi: float, delta: float,
    ridge: float, singular: bool,
) -> Marginal:  # fmt: skip
    """Return the regressions.

    Parameters
    ----------
    rule : Quadrature
        Mask ratios, keep ratios, and the probability that a row has each.
    s, h : arrays, shape (nodes,)
        Positive eigenvalues and their shares.
    delta : float
        Positive eigenvalues per sample, less one.
    singular : bool
        One direction has no ridge at all: nothing is masked at its ratio.
    """
    from scipy.linalg import eigh

    phi = basis(rule.keep)
    gram = (phi.T * (rule.weight * rule.keep**2)) @ phi
    spread = rule.weight * rule.keep * rule.mask
    penalty = (phi.T * spread) @ phi + ridge / d0 * basis.penalty
    cross = (rule.weight * rule.keep) @ phi
    gains, change = eigh(gram, gram + penalty)
    rest = np.einsum("ai,ab,bi->i", change, penalty, change)
    if singular:
        rest[np.argmin(rest)] = 0.0
    effective, level = np.zeros(gains.size), np.zeros(gains.size)
    for i, own in enumerate(d0 * rest / gains):
        effective[i] = _effective(own, s, h, psi, delta)
        level[i] = own / effective[i] if own > 0 else max(-delta, 0.0)
    return Marginal(
        basis,
        change,
        inflation=(cross @ change) / gains,
        one=change.T @ (gram + penalty) @ basis.one,
        surplus=(spread @ phi @ change) / gains,
        effective=effective,
        level=level,
    )


def _effective(ridge: float, s: Array, h: Array, psi: float, delta: float) -> float:
    """Return kappa with ridge/kappa = psi <kappa/(s + kappa)> - delta (eq-single-class)."""
    from scipy.optimize import brentq

    if psi == 0:
        return ridge
    if ridge == 0 and delta <= 0:
        return 0.0

    def gap(log_kappa: float) -> float:
        kappa = math.exp(log_kappa)
        gain = psi * float(h @ (kappa / (s + kappa))) + max(-delta, 0.0)
        return math.log(gain / (ridge / kappa + max(delta, 0.0)))

    lowest = ridge if ridge > 0 else float(s[0]) * delta
    highest = ridge + psi * float(h @ s)
    if not math.log(highest) > math.log(lowest):
        return highest
    ends = math.log(lowest) - 1e-9, math.log(highest) + 1e-9
    return math.exp(brentq(gap, *ends, xtol=1e-15, rtol=8.9e-16))
