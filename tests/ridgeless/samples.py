"""Gaussian samples whose correlation matrix has given eigenvalues."""

import numpy as np
from scipy.stats import random_correlation

import ridgeless as rl

SIZE = 100


def draw(values: np.ndarray, samples: int, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    values = values * len(values) / values.sum()
    sigma = random_correlation.rvs(values, random_state=rng, tol=1e-6)
    return rng.normal(size=(samples, len(values))) @ np.linalg.cholesky(sigma).T


POWER = rl.Spectrum.power_law(1.0, SIZE).eigenvalues
TWO = np.repeat([0.2, 1.8], SIZE // 2)
