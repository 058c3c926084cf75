"""Schedules of mask ratios in the linear bridge, beside the laws that they sweep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from random_ratios.law_table import R2MAE
from simulations.populations.designs import GaussianRows
from simulations.running import pages
from simulations.trials.masks import moments
from simulations.trials.ridge import MarginalRidge

__all__ = ["Trained", "compare", "limit", "table"]

Array = NDArray[np.float64]

UP, DOWN = rl.ScheduledRatio(0.1, 0.9, "linear"), rl.ScheduledRatio(0.9, 0.1, "linear")
SWEEPS = 100


class Trained(NamedTuple):
    """One way of training, and its distance from the limits, relative to them."""

    label: str
    error: float  #: prediction error, relative to predicting the mean
    distances: tuple[float, ...]  #: from the limit of the law, of ratio 0.1, of 0.9


def limit(rows: Array, law: rl.RatioLaw) -> Array:
    """Return W that minimises the loss averaged over all masks (eq-classes-K-inf), (d, d)."""
    means, size = moments(law, "masked"), rows.shape[1]
    fits = [
        MarginalRidge(rows, 0.0, means, excluded=[j]).coefficients(rows[:, [j]])
        for j in range(size)
    ]
    return np.hstack(fits).T


def compare(dimension: int, steps: int) -> list[Trained]:
    """Train the linear model with fresh masks: R2MAE, and schedules in one sweep and in many."""
    from validation.bridge import descend
    from validation.masking import RatioSampler

    rng = np.random.default_rng(0)
    spectrum = rl.Spectrum.power_law(1.0, dimension)
    sigma = GaussianRows().population(spectrum, rng).covariance
    rows = rng.standard_normal((2 * dimension, dimension)) @ np.linalg.cholesky(sigma).T
    ends = [rl.DiscreteRatio([p]) for p in (0.1, 0.9)]
    limits = [limit(rows, law) for law in (R2MAE, *ends)]
    mean, weight = R2MAE.nodes(32)
    average = sum(w * limit(rows, rl.DiscreteRatio([p])) for p, w in zip(mean, weight, strict=True))

    def measured(label: str, predicted: Array) -> Trained:
        predicted = predicted - np.diag(np.diag(predicted))
        residual = np.eye(dimension) - predicted
        error = np.einsum("ij,jk,ik->", residual, sigma, residual) / np.trace(sigma)
        distances = [np.linalg.norm(predicted - x) / np.linalg.norm(x) for x in limits]
        return Trained(label, float(error), tuple(map(float, distances)))

    out = [
        measured(f"limit of {name}", x)
        for name, x in zip(("the law U(0.1, 0.9)", "ratio 0.1", "ratio 0.9"), limits, strict=True)
    ]
    out.append(measured("mean of the limits of all ratios", np.asarray(average)))
    for label, law, number in (
        ("R2MAE, a ratio per sample", R2MAE, 1),
        ("up, one sweep", UP, 1),
        ("down, one sweep", DOWN, 1),
        (f"up, {SWEEPS} sweeps", UP, SWEEPS),
        (f"down, {SWEEPS} sweeps", DOWN, SWEEPS),
    ):
        sampler = RatioSampler(law, "sample", np.random.SeedSequence(1))
        out.append(measured(label, descend(rows, sampler, "fresh masks", steps, number)))
    return out


def table(found: Sequence[Trained]) -> str:
    """Return one line per way of training, in Markdown."""
    head = ["training", "prediction error", "distance to the limit of the law", "of ratio 0.1",
            "of ratio 0.9"]  # fmt: skip
    lines = [[x.label, f"{x.error:.3f}", *(f"{y:.2f}" for y in x.distances)] for x in found]
    return pages.table(head, lines)
