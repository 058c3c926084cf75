"""Pretrain on unlabelled rows, then probe: one experiment after the other, with an exact risk."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless.checks import count, nonnegative_array, real_scalar
from ridgeless.quantiles import quantized
from ridgeless.transfer.filter import Pretraining, damping
from ridgeless.transfer.held_out import fitted

__all__ = ["Transfer", "simulate_transfer"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Transfer:
    """Linear masked pretraining on n_u Gaussian rows, then a ridge probe on n others."""

    spectrum: rl.Spectrum
    mask_ratio: rl.Masking | rl.RatioLaw | float
    target: rl.LinearTarget
    dimension: int = 100
    #: n_u, rows without labels; None is the population.
    unlabelled: int | None = None
    #: n, rows with labels.
    samples: int = 50
    #: K masks of each unlabelled row; infinitely many are solved in closed form.
    masks_per_sample: float = math.inf
    #: In units of the representation's mean variance in the population.
    probe_ridge: float = 0.1
    depth: float = 1.0
    rows: rl.target.Rows = "all"

    def __post_init__(self) -> None:
        count("dimension", self.dimension)
        count("samples", self.samples)
        if self.unlabelled is not None:
            count("unlabelled", self.unlabelled)
        if self.masks_per_sample != math.inf:
            count("masks_per_sample", self.masks_per_sample)
            if self.unlabelled is None:
                raise rl.DomainError(
                    "unlabelled must be a number of rows with finitely many masks, got None"
                )
        nonnegative_array("probe_ridge", real_scalar("probe_ridge", self.probe_ridge), finite=True)

    @property
    def masking(self) -> rl.Masking:
        """The masks of pretraining."""
        given = self.mask_ratio
        ratio = given.ratio if isinstance(given, rl.Masking) else given
        fill = given.fill if isinstance(given, rl.Masking) else "zero"
        return rl.Masking(ratio, masks_per_sample=self.masks_per_sample, rows=self.rows, fill=fill)

    def theory(self) -> float:
        """Return the risk with abundant unlabelled rows (eq-transfer)."""
        found = rl.transfer_risk(
            quantized(self.spectrum, self.dimension),
            self.masking.with_masks(math.inf),
            aspect_ratio=self.dimension / self.samples,
            target=self.target,
            probe_ridge=self.probe_ridge,
            depth=self.depth,
        )
        return float(found.total)


def simulate_transfer(problem: Transfer, trials: int, rng: Any = None) -> Array:
    """Return the risk of each trial, given what it learnt.

    Directions are drawn anew: features of nearly one variance. The risk, without the noise of the
    labels, is exact, as the covariance is known.
    """
    seeds = np.random.SeedSequence(int(np.random.default_rng(rng).integers(2**63)))
    return np.array([_trial(problem, seed) for seed in seeds.spawn(trials)])


def _trial(problem: Transfer, seed: np.random.SeedSequence) -> float:
    d = problem.dimension
    # A stream per purpose: however one pretrains, directions, labels and rows are the same.
    rng, pretraining = (np.random.default_rng(child) for child in seed.spawn(2))
    values = np.array(quantized(problem.spectrum, d).eigenvalues)
    vectors = np.linalg.qr(rng.standard_normal((d, d)))[0]
    sigma = (vectors * values) @ vectors.T
    # Signs are random: the theory is a mean over them.
    beta = vectors @ (np.sqrt(problem.target.masses(values)) * rng.choice([-1.0, 1.0], d))
    learnt = _learnt(problem, sigma, vectors * np.sqrt(values), pretraining)
    transform = _representation(learnt, problem)
    level = float(np.trace(transform @ sigma @ transform.T)) / d
    X = rng.standard_normal((problem.samples, d)) @ (vectors * np.sqrt(values)).T
    noise = problem.target.signal_variance / float(np.asarray(problem.target.snr))
    y = X @ beta + math.sqrt(noise) * rng.standard_normal(problem.samples)
    found = transform.T @ fitted(X @ transform.T, y[:, None], problem.probe_ridge * level)[:, 0]
    return float((beta - found) @ sigma @ (beta - found))


def _learnt(problem: Transfer, sigma: Array, root: Array, rng: np.random.Generator) -> Array:
    """Return the map W that pretraining learns, shape (d, d)."""
    d, own = len(sigma), np.arange(len(sigma))
    masking = problem.masking
    rows = sigma
    if problem.unlabelled is not None:
        X = rng.standard_normal((problem.unlabelled, d)) @ root.T
        rows = X.T @ X / len(X)
    if problem.masks_per_sample == math.inf:
        return Pretraining.of(rows, own).map(float(damping(masking)[0]), problem.rows)
    X = np.repeat(X, int(problem.masks_per_sample), axis=0)
    ratios = masking.law.sample(rng, len(X))
    hidden = rng.random(X.shape) < ratios[:, None]
    scale = 1 / (1 - ratios[:, None]) if masking.rescaled else 1.0
    seen = np.where(hidden, 0.0, X * scale)
    if problem.rows == "all":
        return np.asarray(np.linalg.lstsq(seen, X, rcond=None)[0].T)
    found = np.zeros((d, d))
    for j in own:
        counts = hidden[:, j]
        found[j] = np.linalg.lstsq(seen[counts], X[counts, j], rcond=None)[0]
    return found


def _representation(learnt: Array, problem: Transfer) -> Array:
    """Return A of z = A x: the layer of that depth of a balanced linear network."""
    if problem.depth == 1:
        return learnt
    _, singular, right = np.linalg.svd(learnt)
    return np.asarray(singular[:, None] ** problem.depth * right)
