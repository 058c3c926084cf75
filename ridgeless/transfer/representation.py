"""What a probe sees: the spectrum of the representation, the task on it, and what it has lost."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["Representation", "along", "mapped"]

Array = NDArray[np.float64]

#: Directions that a filter leaves less of, relative, are gone: their signal is noise to the probe.
FADED = 1e-60


class Representation(NamedTuple):
    """A representation z with the task on it, in any unit of z."""

    values: Array  #: variances of z along its components, all positive
    weights: Array  #: how many directions each stands for, over d
    signal: Array  #: what each component holds of the task's variance
    lost: float  #: what none of them holds, noise to the probe (eq-transfer-lost)

    @property
    def share(self) -> float:
        """Directions that are kept, over d."""
        return float(self.weights.sum())


def along(
    values: Array,
    weights: Array,
    signal: Array,
    filtered: Array,
    depth: float,
    bottleneck: float,
) -> Representation:
    """Return z = B^c x of a spectrum, by its leading directions (eq-transfer).

    Parameters
    ----------
    values, weights, signal : shape (atoms,), ascending
        s, its shares of all directions, and the variance of the task along each.
    filtered : B, shape (atoms,)
    depth : c
    bottleneck : share of all directions that are kept
        An atom that it splits is kept in part.
    """
    beyond = np.append(np.cumsum(weights[::-1])[::-1][1:], 0.0)  # directions that lead it
    room = np.where(bottleneck >= 1, weights, np.clip(bottleneck - beyond, 0.0, weights))
    with np.errstate(under="ignore"):
        size = np.abs(filtered) ** (2 * depth)
    seen = (values > 0) & (room > 0) & (size > FADED)
    part = np.divide(room, weights, out=np.zeros_like(weights), where=weights > 0)
    kept = np.where(seen, signal * part, 0.0)
    return Representation(
        (values * size)[seen], room[seen], kept[seen], max(math.fsum(signal - kept), 0.0)
    )


def mapped(sigma: Array, coefficients: Array, transform: Array, size: int) -> Representation:
    """Return z = A x of a covariance.

    Parameters
    ----------
    sigma : Sigma, shape (r, r)
    coefficients : beta, shape (r, tasks)
        The task is the sum of independent ones, one per column.
    transform : A, shape (k, r)
    size : d
    """
    total = float(np.einsum("it,ij,jt->", coefficients, sigma, coefficients))
    covariance = transform @ sigma @ transform.T
    values, vectors = np.linalg.eigh((covariance + covariance.T) / 2)
    seen = values > max(8 * len(values) * np.finfo(float).eps * values[-1], 0.0)
    cross = vectors[:, seen].T @ (transform @ (sigma @ coefficients))
    signal = (cross**2).sum(axis=1) / values[seen]
    return Representation(
        values[seen],
        np.full(int(seen.sum()), 1 / size),
        signal,
        max(total - math.fsum(signal), 0.0),
    )
