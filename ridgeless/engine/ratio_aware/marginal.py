r"""Ratio-aware regression with infinitely many masks: several ridges on the same rows.

Averaged over masks, the loss of one sample is a quadratic form in :math:`(x'b_1, \dots, x'b_J)`
plus a quadratic penalty. Coordinates in which both are diagonal make it J ridge regressions of
the same unmasked rows, each with its own ridge (eq-ratio-aware-marginal); how they fluctuate
together follows from a two-ridge equivalent (eq-ratio-aware-two-ridges). Away from a narrow law,
the regressions cancel: the same steps are then taken with as many digits as that costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.ratio_aware.digits import NOTHING, decimals, eigen, enough
from ridgeless.engine.ratio_aware.mean import Polynomials, mean_answers
from ridgeless.engine.ratio_aware.newton import Places

__all__ = ["Marginal"]

Array = NDArray[Any]  # of floats or of decimals

STEPS = 2000  # of Newton's method, each of which halves an effective ridge at least


@dataclass(frozen=True)
class Marginal:
    """The problem in numbers, all of them floats."""

    places: Places  #: of mask ratios below 1
    weight: Array  #: of these in the loss
    degree: int
    s: Array  #: positive eigenvalues, shape (nodes,)
    h: Array  #: their shares
    d0: float
    psi: float
    delta: float  #: positive eigenvalues per sample, less one
    ridge: float
    singular: bool  #: one direction has no ridge at all: nothing is masked at its ratio

    def answers(self, signal: tuple[Array, Array], points: Array, tests: Array) -> Array:
        """Return bias, design variance, noise variance per unit of noise and learned fractions.

        One row for each of the mask ratios `tests`; fractions at the eigenvalues `points`.

        Raises
        ------
        ConvergenceError
            If 1280 digits are not enough.
        """
        regressions = cache(lambda digits: _Regressions.of(self, digits))
        given = [x[signal[0] > 0] for x in signal]
        floor = np.append(np.full(3, NOTHING), np.ones(points.size))
        out = np.empty((tests.size, floor.size))
        for i, p_t in enumerate(tests):

            def answer(digits: int | None, p_t: float = p_t) -> tuple[Array, Array]:
                values, mass, at, test = (decimals(x, digits) for x in (*given, points, p_t))
                return regressions(digits).answers(values, mass, at, test[()])

            out[i] = enough(answer, floor, f"at test_mask_ratio = {float(p_t)!r}")
        return out


@dataclass(frozen=True)
class _Regressions:
    """J ridge regressions, of which the predictor is a weighted sum (eq-ratio-aware-gauss)."""

    at: Marginal
    rows: Polynomials
    change: Array  #: T, shape (J, J): coordinates of the regressions
    blur: Array  #: relative errors of the ridges, per unit of rounding
    inflation: Array  #: chi, by which masks inflate the coefficients
    one: Array  #: the constant function 1
    surplus: Array  #: chi less the constant function
    effective: Array  #: kappa, effective ridges
    level: Array  #: ridge / kappa, the share of the rows that is left over
    s: Array
    h: Array

    @classmethod
    def of(cls, at: Marginal, digits: int | None) -> _Regressions:
        """Diagonalise the loss."""
        rows = Polynomials.of(at.places, at.degree, digits)
        weight, s, h, d0, ridge = (
            decimals(x, digits)[()] for x in (at.weight, at.s, at.h, at.d0, at.ridge)
        )
        phi, mask, keep = rows.values, rows.mask, 1 - rows.mask
        gram = (phi.T * (weight * keep**2)) @ phi
        penalty = (phi.T * (weight * keep * mask)) @ phi + ridge / d0 * rows.norm
        # The smaller of two matrices that add up to one has the more accurate eigenvectors.
        smaller = gram if gram[0, 0] <= penalty[0, 0] else penalty
        shares, change, growth = eigen(smaller, gram + penalty)
        gains, rest = (((matrix @ change) * change).sum(axis=0) for matrix in (gram, penalty))
        if at.singular:
            rest[np.argmin(rest)] *= 0
        own = d0 * rest / gains
        effective = _effective(own, s, h, at.psi, at.delta)
        zero = own == 0
        left = decimals(max(-at.delta, 0.0), digits)[()]
        level = np.where(zero, left, own / np.where(zero, 1, effective))
        return cls(
            at,
            rows,
            change,
            blur=growth
            * (1 + shares.max() * (1 / gains + 1 / np.where(rest > 0, rest, 0 * rest + 1))),
            inflation=((weight * keep) @ phi @ change) / gains,
            one=change.T @ (gram + penalty)[:, 0],
            surplus=((weight * keep * mask) @ phi @ change) / gains,
            effective=effective,
            level=level,
            s=s,
            h=h,
        )

    def answers(self, values: Array, mass: Array, points: Array, p_t: Any) -> tuple[Array, Array]:
        """Return the answers at one mask ratio, and sizes of the terms of which they are sums."""
        at, kappa, s, h = self.at, self.effective, self.s, self.h
        number = type(p_t)
        d0, psi, q_t = number(at.d0), number(at.psi), 1 - p_t
        phi_t = self.rows.at(p_t)
        load = phi_t @ self.change
        # Errors of what each regression contributes, per unit of rounding.
        rough = (abs(phi_t) @ abs(self.change)) * self.blur
        means, errors = mean_answers(
            lambda x: self._missed(x, phi_t[0], load, rough), (values, mass), points, d0, p_t
        )
        load, rough = load * self.inflation, rough * abs(self.inflation).max()
        # Sums over the spectrum and over the signal, one for each pair of ridges.
        resolvent = 1 / (s[:, None] + kappa)
        room = self.level[:, None] + psi * kappa * ((resolvent.T * (h * s)) @ resolvent)
        test = q_t * q_t * s + q_t * p_t * d0
        spread = psi * ((resolvent.T * (h * s * test)) @ resolvent)
        left = kappa / (values[:, None] + kappa)
        residual = (left.T * (mass * values)) @ left
        pair = np.where(spread == 0, spread, spread / room)
        # No residual, no variance, at the threshold too.
        own = np.where(residual > 0, pair * residual, 0 * residual)
        variances = np.array([load @ own @ load, load @ pair @ load])
        sizes = np.array([2 * abs(load) @ own @ rough, 2 * abs(load) @ pair @ rough])
        return (
            np.concatenate([means[:1], variances, means[1:]]),
            np.concatenate([errors[:1], sizes, errors[1:]]),
        )

    def _missed(self, s: Array, one_t: Any, load: Array, rough: Array) -> tuple[Array, Array]:
        """Return one minus the learned fraction (eq-ratio-aware-mean), and its error."""
        kappa, s = self.effective, s[:, None]
        parts = (self.one * kappa - self.surplus * s) / (s + kappa)
        size = (abs(self.one).max() * kappa + abs(self.surplus).max() * s) / (s + kappa)
        return 1 - one_t + parts @ load, size @ rough + abs(1 - one_t)


def _effective(ridge: Array, s: Array, h: Array, psi: float, delta: float) -> Array:
    """Return kappa with ridge/kappa = psi <kappa/(s + kappa)> - delta (eq-single-class)."""
    number = type(ridge[0])
    psi, delta = number(psi), number(delta)
    if psi == 0:
        return ridge
    # kappa (psi <kappa/(s + kappa)> - delta) is convex: Newton's method descends to the root.
    free = (ridge == 0) & (delta <= 0)
    kappa = np.where(free, 0 * ridge, ridge + psi * (h @ s))
    for _ in range(STEPS):
        part = h / (s + kappa[:, None])
        gain = psi * kappa * part.sum(axis=-1) - delta
        more = psi * kappa * (part * s / (s + kappa[:, None])).sum(axis=-1)
        # The step less kappa on paper: a tiny ridge is not lost in its rounding.
        step = (kappa * more + ridge) / (gain + more)
        better = np.where((step < kappa) & (kappa > 0), step, kappa)
        if (better == kappa).all():
            break
        kappa = better
    return kappa
