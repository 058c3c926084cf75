r"""Ratio-aware regression with infinitely many masks: several ridges on the same rows.

Averaged over masks, the loss of one sample is a quadratic form in :math:`(x'b_1, \dots, x'b_J)`
plus a quadratic penalty. Coordinates in which both are diagonal make it J ridge regressions of
the same unmasked rows, each with its own ridge (eq-ratio-aware-marginal); how they fluctuate
together follows from a two-ridge equivalent (eq-ratio-aware-two-ridges). Away from a narrow law,
the regressions cancel: the same steps are then taken with as many digits as that costs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.ratio_aware.digits import decimals, eigen, inverse, precision
from ridgeless.engine.ratio_aware.newton import Places, newton
from ridgeless.errors import ConvergenceError

__all__ = ["Marginal"]

Array = NDArray[Any]  # of floats or of decimals

#: What rounding may leave of an answer, relative; of one from decimals.
ALLOWED, EXACT = 2e-12, 1e-17
FIRST_DIGITS, LAST_DIGITS = 40, 1280
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
        out = np.empty((tests.size, 3 + points.size))
        left, digits, allowed = np.arange(tests.size), None, ALLOWED
        while left.size:
            with precision(digits) as rounding:
                found = _Regressions.of(self, digits)
                given = [decimals(x[signal[0] > 0], digits) for x in signal]
                at = decimals(points, digits)
                for i in left:
                    values, sizes = found.answers(*given, at, decimals(tests[i], digits)[()])
                    lost = np.array(sizes * rounding, dtype=float)
                    out[i] = np.array(values, dtype=float)
                    fine = (lost <= allowed * np.abs(out[i])) | ~np.isfinite(out[i])
                    fine[3:] |= lost[3:] <= allowed
                    # (nan is not fine)
                    out[i, ~fine | np.isnan(out[i])] = np.nan
            left = left[np.isnan(out[left]).any(axis=1)]
            digits, allowed = 2 * digits if digits else FIRST_DIGITS, EXACT
            if left.size and digits > LAST_DIGITS:
                raise ConvergenceError(
                    f"{self.degree + 1} polynomials on a law of mask ratios so narrow cancel more "
                    f"than {LAST_DIGITS} digits at test_mask_ratio = {float(tests[left[0]])!r}; "
                    "use a lower degree"
                )
        return out


@dataclass(frozen=True)
class _Regressions:
    """J ridge regressions whose weighted sum is the ratio-aware predictor."""

    at: Marginal
    base: Any  #: `newton.Newton`
    legendre: Array  #: coefficients of the Legendre polynomials, by coordinates
    change: Array  #: T, shape (J, J): coordinates of the regressions
    blur: Array  #: relative roundings of the ridges
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
        x, low, width, weight, s, h, d0, ridge = (
            decimals(value, digits)[()]
            for value in (
                at.places.x, at.places.low, at.places.width, at.weight, at.s, at.h, at.d0, at.ridge
            )
        )  # fmt: skip
        base = newton(Places(x, low, width), at.degree, x[:0])
        phi, mask = base(x), low + width * x
        keep = 1 - mask
        differences = base.legendre()
        norm = inverse(differences @ differences.T)
        gram = (phi.T * (weight * keep**2)) @ phi
        penalty = (phi.T * (weight * keep * mask)) @ phi + ridge / d0 * norm
        # The smaller of two matrices that add up to one has the more accurate eigenvectors.
        smaller = gram if gram[0, 0] <= penalty[0, 0] else penalty
        shares, change = eigen(smaller, gram + penalty)
        gains, rest = (((matrix @ change) * change).sum(axis=0) for matrix in (gram, penalty))
        if at.singular:
            rest[np.argmin(rest)] *= 0
        own = d0 * rest / gains
        effective = _effective(own, s, h, at.psi, at.delta)
        zero = own == 0
        left = type(d0)(max(-at.delta, 0.0))
        level = np.where(zero, left, own / np.where(zero, 1, effective))
        return cls(
            at,
            base,
            differences.T @ norm,
            change,
            blur=shares.max() * (1 / gains + np.where(rest > 0, 1 / rest, 0 * rest)),
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
        d0, psi = number(at.d0), number(at.psi)
        q_t = 1 - p_t
        place = self.base
        x_t = (p_t - place.low) / place.width
        phi_t = place(np.asarray(x_t)) + place.rest(x_t) @ self.legendre
        load = phi_t @ self.change
        # What rounding leaves of each regression, in units of the relative rounding.
        size = (abs(phi_t) @ abs(self.change)) * (1 + self.blur)
        missed, blur = self._missed(values, phi_t, load, size)
        wrong = p_t + q_t * missed
        bias = (mass * values) @ wrong**2 + q_t * p_t * d0 * (mass @ (1 - missed) ** 2)
        loose = (mass * values) @ (abs(wrong) * q_t * blur)
        loose += q_t * p_t * d0 * (mass @ (abs(1 - missed) * blur))
        raw, load = load, load * self.inflation
        rough = size * abs(self.inflation).max()
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
        sums = [bias, load @ own @ load, load @ pair @ load]
        sizes = [2 * loose, 2 * abs(load) @ own @ rough, 2 * abs(load) @ pair @ rough]
        there = points > 0
        fractions, sharp = 0 * points, 0 * points
        if there.any():
            missed, sharp[there] = self._missed(points[there], phi_t, raw, size)
            fractions[there] = 1 - missed
        return np.append(sums, fractions), np.append(sizes, sharp)

    def _missed(self, s: Array, phi_t: Array, load: Array, size: Array) -> tuple[Array, Array]:
        """Return one minus the learned fraction (eq-ratio-aware-mean), and its rounding."""
        kappa, s = self.effective, s[:, None]
        parts = (self.one * kappa - self.surplus * s) / (s + kappa)
        rough = (abs(self.one).max() * kappa + abs(self.surplus).max() * s) / (s + kappa)
        return 1 - phi_t[0] + parts @ load, rough @ size + abs(1 - phi_t[0])


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
        slope = gain + psi * kappa * (part * s / (s + kappa[:, None])).sum(axis=-1)
        step = (kappa * gain - ridge) / slope
        better = np.where((step > 0) & (kappa > 0), kappa - step, kappa)
        if (better == kappa).all():
            break
        kappa = better
    return kappa
