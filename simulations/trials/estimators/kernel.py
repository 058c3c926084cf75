"""Kernel regression on masked rows: random features in the limit of any number of them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from simulations.running.identity import Record
from simulations.trials.estimators.random_features import TESTS, rows_seed
from simulations.trials.inputs import InputMask
from simulations.trials.sample import MaskedRows

__all__ = ["ArcCosineKernel", "arc_cosine"]

Array = NDArray[np.float64]


def arc_cosine(left: Array, right: Array) -> Array:
    r"""Return the arc-cosine kernel of order one between rows, shape (N, M).

    .. math:: k(x, x') = \frac{|x||x'|}{2\pi}
              \big(\sin\vartheta + (\pi - \vartheta)\cos\vartheta\big)

    with the angle between the rows: the mean of max(0, w'x) max(0, w'x') over Gaussian w.

    Examples
    --------
    >>> arc_cosine(np.array([[2.0, 0.0]]), np.array([[1.0, 0.0], [-1.0, 0.0]]))
    array([[1., 0.]])
    """
    lengths = np.linalg.norm(left, axis=1)[:, None] * np.linalg.norm(right, axis=1)
    cosine = np.divide(left @ right.T, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    cosine = np.clip(cosine, -1, 1)
    angle = np.arccos(cosine)
    return np.asarray(lengths * (np.sin(angle) + (np.pi - angle) * cosine) / (2 * np.pi))


@dataclass(frozen=True)
class ArcCosineKernel:
    """Ridge or min-norm regression with the kernel of infinitely many ReLU features.

    Theory is `ridgeless.random_features_risk` with `width_ratio` infinite, in the same units of
    the ridge. Every trial draws test rows.

    Examples
    --------
    >>> from simulations import Problem, simulate_risk
    >>> problem = Problem([1.0], 0.3, dimension=20, estimator=ArcCosineKernel())
    >>> simulate_risk(problem, trials=2, rng=0).trials
    2
    """

    def record(self) -> Record:
        """Return the name."""
        return {"name": "arc_cosine_kernel"}

    def regressions(self, masked: MaskedRows) -> _Kernel:
        """Return the regressions on these rows."""
        if masked.sample.keep is None:
            raise rl.DomainError(
                "masks_per_sample must be finite in a simulation of a kernel, got inf; many masks "
                "come near to it"
            )
        return _Kernel(masked)

    def theory(self, spectrum: rl.Spectrum, mask_ratio: Any, **options: Any) -> rl.Risk:
        """Return `ridgeless.random_features_risk` of infinitely many features."""
        if options.pop("row_power", None) is not None:
            raise NotImplementedError("rows of unequal power are not derived for a kernel")
        return rl.random_features_risk(spectrum, mask_ratio, width_ratio=np.inf, **options)


@dataclass(frozen=True)
class _Kernel:
    """Masked rows and test rows; regressions with any ridge share them."""

    masked: MaskedRows

    @cached_property
    def rows(self) -> Array:
        """Training rows as shown, shape (N, d), without what a loss weighs them by."""
        rows, roots = self.masked.rows(), self.masked.roots
        return rows if roots is None else rows / np.where(roots > 0, roots, 1.0)[:, None]

    @cached_property
    def weight(self) -> Array:
        """Root of each row's loss weight, 0 for rows without entries, shape (N,)."""
        roots = self.masked.roots
        return np.where(self.rows.any(axis=1), 1.0 if roots is None else roots, 0.0)

    @cached_property
    def drawn(self) -> tuple[Array, Array]:
        """Test rows, and uniforms that mask them."""
        sample = self.masked.sample
        rng = rows_seed(self.masked)
        rows = sample.sampling.design.draw(sample.population, TESTS, rng)
        return rows, rng.random(rows.shape)

    def tests(self, test: InputMask) -> Array:
        """Return the kernel of test rows with training rows, shape (tests, N)."""
        rows, uniforms = self.drawn
        if test.ratio == 1:
            return np.zeros((len(rows), len(self.rows)))
        shown = rows * (uniforms >= test.ratio)
        if test.fill == "rescale":
            shown /= 1 - test.ratio
        if self.masked.excluded is not None:
            shown[:, self.masked.excluded] = 0.0
        return arc_cosine(shown, self.rows) * self.weight

    def fit(self, ridge: float) -> _Fit:
        """Return the regression with this ridge."""
        gram = arc_cosine(self.rows, self.rows) * self.weight[:, None] * self.weight
        values, vectors = np.linalg.eigh(gram)
        inverse = values + ridge * len(gram)
        tiny = values <= len(gram) * np.finfo(float).eps * values[-1:].max(initial=0.0)
        inverse = np.where(tiny & (ridge == 0), np.inf, inverse)
        return _Fit(self, np.asarray((vectors / inverse) @ vectors.T))


@dataclass(frozen=True)
class _Fit:
    """A regression with one ridge: predictions are k_t'(K + N lambda)^-1 y."""

    kernel: _Kernel
    inverse: Array

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients of responses per sample, shape (N, r)."""
        return np.asarray(self.inverse @ self.kernel.masked.responses(responses))

    def learned(self, beta: Array) -> Array:
        """Return the coefficients of the responses x'beta."""
        return self.coefficients(self.kernel.masked.sample.rows @ beta)

    def errors(self, test: InputMask, beta: Array, coefficients: Array) -> Array:
        """Return the test risk of each column, on the trial's test rows."""
        miss = self.kernel.drawn[0] @ beta - self.kernel.tests(test) @ coefficients
        return np.asarray(np.einsum("ij,ij->j", miss, miss) / len(miss))

    def noise_trace(self, test: InputMask) -> float:
        """Return what unit noise in each sample's response adds to the risk."""
        load = self.kernel.tests(test) @ self.inverse
        masked = self.kernel.masked
        total = 0.0
        for noise in masked.unit_noise():
            units = load @ noise
            total += float(np.einsum("ij,ij->", units, units))
        return total / len(load)
