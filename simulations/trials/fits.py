"""The masked rows of a trial, and regressions on them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from simulations.populations.designs import BLOCK, Population
from simulations.trials.estimators import COLUMNS, Gram, MarginalRidge, Ridge
from simulations.trials.inputs import Inputs
from simulations.trials.masks import moments
from simulations.trials.problem import Sampling

__all__ = ["Fit", "MaskedRows", "Regressions", "Sample"]

Array = NDArray[np.float64]

ALL = slice(None)


@dataclass(frozen=True)
class Sample:
    """Training rows, and the masks that are put on them."""

    sampling: Sampling
    population: Population
    rows: Array  #: x, shape (n, d)
    keep: NDArray[np.bool_] | None  #: m, shape (n, K, d); None stands for infinitely many masks
    ratios: Array  #: p, shape (n, K)

    @cached_property
    def inputs(self) -> Inputs:
        """Test inputs, masked in the same groups."""
        return Inputs(self.population.covariance, self.sampling.masking.groups)


@dataclass(frozen=True)
class MaskedRows:
    """Masked rows of a sample: made whenever they are needed, for they are the largest table."""

    sample: Sample
    counted: NDArray[np.bool_] | None  #: which rows are used, shape (n, K); None stands for all
    excluded: int | None = None  #: a feature that is left out

    @cached_property
    def places(self) -> NDArray[np.intp] | None:
        """Places of the rows among all n K; None: each sample once, in order."""
        if self.counted is not None:
            return np.flatnonzero(self.counted)
        count = self.sample.ratios.size
        return None if count in (0, self.sample.rows.shape[0]) else np.arange(count)

    @cached_property
    def samples(self) -> NDArray[np.intp] | None:
        """The sample that each row masks; None: each once, in order."""
        return None if self.places is None else self.places // self.sample.ratios.shape[1]

    def rows(self, some: slice = ALL) -> Array:
        """Return the rows, shape (N, d), or some of them."""
        rows, keep = self.sample.rows, self.sample.keep
        assert keep is not None
        if self.places is None or self.samples is None:
            rows = rows[some] * keep[some, 0]
        else:
            rows = rows.take(self.samples[some], axis=0)
            rows *= keep.reshape(-1, keep.shape[2]).take(self.places[some], axis=0)
        if self.excluded is not None:
            rows[:, self.excluded] = 0.0
        return rows


@dataclass(frozen=True)
class Regressions:
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
        rows, samples = masked.sample.rows, masked.samples
        total = np.zeros((rows.shape[1], rows.shape[1]))
        for start in range(0, self.gram.shape[0], BLOCK):
            some = slice(start, start + BLOCK)
            total += masked.rows(some).T @ rows[some if samples is None else samples[some]]
        return total

    def fit(self, ridge: float) -> Fit:
        """Return the regression with this ridge."""
        sampling = self.masked.sample.sampling
        if np.isfinite(sampling.masks_per_sample):
            return Fit(self, Ridge(self.gram, ridge))
        means = moments(sampling.masking.law, sampling.rows)
        groups, column = sampling.masking.groups, self.masked.excluded
        excluded = [] if column is None else [column]
        if groups is not None and column is not None and sampling.rows == "masked":
            # Where a feature is masked, so is its group.
            excluded = np.flatnonzero(np.equal(groups, groups[column])).tolist()
        rows = self.masked.sample.rows
        return Fit(self, MarginalRidge(rows, ridge, means, groups, excluded))


@dataclass(frozen=True)
class Fit:
    """A regression on masked rows with one ridge."""

    shared: Regressions
    regression: Ridge | MarginalRidge

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients of responses per sample, shape (n, r)."""
        samples = self.shared.masked.samples
        return self.regression.coefficients(responses if samples is None else responses[samples])

    def learned(self, beta: Array) -> Array:
        """Return the coefficients of the responses x'beta, shape (d, r)."""
        regression = self.regression
        if isinstance(regression, Ridge) and regression.gram.primal and regression.singular is None:
            # Products of d x d do for all directions: the rows are read once.
            return regression.solve((beta.T @ self.shared.cross.T).T)
        return self.coefficients(self.shared.masked.sample.rows @ beta)

    def noise_trace(self, second: Array) -> float:
        """Return what unit noise in each sample's response adds to the risk."""
        samples = self.shared.masked.samples
        if samples is None or np.unique(samples).size == samples.size:
            return self.regression.noise_trace(second)
        total = 0.0
        for start in range(0, self.shared.masked.sample.rows.shape[0], COLUMNS):
            # Rows of one sample share its noise.
            noise = np.equal.outer(samples, np.arange(start, start + COLUMNS)).astype(float)
            units = self.regression.coefficients(noise)
            total += float(np.einsum("ij,ij->", units, second @ units))
        return total
