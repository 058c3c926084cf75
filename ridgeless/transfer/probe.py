r"""A ridge probe on a representation: an unmasked problem, and the best ridge for it.

In the coordinates of z the probe is regression on unmasked rows (eq-transfer),

.. math:: R = R_0\big(sB^{2c};\ \beta^2/B^{2c},\ \sigma^2 + \text{lost}\big) + \text{lost}.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.risk import risk
from ridgeless.spectrum import Spectrum
from ridgeless.target import LinearTarget
from ridgeless.transfer.representation import Representation

__all__ = ["Probe", "Probed"]

Array = NDArray[np.float64]

#: Ridges that are tried around the one that an isotropic task wants, and where there is none.
AROUND = np.logspace(-20, 9, 59)
#: How often a bracket of a decade is narrowed, and into how many points: to 2e-5 of it.
ROUNDS, PARTS = 8, 9
SMALLEST, LARGEST = 1e-280, 1e280


class Probed(NamedTuple):
    """Parts of a probe's risk, arrays of one shape."""

    bias: Array
    design_variance: Array
    noise_variance: Array
    ridge: Array  #: in units of the representation's mean variance


class Probe:
    """Regression on one representation, for any number of labels, noise and ridge."""

    def __init__(self, z: Representation) -> None:
        self.z = z
        self.signal = float(z.signal.sum())
        self.spectrum = None
        if (z.values > 0).any():
            values = z.values / z.mean
            self.spectrum = Spectrum(values, z.weights)
            # Without any signal only the noise part counts, whatever the task is.
            signal = z.signal if self.signal > 0 else np.ones_like(values)
            masses = np.divide(signal, values, out=np.zeros_like(values), where=values > 0)
            self.task = LinearTarget(snr=1.0, alignment=masses)

    def at(self, gamma: Array, noise: Array, ridge: Array) -> Probed:
        """Return the risk at numbers of labels d/n, noise of the labels, and ridges in [0, inf]."""
        gamma, noise, ridge = np.broadcast_arrays(gamma, noise, ridge)
        if self.spectrum is None:
            nothing = np.zeros(gamma.shape)
            return Probed(nothing + self.z.lost, nothing, nothing, ridge)
        finite = ridge < np.inf
        found = risk(
            self.spectrum,
            0.0,
            aspect_ratio=gamma,
            target=self.task,
            rows="all",
            ridge=np.where(finite, ridge, 1.0),
        )
        # Bias and design follow the signal, the rest the noise: one of each was asked for.
        loud = noise + self.z.lost
        parts = (
            np.where(finite, found.bias, 1.0) * self.signal + self.z.lost,
            _times(np.where(finite, found.design_variance, 0.0), self.signal),
            _times(np.where(finite, found.noise_variance, 0.0), loud),
        )
        return Probed(*parts, ridge)

    def best(self, gamma: Array, noise: Array) -> Probed:
        """Return the risk with the ridge, of all in [0, inf], for which it is smallest."""
        gamma, noise = (np.ravel(x)[:, None] for x in np.broadcast_arrays(gamma, noise))
        with np.errstate(all="ignore"):
            middle = gamma * (noise + self.z.lost) / self.signal
        middle = np.where((middle > 0) & (middle < np.inf), middle, 1.0)
        tried = np.clip(np.clip(middle, SMALLEST, LARGEST) * AROUND, SMALLEST, LARGEST)
        totals = _total(self.at(gamma, noise, tried))
        for _ in range(ROUNDS):
            place = totals.argmin(axis=1)[:, None]
            low, high = (
                np.log(np.take_along_axis(tried, np.clip(place + i, 0, tried.shape[1] - 1), 1))
                for i in (-1, 1)
            )
            tried = np.exp(low + np.linspace(0, 1, PARTS) * (high - low))
            totals = _total(self.at(gamma, noise, tried))
        place = totals.argmin(axis=1)[:, None]
        inner = np.take_along_axis(tried, place, 1)
        # Of ridges that are as good the one that says so: predict 0, then no ridge.
        ends = np.concatenate((np.full_like(inner, np.inf), np.zeros_like(inner), inner), axis=1)
        winner = _total(self.at(gamma, noise, ends)).argmin(axis=1)[:, None]
        return self.at(gamma[:, 0], noise[:, 0], np.take_along_axis(ends, winner, 1)[:, 0])


def _total(found: Probed) -> Array:
    with np.errstate(over="ignore"):
        return np.asarray(found.bias + found.design_variance + found.noise_variance)


def _times(part: Array, factor: Array | float) -> Array:
    """Return a product that is zero where the factor is: no noise has no variance, even at inf."""
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(np.asarray(factor) > 0, part * factor, 0.0)
