"""A linear task under a full covariance, checked and in units that keep numbers near one."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import nonnegative_array, real_array, real_scalar, require
from ridgeless.errors import DomainError

__all__ = ["Task", "checked_task"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Task:
    """A linear task on the features that vary."""

    sigma: Array
    masked: Array  # D
    beta: Array
    noise: float
    share: float  # of all features that vary; the others only count in the aspect ratio
    scale: float


def checked_task(
    covariance: ArrayLike, beta: ArrayLike, noise: float, groups: ArrayLike | None
) -> Task:
    """Return the task; an argument outside its domain is refused."""
    sigma = real_array("covariance", covariance)
    if sigma.ndim != 2 or sigma.shape[0] != sigma.shape[1] or sigma.size == 0:
        raise DomainError(f"covariance must be square, got shape {sigma.shape}")
    require("covariance", sigma, np.isfinite(sigma), "be finite")
    size = sigma.shape[0]
    largest = np.abs(sigma).max()
    if np.abs(sigma - sigma.T).max() > 1e-8 * largest:
        raise DomainError("covariance must be symmetric")
    variances = np.diag(sigma)
    require("the diagonal of covariance", variances, variances >= 0, "be at least 0")
    smallest = float(np.linalg.eigvalsh(sigma)[0])
    if smallest < -size * np.finfo(float).eps * size * largest:
        raise DomainError(
            f"covariance must be positive semi-definite, got the eigenvalue {smallest!r}"
        )
    if not variances.any():
        raise DomainError("covariance must not be zero")
    coefficients = real_array("beta", beta)
    if coefficients.shape != (size,):
        raise DomainError(f"beta must have shape ({size},), got {coefficients.shape}")
    require("beta", coefficients, np.isfinite(coefficients), "be finite")
    level = float(nonnegative_array("noise", real_scalar("noise", noise), finite=True))
    labels = np.arange(size) if groups is None else np.asarray(groups)
    if labels.shape != (size,):
        raise DomainError(f"groups must hold {size} labels, one per feature, got {labels.shape}")
    live = variances > 0
    scale = math.ldexp(1.0, math.frexp(float(variances.mean()))[1] - 1)
    sigma = (sigma + sigma.T)[np.ix_(live, live)] / (2 * scale)
    labels = labels[live]
    together = labels[:, None] == labels[None, :]
    return Task(
        sigma=sigma,
        masked=np.where(together, sigma, 0.0),
        beta=coefficients[live] * math.sqrt(scale),
        noise=level,
        share=float(np.mean(live)),
        scale=scale,
    )
