"""Regressions on masked rows written out: one sum over rows, or over every mask."""

import itertools
import math

import numpy as np
from numpy.polynomial.legendre import legval

from simulations import Problem
from simulations.collection.runner import seed_sequence
from simulations.trials.sample import Sample
from simulations.trials.trial import draw

__all__ = ["loss_weight", "polynomial", "sample_of", "solution"]


def sample_of(problem: Problem, number: int = 0, rng: int = 0) -> Sample:
    """Return the rows and masks of a trial."""
    return draw(problem.sampling, seed_sequence(rng), number)


def loss_weight(law, ratio):
    """Return the loss weight of a ratio that the law holds once."""
    weights = getattr(law, "loss_weights", None)
    return 1.0 if weights is None else dict(zip(law.values, weights, strict=True))[ratio]


def polynomial(ratio, degree):
    """Return the Legendre polynomials of 2q - 1."""
    return np.array([legval(1 - 2 * ratio, np.eye(degree + 1)[j]) for j in range(degree + 1)])


def solution(sample, ridge, counted=None, excluded=None, degree=0):
    """Return the map from responses per sample to coefficients, shape (J d, n)."""
    number, features = sample.rows.shape
    size = (degree + 1) * features
    matrix, right, rows = np.zeros((size, size)), np.zeros((size, number)), 0.0
    for chance, weight, sample_number, ratio, seen in _masks(sample, counted, excluded):
        shown = seen * (np.arange(features) != excluded)
        row = np.kron(polynomial(ratio, degree), shown * sample.rows[sample_number])
        matrix += chance * weight * np.outer(row, row)
        right[:, sample_number] += chance * weight * row
        rows += chance
    if rows == 0:
        return right
    return np.linalg.pinv(matrix / rows + ridge * np.eye(size), rcond=1e-12) @ right / rows


def _masks(sample, counted, excluded):
    """Yield probability, loss weight, sample, ratio and mask of every row that counts."""
    masking = sample.sampling.masking
    law = masking.law
    if masking.masks < math.inf:
        for i, k in np.ndindex(*sample.ratios.shape):
            if counted is None or counted[i, k]:
                p = sample.ratios[i, k]
                yield 1.0, loss_weight(law, p), i, p, sample.keep[i, k]
        return
    features = sample.rows.shape[1]
    labels = np.arange(features) if masking.groups is None else np.array(masking.groups)
    for p, share in zip(law.values, law.weights, strict=True):
        for hidden in itertools.product([False, True], repeat=labels.max() + 1):
            seen = ~np.array(hidden)[labels]
            chance = share * p ** sum(hidden) * (1 - p) ** (len(hidden) - sum(hidden))
            if masking.rows == "masked":
                # A linear task's label is masked as if it were a group of its own.
                chance *= p if excluded is None else not seen[excluded]
            for i in range(len(sample.rows)):
                yield chance, loss_weight(law, p), i, p, seen
