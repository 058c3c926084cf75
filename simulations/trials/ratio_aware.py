r"""Monte Carlo of ratio-aware regression: coefficients that depend on the mask ratio.

A row of keep ratio q has the features :math:`\varphi(q) \otimes \tilde x`
(eq-ratio-aware-model). Given the rows and masks the risk is exact: noise and the signs of beta are
integrated out, as in `simulations.trials.trial`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.polynomial.legendre import legvander
from numpy.typing import NDArray

from ridgeless import DomainError, LinearTarget
from simulations.collection.statistics import RiskEstimate, Tally
from simulations.populations.designs import Population
from simulations.running.threads import one_thread
from simulations.trials.estimators import Gram, Ridge
from simulations.trials.inputs import Inputs
from simulations.trials.masks import draw_masks
from simulations.trials.problem import Problem
from simulations.trials.trial import masses_of

__all__ = ["simulate_ratio_aware"]

Array = NDArray[np.float64]


def simulate_ratio_aware(
    problem: Problem,
    *,
    degree: int,
    trials: int,
    rng: int | np.random.SeedSequence,
    test_mask_ratios: Sequence[float] | None = None,
) -> list[RiskEstimate]:
    """Return the simulated risk at each test ratio (by default the problem's own).

    The answer of theory is `ridgeless.ratio_aware_risk` with the problem's spectrum, target and
    ratios. The target is a linear task; masks_per_sample is 1 or inf.

    Raises
    ------
    DomainError
        For a masked feature as target.
    NotImplementedError
        For other numbers of masks per sample.

    Examples
    --------
    >>> problem = Problem([1.0], 0.0, aspect_ratio=0.5, target=LinearTarget(), dimension=50)
    >>> simulate_ratio_aware(problem, degree=1, trials=2, rng=0)[0].trials
    2
    """
    if not isinstance(problem.readout.target, LinearTarget):
        raise DomainError(f"target must be LinearTarget(...), got {problem.readout.target!r}")
    if problem.sampling.masks_per_sample not in (1, math.inf):
        raise NotImplementedError(
            f"masks_per_sample = {problem.sampling.masks_per_sample} is not simulated for "
            "coefficients that depend on the mask ratio; use 1 or inf"
        )
    tests = (
        [problem.readout.test_mask_ratio] if test_mask_ratios is None else list(test_mask_ratios)
    )
    root = rng if isinstance(rng, np.random.SeedSequence) else np.random.SeedSequence(rng)
    first, *seeds = root.spawn(trials + 1)
    sampling = problem.sampling
    population = sampling.design.population(sampling.spectrum, np.random.default_rng(first))
    with one_thread():
        results = np.stack([_trial(problem, degree, tests, population, seed) for seed in seeds])
    return [Tally.of(results[:, i]).estimate() for i in range(len(tests))]


def _trial(
    problem: Problem,
    degree: int,
    tests: Sequence[float],
    population: Population,
    seed: np.random.SeedSequence,
) -> Array:
    """Return the risk from the signal and from the noise at each test ratio."""
    sampling, target = problem.sampling, problem.readout.target
    assert isinstance(target, LinearTarget)
    rows_rng, masks_rng, labels_rng = map(np.random.default_rng, seed.spawn(3))
    x = sampling.design.draw(population, sampling.samples, rows_rng)
    masses = masses_of(target, population.eigenvalues)
    beta = population.eigenvectors[:, masses > 0] * np.sqrt(masses[masses > 0])
    noise = target.signal_variance / float(np.asarray(target.snr))
    if sampling.masks_per_sample == math.inf:
        learned, root = _marginal(problem, degree, x)
        solved, span = learned @ beta, np.eye(degree + 1)
    else:
        keep, ratios = draw_masks(
            sampling.masking, (sampling.samples, 1), sampling.dimension, masks_rng
        )
        counted = np.ones(sampling.samples, dtype=bool)
        if sampling.rows == "masked":
            counted = labels_rng.random(sampling.samples) < ratios[:, 0]
        x, keep, ratios = x[counted], keep[counted], ratios[counted]
        phi = np.asarray(legvander(1 - 2 * ratios[:, 0], degree), dtype=np.float64)
        span = _span(phi)
        features = (phi @ span)[:, :, None] * (x * keep[:, 0])[:, None]
        fit = Ridge(Gram(features.reshape(x.shape[0], -1)), problem.readout.ridge)
        solved, root = fit.coefficients(x @ beta), None
    inputs = Inputs(population.covariance, sampling.masking.groups)
    out = np.empty((len(tests), 2))
    for i, p in enumerate(tests):
        weights = legvander(np.array([1 - 2 * p]), degree)[0] @ span
        found = np.einsum("j,jdr->dr", weights, solved.reshape(weights.size, *beta.shape))
        second = inputs.second_moment(p)
        if root is None:
            trace = fit.noise_trace(np.asarray(np.kron(np.outer(weights, weights), second), float))
        else:
            units = np.einsum("j,jdr->dr", weights, root.reshape(degree + 1, *beta.shape[:1], -1))
            trace = float(np.einsum("ij,ij->", units, second @ units))
        out[i] = inputs.errors(p, beta, found).sum(), noise * trace
    return out


def _span(phi: Array) -> Array:
    """Return an orthonormal basis of the rows' span: fewer ratios than polynomials span less."""
    _, values, vectors = np.linalg.svd(phi, full_matrices=False)
    return np.asarray(vectors[values > 1e-10 * values[0]].T)


def _marginal(problem: Problem, degree: int, x: Array) -> tuple[Array, Array]:
    """Solve the loss averaged over all masks.

    Returns the map from beta to coefficients, and a square root of their noise covariance:
    both of shape (J d, d), as the right side of the normal equations is h (x) X'y / n.
    """
    from scipy.linalg import cho_factor, cho_solve

    sampling = problem.sampling
    mask, weight = sampling.masking.law.nodes(64)
    weight = weight * mask if sampling.rows == "masked" else weight
    weight = weight / weight.sum()
    keep, phi = 1 - mask, legvander(1 - 2 * mask, degree)
    second = x.T @ x / x.shape[0]
    gram = (phi.T * (weight * keep**2)) @ phi
    spread = (phi.T * (weight * keep * mask)) @ phi
    together = Inputs(second, sampling.masking.groups).together.toarray()
    matrix = np.kron(gram, second) + np.kron(spread, together)
    matrix.flat[:: matrix.shape[0] + 1] += problem.readout.ridge
    cross = np.kron(((weight * keep) @ phi)[:, None], np.eye(x.shape[1]))
    solved = cho_solve(cho_factor(matrix), cross)
    values, vectors = np.linalg.eigh(second)
    half = vectors * np.sqrt(np.maximum(values, 0.0) / x.shape[0])
    return solved @ second, solved @ half
