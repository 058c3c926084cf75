r"""One trial: rows and masks are drawn, and the risk given them is evaluated exactly.

The population is known, so the test risk of coefficients :math:`b` needs no test rows
(eq-risk-given-coefficients):

.. math:: E(x'\beta - x_t'b)^2 = (\beta - q_t b)'\Sigma(\beta - q_t b) + q_t p_t\, b'Db.

The coefficients are linear in the response, so the noise adds :math:`\sigma^2` times a trace to
the risk of the signal. What is left to fluctuate is the rows and the masks.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError, LinearTarget, Spectrum
from simulations.designs import Design, Population
from simulations.estimators import MarginalRidge, Ridge
from simulations.masks import draw_masks, moments
from simulations.problem import Readout, Sampling

__all__ = ["PARTS", "run_trial"]

Array = NDArray[np.float64]

#: What a trial returns: risk from the signal, and what the noise in the responses adds.
PARTS = ("signal", "noise")

#: Target features that one trial averages: at least a few, more where they are cheap.
COLUMNS, CHEAP = 4, 1600
#: Random signs per target feature that stand for its noise: the mean of their squared errors is
#: an unbiased trace.
PROBES = 4


@dataclass(frozen=True)
class Sample:
    """Training rows, and the masks that are put on them."""

    sampling: Sampling
    population: Population
    rows: Array  #: x, shape (n, d)
    keep: NDArray[np.bool_] | None  #: m, shape (n, K, d); None stands for infinitely many masks
    ratios: Array  #: p, shape (n, K)

    def fit(self, counted: NDArray[np.bool_] | None, excluded: int | None, ridge: float) -> Fit:
        """Return the regression on the `counted` rows, shape (n, K), without one feature."""
        rows, samples = self.rows, np.arange(self.rows.shape[0])
        if self.keep is not None:
            chosen = np.ones(self.ratios.shape, dtype=bool) if counted is None else counted
            samples = np.nonzero(chosen)[0]
            rows = rows[samples] * self.keep[chosen]
        elif excluded is not None:
            rows = rows.copy()
        if excluded is not None:
            rows[:, excluded] = 0.0
        if self.keep is None:
            means = moments(self.sampling.mask_ratio, self.sampling.rows)
            return Fit(MarginalRidge(rows, ridge, means), samples)
        return Fit(Ridge(rows, ridge), samples)


class Regression(Protocol):
    """Anything that is linear in its responses."""

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients, shape (d, r), of `responses`, shape (N, r)."""


@dataclass(frozen=True)
class Fit:
    """A regression on masked rows, and the sample that each row masks."""

    regression: Regression
    samples: NDArray[np.intp]

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients of responses per sample, shape (n, r)."""
        return self.regression.coefficients(responses[self.samples])


def run_trial(
    sampling: Sampling, readout: Readout, root: np.random.SeedSequence, number: int
) -> Array:
    """Return the `PARTS` of the risk in trial `number` of the sampling with seed `root`."""
    trial = np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, 1, number))
    rows_rng, masks_rng, readout_rng = map(np.random.default_rng, trial.spawn(3))
    population = _population(sampling.design, sampling.spectrum, root.entropy, root.spawn_key)
    rows = sampling.design.draw(population, sampling.samples, rows_rng)
    keep, ratios = None, np.empty((sampling.samples, 0))
    if np.isfinite(sampling.masks_per_sample):
        shape = sampling.samples, int(sampling.masks_per_sample)
        keep, ratios = draw_masks(sampling.mask_ratio, shape, sampling.dimension, masks_rng)
    sample = Sample(sampling, population, rows, keep, ratios)
    if isinstance(readout.target, LinearTarget):
        return _linear(sample, readout, readout.target, readout_rng)
    return _masked_features(sample, readout, readout_rng)


@lru_cache(maxsize=8)
def _population(design: Design, spectrum: Spectrum, entropy: Any, key: Any) -> Population:
    """Return the population that all trials of a sampling share."""
    seed = np.random.SeedSequence(entropy, spawn_key=(*key, 0))
    return design.population(spectrum, np.random.default_rng(seed))


def _linear(
    sample: Sample, readout: Readout, target: LinearTarget, rng: np.random.Generator
) -> Array:
    """Return the risk of a linear task, averaged exactly over directions and noise (eq-linear).

    The mass of beta is fixed per eigenvalue and its signs are random in the eigenbasis: the mean
    over signs is a sum over eigenvectors, one response each.
    """
    sampling, population = sample.sampling, sample.population
    counted = None
    if sampling.rows == "masked" and sample.keep is not None:
        # The label is masked as if it were one more feature.
        counted = rng.random(sample.ratios.shape) < sample.ratios
    masses = masses_of(target, population.eigenvalues)
    beta = population.eigenvectors[:, masses > 0] * np.sqrt(masses[masses > 0])
    fit = sample.fit(counted, None, readout.ridge)
    from_signal = errors(population, readout, beta, fit.coefficients(sample.rows @ beta)).sum()
    noise = target.signal_variance / float(np.asarray(target.snr))
    if noise == 0:
        return np.array([from_signal, 0.0])
    units = fit.coefficients(np.eye(sampling.samples))
    return np.array([from_signal, noise * errors(population, readout, 0.0, units).sum()])


def masses_of(target: LinearTarget, eigenvalues: Array) -> Array:
    """Return beta's squared component along each eigenvector."""
    if isinstance(target.alignment, str):
        masses = np.ones_like(eigenvalues)
    elif np.ndim(target.alignment) == 0:
        # Only ratios matter: relative to the largest mass, no power overflows.
        power = float(np.asarray(target.alignment))
        masses = (eigenvalues / (eigenvalues[-1] if power > 0 else eigenvalues[0])) ** power
    else:
        masses = np.asarray(target.alignment, dtype=np.float64)
    return np.asarray(masses * (target.signal_variance / (masses @ eigenvalues)))


def _masked_features(sample: Sample, readout: Readout, rng: np.random.Generator) -> Array:
    """Return the mean risk of a few features, each regressed on the others (eq-masked-feature).

    The population regression is beta, and its residual the noise. Where the noise is independent
    of the other features it is integrated out; where it is only uncorrelated with them (real
    rows) its part is what the risk of the full response adds to that of the predictable part.
    """
    sampling, population, rows = sample.sampling, sample.population, sample.rows
    number = max(COLUMNS, CHEAP // sampling.dimension)
    columns = rng.permutation(sampling.dimension)[:number]
    beta, variances = regressions(population, columns)
    predictable = rows @ beta
    signals, noises = [], []
    for column, coefficients, sigma2, response in zip(
        columns, beta.T, variances, predictable.T, strict=True
    ):
        counted = None
        if sampling.rows == "masked" and sample.keep is not None:
            counted = ~sample.keep[:, :, column]
        fit = sample.fit(counted, int(column), readout.ridge)
        if sampling.design.has_independent_noise:
            signs = rng.choice([-1.0, 1.0], size=(rows.shape[0], PROBES))
            estimates = fit.coefficients(np.column_stack([response, signs]))
            signal = errors(population, readout, coefficients[:, None], estimates[:, :1])[0]
            noise = sigma2 * errors(population, readout, 0.0, estimates[:, 1:]).mean()
        else:
            estimates = fit.coefficients(np.column_stack([response, rows[:, column]]))
            signal, total = errors(population, readout, coefficients[:, None], estimates)
            noise = total - signal
        signals.append(signal)
        noises.append(noise)
    return np.array([np.mean(signals), np.mean(noises)])


def errors(
    population: Population, readout: Readout, beta: Array | float, coefficients: Array
) -> Array:
    """Return the test risk of each column of coefficients, shape (d, r) to (r,)."""
    p = readout.test_mask_ratio
    q = 1 - p
    covariance = population.covariance
    miss = beta - q * coefficients
    risk = np.einsum("ij,ij->j", miss, covariance @ miss)
    if p > 0:
        risk += q * p * (np.diag(covariance) @ coefficients**2)
    return np.asarray(risk)


def regressions(population: Population, columns: NDArray[np.intp]) -> tuple[Array, Array]:
    r"""Return each column's population regression on the others, and its residual variance.

    With :math:`\Omega = \Sigma^{-1}`: :math:`\beta = e_j - \Omega_{\cdot j}/\Omega_{jj}` and
    :math:`\sigma_j^2 = 1/\Omega_{jj}`. If Sigma is singular its null space decides: a feature
    with a part there is an exact function of the others.
    """
    values, vectors = population.eigenvalues, population.eigenvectors
    here = np.arange(columns.size)
    loads = vectors[columns].T
    inverse = np.divide(1.0, values, out=np.zeros_like(values), where=values > 0)
    omega = vectors @ (inverse[:, None] * loads)
    variances = 1 / omega[columns, here]
    null = values == 0
    if null.any():
        flat = vectors[:, null] @ loads[null]
        exact = flat[columns, here] > 1e-10
        omega[:, exact], variances[exact] = flat[:, exact], 0.0
    beta = -omega / omega[columns, here]
    beta[columns, here] = 0.0
    if not np.isfinite(beta).all():
        raise DomainError("spectrum must leave every feature some variance")
    return beta, variances
