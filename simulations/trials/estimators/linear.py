"""Linear regression on masked rows: ridge, or min-norm where the ridge is zero (eq-model)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from simulations.populations.designs import BLOCK
from simulations.running.identity import Record
from simulations.trials.inputs import InputMask
from simulations.trials.masks import moments
from simulations.trials.ridge import Gram, MarginalRidge, Ridge
from simulations.trials.sample import MaskedRows

__all__ = ["LinearFit", "LinearRegression", "LinearRegressions"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class LinearRegression:
    """One vector of coefficients for every mask ratio: the estimator of `ridgeless.risk`.

    Examples
    --------
    >>> task = rl.LinearTarget(snr=1.0)
    >>> LinearRegression().theory(rl.Spectrum([1.0]), 0.5, aspect_ratio=0.5, target=task).total
    3.0
    """

    def record(self) -> Record:
        """Return the name."""
        return {"name": "linear"}

    def regressions(self, masked: MaskedRows) -> LinearRegressions:
        """Return the regressions on these rows."""
        return LinearRegressions(masked)

    def theory(self, spectrum: rl.Spectrum, mask_ratio: Any, **options: Any) -> rl.Risk:
        """Return `ridgeless.risk`."""
        return rl.risk(spectrum, mask_ratio, **options)


@dataclass(frozen=True)
class LinearRegressions:
    """Regressions on masked rows, with any ridge: they share the Gram matrix."""

    masked: MaskedRows

    @cached_property
    def gram(self) -> Gram:
        """Gram matrix of the smaller side."""
        masked = self.masked
        # One of some features has few rows, and a solution takes them again.
        return Gram(masked.rows if masked.excluded is None else masked.rows())

    @cached_property
    def cross(self) -> Array:
        """Products of the masked rows with those that they mask, shape (d, d)."""
        masked = self.masked
        rows = masked.sample.rows
        total = np.zeros((rows.shape[1], rows.shape[1]))
        for start in range(0, self.gram.shape[0], BLOCK):
            some = slice(start, start + BLOCK)
            total += masked.rows(some).T @ masked.responses(rows, some)
        return total

    def fit(self, ridge: float) -> LinearFit:
        """Return the regression with this ridge."""
        masked, masking = self.masked, self.masked.sample.sampling.masking
        if masking.masks < math.inf:
            return LinearFit(self, Ridge(self.gram, ridge))
        means = moments(masking.law, masking.rows or "all", masking.fill)
        rows, left_out = masked.sample.rows, masked.never_seen
        return LinearFit(self, MarginalRidge(rows, ridge, means, masking.groups, left_out))


@dataclass(frozen=True)
class LinearFit:
    """A regression on masked rows with one ridge."""

    shared: LinearRegressions
    regression: Ridge | MarginalRidge

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients of responses per sample, shape (n, r)."""
        return self.regression.coefficients(self.shared.masked.responses(responses))

    def learned(self, beta: Array) -> Array:
        """Return the coefficients of the responses x'beta, shape (d, r)."""
        regression = self.regression
        if isinstance(regression, Ridge) and regression.gram.primal and regression.singular is None:
            # Products of d x d do for all directions: the rows are read once.
            return regression.solve((beta.T @ self.shared.cross.T).T)
        return self.coefficients(self.shared.masked.sample.rows @ beta)

    def errors(self, test: InputMask, beta: Array, coefficients: Array) -> Array:
        """Return the test risk of each column."""
        return self.shared.masked.sample.inputs.errors(test, beta, coefficients)

    def noise_trace(self, test: InputMask) -> float:
        """Return what unit noise in each sample's response adds to the risk."""
        masked = self.shared.masked
        second = masked.sample.inputs.second_moment(test)
        if masked.has_unit_noise:
            return self.regression.noise_trace(second)
        total = 0.0
        for noise in masked.unit_noise():
            units = self.regression.coefficients(noise)
            total += float(np.einsum("ij,ij->", units, second @ units))
        return total
