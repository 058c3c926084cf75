"""What runs say of ratios in between: a Gaussian process, averaged over kernels and noise."""

from __future__ import annotations

import warnings
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import DomainError
from ridgeless.pilot.runs import Runs, logit

__all__ = ["drawn"]

Array = NDArray[np.float64]

#: Lengths in log odds, amplitudes in the spread of the runs, and noise in u where runs say none.
LENGTHS, AMPLITUDES, NOISES = (2.0, 3.5), (0.5, 1.0), (0.003, 0.01, 0.03)
#: Spread of u between ratios that is assumed of few runs.
LEAST_SPREAD = 0.05
DRAWS = 2000


def drawn(runs: Runs, candidates: Array, theory: Array | None, rng: np.random.Generator) -> Array:
    """Return draws of u at the candidates, shape (draws, candidates).

    `theory` is u as theory has it, at the runs and then at the candidates, up to a constant: it is
    averaged with the process.
    """
    try:
        from sklearn.gaussian_process import GaussianProcessRegressor
        from sklearn.gaussian_process.kernels import ConstantKernel, Matern
    except ModuleNotFoundError:
        raise DomainError(
            "pilot needs scikit-learn: pip install scikit-learn, or pip install 'ridgeless[pilot]'"
        ) from None
    x, at = logit(runs.ratios)[:, None], logit(candidates)[:, None]
    centre = float(runs.losses.mean())
    spread = max(float(np.std(runs.losses)), LEAST_SPREAD)
    noises = NOISES if np.isnan(runs.noise) else (max(runs.noise, 1e-4),)
    found, weights = [], []
    for length, amplitude, noise in product(LENGTHS, AMPLITUDES, noises):
        kernel = ConstantKernel((amplitude * spread) ** 2) * Matern(length, nu=2.5)
        process = GaussianProcessRegressor(kernel, alpha=noise**2 / runs.counts, optimizer=None)
        process.fit(x, runs.losses - centre)
        found.append(process)
        weights.append(process.log_marginal_likelihood_value_)
    share = np.exp(np.array(weights) - max(weights))
    counts = rng.multinomial(DRAWS, share / share.sum())
    draws = []
    for process, count in zip(found, counts, strict=True):
        if count == 0:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # candidates that were run have no variance left
            mean, covariance = process.predict(at, return_cov=True)
        root = np.linalg.cholesky(covariance + 1e-10 * spread**2 * np.eye(len(at)))
        draws.append(mean + rng.standard_normal((count, len(at))) @ root.T)
    out = centre + np.concatenate(draws)
    if theory is None:
        return np.asarray(out)
    shift = float(np.mean(runs.losses - theory[: runs.ratios.size]))
    return np.asarray((out + theory[runs.ratios.size :] + shift) / 2)
