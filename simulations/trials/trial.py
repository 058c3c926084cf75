r"""One trial: rows and masks are drawn, and the risk given them is evaluated exactly.

The coefficients are linear in the response, so the noise adds :math:`\sigma^2` times a trace to
the risk of the signal, and the mean over random signs of beta in the eigenbasis is a sum over
eigenvectors. For a linear task both are evaluated exactly: at d = 400 random signs need 1.5 to 19
times the time for the same error with 4 or 16 of them, and 1 to 2 times with 64
(benchmarks/simulation.py). A masked feature needs a regression of its own, and the features differ
among themselves; there a few random signs stand for the noise: with four of them the same error
takes as long as with the exact trace, to within the accuracy of that measurement
(docs/performance.md).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from enum import IntEnum
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError, LinearTarget, Spectrum
from simulations.populations.designs import Design, Population
from simulations.running.identity import words
from simulations.trials.estimators.estimator import Fit
from simulations.trials.inputs import InputMask
from simulations.trials.masks import draw_masks
from simulations.trials.problem import Readout
from simulations.trials.sample import MaskedRows, Sample
from simulations.trials.sampling import Sampling

__all__ = ["PARTS", "Stream", "draw", "random_numbers", "run_trial"]

Array = NDArray[np.float64]

#: What a trial returns: risk from the signal, and what the noise in the responses adds.
PARTS = ("signal", "noise")

#: Target features that one trial averages: at least a few, more where they are cheap.
COLUMNS, CHEAP = 4, 1600
#: Random signs per target feature that stand for its noise: the mean of their squared errors is
#: an unbiased trace.
PROBES = 4
#: Directions of a linear task that are solved for at a time, to bound the memory.
DIRECTIONS = 512


class Stream(IntEnum):
    """Independent random numbers of a trial."""

    ROWS = 0
    MASKS = 1
    LABELS = 2  #: of linear tasks: whether they are masked
    FEATURES = 3  #: those that are predicted, and the signs of their noise


def run_trial(
    sampling: Sampling, readouts: Sequence[Readout], root: np.random.SeedSequence, number: int
) -> Array:
    """Return the `PARTS` of the risk of each readout in trial `number`, shape (readouts, parts).

    The trial's seed is named by the design and the number. A readout sees the same numbers
    whatever the others are.
    """
    sample = draw(sampling, root, number)
    out = np.empty((len(readouts), len(PARTS)))
    linear = [isinstance(readout.target, LinearTarget) for readout in readouts]
    for chosen, evaluate, stream in (
        (np.flatnonzero(linear), _linear, Stream.LABELS),
        (np.flatnonzero(np.logical_not(linear)), _masked_features, Stream.FEATURES),
    ):
        if chosen.size:
            rng = random_numbers(root, sampling.id, number, stream)
            out[chosen] = evaluate(sample, [readouts[int(i)] for i in chosen], rng)
    return out


def draw(sampling: Sampling, root: np.random.SeedSequence, number: int) -> Sample:
    """Draw the rows and masks of trial `number`."""
    population = _population(
        sampling.design, sampling.spectrum, root.entropy, root.spawn_key, sampling.population_id
    )
    rng = random_numbers(root, sampling.id, number, Stream.ROWS)
    rows = sampling.design.draw(population, sampling.samples, rng)
    keep, ratios = None, np.empty((sampling.samples, 0))
    masking = sampling.masking
    if masking.masks < math.inf:
        rng = random_numbers(root, sampling.id, number, Stream.MASKS)
        shape = sampling.samples, int(masking.masks)
        keep, ratios = draw_masks(masking, shape, sampling.dimension, rng, sampling.ratio_batch)
    return Sample(sampling, population, rows, keep, ratios)


def random_numbers(root: np.random.SeedSequence, name: str, *numbers: int) -> np.random.Generator:
    """Return the random numbers that belong to a name and numbers: a trial's and its `Stream`."""
    key = (*root.spawn_key, *words(name), *numbers)
    return np.random.default_rng(np.random.SeedSequence(root.entropy, spawn_key=key))


@lru_cache(maxsize=1)
def _population(
    design: Design, spectrum: Spectrum, entropy: Any, spawn_key: Any, name: str
) -> Population:
    """Return the population that all trials of a design share.

    One is kept: batches come design by design, and at d = 4000 it takes 0.4 GB.
    """
    root = np.random.SeedSequence(entropy, spawn_key=spawn_key)
    return design.population(spectrum, random_numbers(root, name))


def _linear(sample: Sample, readouts: Sequence[Readout], rng: np.random.Generator) -> Array:
    """Return the risks of linear tasks, averaged exactly over directions and noise.

    The mass of beta is fixed per eigenvalue (eq-linear-target) and its signs are random in the
    eigenbasis: the mean over signs is a sum over eigenvectors, one response each.
    """
    counted = None
    if sample.sampling.masking.rows == "masked" and sample.keep is not None:
        # The label is masked as if it were one more feature.
        counted = rng.random(sample.ratios.shape) < sample.ratios
    masked = MaskedRows(sample, counted)
    out = np.empty((len(readouts), len(PARTS)))
    for chosen, fit in _fits(masked, readouts):
        out[chosen] = _linear_risks(sample, fit, [readouts[i] for i in chosen])
    return out


def _fits(masked: MaskedRows, readouts: Sequence[Readout]) -> Iterator[tuple[list[int], Fit]]:
    """Yield every fit that is asked for, with the places of its readouts.

    One estimator and one ridge at a time: one Gram matrix and one factor.
    """
    for estimator in dict.fromkeys(readout.estimator for readout in readouts):
        shared = estimator.regressions(masked)
        here = [i for i, readout in enumerate(readouts) if readout.estimator == estimator]
        for ridge in dict.fromkeys(readouts[i].ridge for i in here):
            yield [i for i in here if readouts[i].ridge == ridge], shared.fit(ridge)


def _linear_risks(sample: Sample, fit: Fit, readouts: Sequence[Readout]) -> Array:
    """Return the risks of linear tasks that are solved with the same ridge."""
    population = sample.population
    tests = dict.fromkeys(readout.test for readout in readouts)

    @cache
    def noise_trace(test: InputMask) -> float:
        return fit.noise_trace(test)

    @cache
    def signals(task: LinearTarget) -> dict[InputMask, float]:
        """Risk of the signal on every kind of test inputs."""
        masses = task.masses(population.eigenvalues)
        used = np.flatnonzero(masses)
        risks = dict.fromkeys(tests, 0.0)
        for start in range(0, used.size, DIRECTIONS):
            some = used[start : start + DIRECTIONS]
            beta = population.eigenvectors[:, some] * np.sqrt(masses[some])
            coefficients = fit.learned(beta)
            for test in risks:
                risks[test] += float(fit.errors(test, beta, coefficients).sum())
        return risks

    out = []
    for readout in readouts:
        target, test = readout.target, readout.test
        assert isinstance(target, LinearTarget)
        signal = signals(replace(target, snr=1.0))[test]
        noise = target.signal_variance / float(np.asarray(target.snr))
        out.append([signal, noise * noise_trace(test) if noise > 0 else 0.0])
    return np.array(out)


def _masked_features(
    sample: Sample, readouts: Sequence[Readout], rng: np.random.Generator
) -> Array:
    """Return the mean risks of a few features, each regressed on the others (eq-masked-feature).

    The population regression is beta, and its residual the noise. Where the noise is independent
    of the other features it is integrated out; where it is only uncorrelated with them (rows that
    are not Gaussian) its part is what the risk of the full response adds to that of the
    predictable part, without the noise of the test row itself.
    """
    sampling, population, rows = sample.sampling, sample.population, sample.rows
    number = max(COLUMNS, CHEAP // sampling.dimension)
    columns = rng.permutation(sampling.dimension)[:number]
    beta, variances = regressions(population, columns)
    independent = sampling.design.has_independent_noise
    # Responses of each feature: what is predictable, and either signs or the full response.
    responses = np.empty((columns.size, rows.shape[0], 1 + (PROBES if independent else 1)))
    responses[:, :, 0] = (rows @ beta).T
    if independent:
        responses[:, :, 1:] = rng.choice([-1.0, 1.0], size=(columns.size, rows.shape[0], PROBES))
    else:
        responses[:, :, 1] = rows.T[columns]
    truth = np.zeros((*beta.shape, responses.shape[2]))
    truth[:, :, 0] = beta
    if not independent:
        # Whole: among test rows that are not the population its noise need not be uncorrelated.
        truth[columns, np.arange(columns.size), 1] = 1.0
    risks = np.empty((len(readouts), columns.size, responses.shape[2]))
    for index, column in enumerate(columns.tolist()):
        counted = None
        if sampling.masking.rows == "masked" and sample.keep is not None:
            counted = ~sample.keep[:, :, column]
        for chosen, fit in _fits(MaskedRows(sample, counted, column), readouts):
            learned = fit.coefficients(responses[index])
            for place in chosen:
                test = readouts[place].test
                risks[place, index] = fit.errors(test, truth[:, index], learned)
            del fit  # its tables make room for those of the next
    signal, rest = risks[:, :, 0], risks[:, :, 1:]
    noise = variances * rest.mean(axis=2) if independent else rest[:, :, 0] - variances - signal
    return np.stack([signal.mean(axis=1), noise.mean(axis=1)], axis=1)


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
