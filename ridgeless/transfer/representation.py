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

    values: Array  #: variances of z along all d directions; zero where there is none
    weights: Array  #: how many directions each stands for, over d
    signal: Array  #: what each component holds of the task's variance
    lost: float  #: what none of them holds, noise to the probe (eq-transfer-lost)

    @property
    def mean(self) -> float:
        """Mean variance of the directions that are kept; zero if none is."""
        kept = self.values > 0
        return float(self.weights @ self.values / max(self.weights[kept].sum(), 1e-300))


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
    # What is dropped stays as directions without variance: they count in d, to the last digit.
    rest = np.where(seen, weights - room, 0.0)
    split = rest > 0
    return Representation(
        np.append(np.where(seen, values * size, 0.0), np.zeros(int(split.sum()))),
        np.append(np.where(seen, room, weights), rest[split]),
        np.append(kept, np.zeros(int(split.sum()))),
        max(math.fsum(signal - kept), 0.0),
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
    found = int(seen.sum())
    return Representation(
        np.append(np.zeros(size - found), values[seen]),
        np.full(size, 1 / size),
        np.append(np.zeros(size - found), signal),
        max(total - math.fsum(signal), 0.0),
    )
