"""Features on a ring, masked in groups of neighbours, where theory knows the error."""

import math

import numpy as np

import ridgeless as rl

RATIOS = np.array([0.1, 0.3, 0.5])


def ring(features: int, correlation: float, own: float) -> np.ndarray:
    """Features on a ring, correlated with their neighbours, with a share of variance of their own.

    Whatever groups of neighbours are masked together, one group stands for all.
    """
    steps = np.abs(np.subtract.outer(np.arange(features), np.arange(features)))
    near = np.minimum(steps, features - steps)
    return (1 - own) * correlation**near + own * np.eye(features)


def masked_group_error(sigma: np.ndarray, width: int, gamma: float) -> np.ndarray:
    """Prediction errors of the features of the first group, from all others: `covariance_risk`."""
    labels = np.arange(len(sigma)) // width
    others = labels > 0
    errors = []
    for j in range(width):
        beta = np.linalg.solve(sigma[np.ix_(others, others)], sigma[others, j])
        errors.append(
            rl.covariance_risk(
                sigma[np.ix_(others, others)],
                beta,
                RATIOS,
                noise=sigma[j, j] - sigma[others, j] @ beta,
                aspect_ratio=gamma * np.mean(others),
                groups=labels[others],
                rows="masked",
                masks_per_sample=math.inf,
            ).prediction_error
        )
    return np.mean(errors, axis=0)
