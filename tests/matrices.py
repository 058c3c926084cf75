"""Covariances for tests."""

import numpy as np
from scipy.linalg import hadamard


def constant_diagonal(eigenvalues: np.ndarray) -> np.ndarray:
    """Return a covariance with these eigenvalues and one variance; their number a power of two."""
    axes = hadamard(len(eigenvalues)) / np.sqrt(len(eigenvalues))
    return (axes * eigenvalues) @ axes.T
