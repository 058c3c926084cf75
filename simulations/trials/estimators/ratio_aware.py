r"""Ratio-aware regression: coefficients that depend on how much of the input is masked.

A row of keep ratio q has the features :math:`\varphi(q) \otimes \tilde x`
(eq-ratio-aware-model): one block of d coefficients per Legendre polynomial.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.polynomial.legendre import legvander
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless.checks import count
from simulations.running.identity import Record
from simulations.trials.inputs import InputMask, Inputs
from simulations.trials.masks import nodes
from simulations.trials.ridge import Gram, Ridge, lower_factor
from simulations.trials.sample import MaskedRows

__all__ = ["RatioAware"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class RatioAware:
    """Coefficients that are polynomials of the mask ratio: as in `ridgeless.ratio_aware_risk`.

    Any number of masks per sample can be simulated; theory knows one mask and infinitely many.

    Parameters
    ----------
    degree : 0, 1, 2, ...
        Highest degree of the polynomials; 0 is linear regression.

    Raises
    ------
    DomainError
        If the degree is not a whole number of at least 0.

    Examples
    --------
    >>> from simulations import Problem, simulate_risk
    >>> law = rl.UniformRatio(0.1, 0.9)
    >>> problem = Problem([1.0], law, dimension=20, estimator=RatioAware(1))
    >>> simulate_risk(problem, trials=2, rng=0).trials
    2
    """

    degree: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "degree", count("degree", self.degree, least=0))

    def record(self) -> Record:
        """Return the name and the degree."""
        return {"name": "ratio_aware", "degree": self.degree}

    def regressions(self, masked: MaskedRows) -> _Blocks | _AllMasks:
        """Return the regressions on these rows."""
        if masked.sample.sampling.masking.masks < math.inf:
            return _Blocks(masked, self.degree)
        return _AllMasks(masked, self.degree)

    def theory(self, spectrum: rl.Spectrum, mask_ratio: Any, **options: Any) -> rl.Risk:
        """Return `ridgeless.ratio_aware_risk`."""
        return rl.ratio_aware_risk(spectrum, mask_ratio, degree=self.degree, **options)


def polynomials(ratios: Any, degree: int) -> Array:
    """Return the Legendre polynomials of 2q - 1 at mask ratios, shape (ratios, J)."""
    return np.asarray(legvander(1 - 2 * np.atleast_1d(ratios), degree), dtype=np.float64)


def span(phi: Array) -> Array:
    """Return an orthonormal basis of the rows' span: fewer ratios than polynomials span less."""
    if phi.shape[0] == 0:
        return np.eye(phi.shape[1])
    _, values, vectors = np.linalg.svd(phi, full_matrices=False)
    return np.asarray(vectors[values > 1e-10 * values[0]].T)


@dataclass(frozen=True)
class _Fit(ABC):
    """Coefficients of shape (J d, r), a block of d per polynomial."""

    masked: MaskedRows
    degree: int

    @abstractmethod
    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients of responses per sample, shape (n, r)."""

    @abstractmethod
    def noise_trace(self, test: InputMask) -> float:
        """Return what unit noise in each sample's response adds to the risk."""

    def learned(self, beta: Array) -> Array:
        """Return the coefficients of the responses x'beta."""
        return self.coefficients(self.masked.sample.rows @ beta)

    def errors(self, test: InputMask, beta: Array, coefficients: Array) -> Array:
        """Return the test risk of each column: at one ratio the polynomials are numbers."""
        blocks = coefficients.reshape(self.degree + 1, -1, coefficients.shape[1])
        effective = np.tensordot(polynomials(test.ratio, self.degree)[0], blocks, axes=1)
        return self.masked.sample.inputs.errors(test, beta, effective)


@dataclass(frozen=True)
class _Blocks:
    """On the rows' features, a block per direction that the polynomials span."""

    masked: MaskedRows
    degree: int

    @cached_property
    def span(self) -> Array:
        """Directions of the coefficients that rows can teach, shape (J, blocks)."""
        return span(polynomials(self.masked.ratios, self.degree))

    @cached_property
    def gram(self) -> Gram:
        """Gram matrix of the smaller side."""
        rows = self.masked.rows()
        phi = polynomials(self.masked.ratios, self.degree) @ self.span
        features = phi[:, :, None] * rows[:, None]
        return Gram(features.reshape(rows.shape[0], phi.shape[1] * rows.shape[1]))

    def fit(self, ridge: float) -> _BlocksFit:
        """Return the regression with this ridge."""
        return _BlocksFit(self.masked, self.degree, self.span, Ridge(self.gram, ridge))


@dataclass(frozen=True)
class _BlocksFit(_Fit):
    span: Array
    regression: Ridge

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients of responses per sample, shape (n, r)."""
        found = self.regression.coefficients(self.masked.responses(responses))
        blocks = self.span @ found.reshape(self.span.shape[1], -1)
        return np.asarray(blocks.reshape(-1, responses.shape[1]))

    def noise_trace(self, test: InputMask) -> float:
        """Return what unit noise in each sample's response adds to the risk."""
        weights = polynomials(test.ratio, self.degree)[0] @ self.span
        second = self.masked.sample.inputs.second_moment(test)
        if self.masked.has_unit_noise:
            seen = np.asarray(np.kron(np.outer(weights, weights), second), dtype=np.float64)
            return self.regression.noise_trace(seen)
        total = 0.0
        for noise in self.masked.unit_noise():
            found = self.regression.coefficients(noise)
            units = np.tensordot(weights, found.reshape(weights.size, len(second), -1), axes=1)
            total += float(np.einsum("ij,ij->", units, second @ units))
        return total


@dataclass(frozen=True)
class _AllMasks:
    """On infinitely many masks of every row: the loss averaged over them."""

    masked: MaskedRows
    degree: int

    @cached_property
    def seen(self) -> NDArray[np.intp]:
        """Places of the features that some row shows."""
        masked = self.masked
        return np.setdiff1d(np.arange(masked.sample.rows.shape[1]), masked.never_seen)

    @cached_property
    def second(self) -> Array:
        """Second moment of the unmasked rows."""
        rows = self.masked.sample.rows[:, self.seen]
        return np.asarray(rows.T @ rows / rows.shape[0])

    def fit(self, ridge: float) -> _AllMasksFit:
        r"""Return the regression with this ridge.

        The normal equations of the averaged loss (eq-ratio-aware-marginal) have the matrix
        :math:`\overline{\varphi\varphi' q^2} \otimes S + \overline{\varphi\varphi' qp} \otimes
        D(S) + \lambda` and the right side :math:`\overline{\varphi q} \otimes X'y/n`.
        """
        masking = self.masked.sample.sampling.masking
        mask, loss = nodes(masking.law, masking.rows or "all")
        usable = (loss > 0) & (mask < 1)
        mask, loss = mask[usable], loss[usable]
        phi, keep = polynomials(mask, self.degree), 1 - mask
        basis = span(phi)
        phi = phi @ basis
        groups = None
        if masking.groups is not None:
            groups = np.asarray(masking.groups)[self.seen].tolist()
        together = Inputs(self.second, groups).together.toarray()
        matrix = np.kron((phi.T * (loss * keep**2)) @ phi, self.second)
        matrix += np.kron((phi.T * (loss * keep * mask)) @ phi, together)
        matrix.flat[:: matrix.shape[0] + 1] += ridge
        right = np.kron(((loss * keep) @ phi)[:, None], np.eye(self.seen.size))
        blocks = _solve(np.asarray(matrix, float), np.asarray(right, float)).reshape(
            basis.shape[1], -1
        )
        features = self.masked.sample.rows.shape[1]
        learns = np.zeros((self.degree + 1, features, self.seen.size))
        learns[:, self.seen] = (basis @ blocks).reshape(self.degree + 1, self.seen.size, -1)
        return _AllMasksFit(self.masked, self.degree, self.seen, self.second, learns)


def _solve(matrix: Array, right: Array) -> Array:
    """Solve the normal equations; their min-norm solution where they are singular."""
    from scipy.linalg import cho_solve, pinvh

    factor = lower_factor(matrix.copy().T)
    if factor is None:
        return np.asarray(pinvh(matrix) @ right)
    return np.asarray(cho_solve((factor, True), right))


@dataclass(frozen=True)
class _AllMasksFit(_Fit):
    seen: NDArray[np.intp]
    second: Array
    learns: Array  #: from the mean of x y to the coefficients, shape (J, d, seen)

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients of responses per sample, shape (n, r)."""
        rows = self.masked.sample.rows[:, self.seen]
        moments = rows.T @ responses / rows.shape[0]
        return np.asarray((self.learns @ moments).reshape(-1, responses.shape[1]))

    def noise_trace(self, test: InputMask) -> float:
        """Return what unit noise in each sample's response adds to the risk."""
        effective = np.tensordot(polynomials(test.ratio, self.degree)[0], self.learns, axes=1)
        spread = self.second / self.masked.sample.rows.shape[0]
        moment = self.masked.sample.inputs.second_moment(test)
        return float(np.einsum("ij,ij->", effective @ spread, moment @ effective))
