"""What an estimator is to a trial.

An estimator is a slot of `simulations.Problem`: rows, masks, noise, seeds, batches and stores are
those of every other. A new one is one file in this folder that says how it is fitted, what its
errors are on test inputs, and which theory answers. Given rows and masks it must be linear in the
responses: a trial integrates the noise out (see `simulations.trials.trial`).
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from simulations.running.identity import Record
from simulations.trials.inputs import InputMask
from simulations.trials.sample import MaskedRows

__all__ = ["Estimator", "Fit", "Regressions"]

Array = NDArray[np.float64]


class Fit(Protocol):
    """An estimator fitted to masked rows with one ridge, for any responses."""

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients, a column each, of responses per sample, shape (n, r)."""

    def learned(self, beta: Array) -> Array:
        """Return the coefficients of the responses x'beta, beta of shape (d, r)."""

    def errors(self, test: InputMask, beta: Array, coefficients: Array) -> Array:
        """Return the test risk of each column where the truth is x'beta."""

    def noise_trace(self, test: InputMask) -> float:
        """Return what unit noise in each sample's response adds to the risk."""


class Regressions(Protocol):
    """An estimator on masked rows; what does not depend on the ridge is computed once."""

    def fit(self, ridge: float) -> Fit:
        """Return the fit with this ridge."""


@runtime_checkable
class Estimator(Hashable, Protocol):
    """How coefficients are learnt, and which theory answers; compared by value."""

    def record(self) -> Record:
        """Return what identifies the estimator, for the ids of its cells."""

    def regressions(self, masked: MaskedRows) -> Regressions:
        """Return the estimator on these rows."""

    def theory(self, spectrum: rl.Spectrum, mask_ratio: Any, **options: Any) -> rl.Risk:
        """Return the predicted risk; the arguments are those of `ridgeless.risk`."""
