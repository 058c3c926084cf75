r"""A probe after pretraining for a full covariance: patches and features of unequal variance."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import nonnegative_array, real_array, require
from ridgeless.engine.covariance import Covariance
from ridgeless.errors import DomainError
from ridgeless.lazy import lazy
from ridgeless.mask_ratio import RatioLaw
from ridgeless.masking import Masking
from ridgeless.parts import TransferRisk
from ridgeless.row_classes import Fill
from ridgeless.target import LinearTarget, Rows
from ridgeless.transfer.filter import Pretraining
from ridgeless.transfer.question import Question
from ridgeless.transfer.representation import FADED, Representation, mapped

__all__ = ["covariance_transfer_risk"]

Array = NDArray[np.float64]


def covariance_transfer_risk(
    covariance: ArrayLike,
    beta: ArrayLike | LinearTarget,
    mask_ratio: Masking | RatioLaw | ArrayLike,
    *,
    noise: ArrayLike | None = None,
    aspect_ratio: ArrayLike,
    groups: ArrayLike | None = None,
    probe_ridge: ArrayLike | Literal["best"] = "best",
    depth: ArrayLike = 1.0,
    bottleneck: ArrayLike | None = None,
    rows: Rows = "all",
    fill: Fill = "zero",
) -> TransferRisk:
    r"""Return the risk of a probe after pretraining for a given covariance.

    .. math:: z = S^c V'x, \qquad W = U S V' = \Sigma\,(\Sigma + \lambda D)^{-1},
              \qquad \lambda = E'[b]/E'[a]

    by eq-filter-dense: also where features are masked in groups, or diag(Sigma) is not constant,
    so that the directions of the representation move with the ratio.

    Parameters
    ----------
    covariance : array_like, Sigma, shape (d, d), symmetric, positive semi-definite
    beta : array_like, shape (d,), or a LinearTarget
        Coefficients of y = x'beta + noise; a target puts its signal on the eigenvectors of Sigma.
    mask_ratio : p, float or array in [0, 1], a law of ratios, or a Masking
    noise : sigma^2, float or array in [0, inf)
        Noise variance of the labels; a target brings its own.
    aspect_ratio : gamma = d/n, float or array in [0, inf]
    groups : array_like of labels, shape (d,), optional
        Features with the same label are masked together; by default each on its own.
    probe_ridge, depth, rows, fill
        As in `transfer_risk`.
    bottleneck : float or array in (0, 1], or None
        Share of the d directions that the representation keeps, rounded to whole ones, at least
        one: the leading ones of Sigma (Sigma + lambda D)^-1 Sigma.

    Returns
    -------
    TransferRisk

    Raises
    ------
    DomainError, NotImplementedError
        As `transfer_risk`.

    Examples
    --------
    Two features that are copies of each other but for the sign: hiding one shows the other, and
    one direction is all there is. With many labels nothing is lost, at any ratio.

    >>> sigma = [[1.0, -1.0], [-1.0, 1.0]]
    >>> found = covariance_transfer_risk(sigma, [1.0, 0.0], [0.3, 0.9], noise=0.5, aspect_ratio=0.0)
    >>> abs(found.total).round(9)
    array([0., 0.])
    """
    question = Question.of(
        mask_ratio,
        aspect_ratio=aspect_ratio,
        probe_ridge=probe_ridge,
        depth=depth,
        bottleneck=bottleneck,
        rows=rows,
        fill=fill,
        groups=groups,
    )
    sigma = Covariance.of(covariance, question.masking.groups)
    if isinstance(beta, LinearTarget):
        if noise is not None:
            raise DomainError(
                f"noise must be left out with a target, which has its own, got {noise!r}"
            )
        coefficients = _of_target(sigma, beta)
        level = beta.signal_variance / np.asarray(beta.snr, dtype=float)
    else:
        coefficients = _coefficients(beta, sigma)
        if noise is None:
            raise DomainError("noise must be given with coefficients beta, got None")
        level = nonnegative_array("noise", noise, finite=True)
    dense = Dense(sigma, coefficients, question.masking.groups, question.rows)
    return question.answer(dense.represent, dense.variance, level, "noise")


class Dense:
    """A covariance and a task on it, in the directions that vary."""

    def __init__(
        self,
        sigma: Covariance,
        coefficients: Array,
        groups: tuple[int, ...] | None,
        rows: Rows,
    ) -> None:
        self.sigma, self.rows = sigma, rows
        self.coefficients = coefficients  # in the unit in which sigma.scale is one
        labels = np.arange(sigma.size) if groups is None else np.asarray(groups)
        self.groups = labels[np.abs(sigma.basis).argmax(axis=0)]

    @lazy
    def variance(self) -> float:
        """Signal variance of the task, beta' Sigma beta."""
        beta = self.coefficients
        return float(np.einsum("it,ij,jt->", beta, self.sigma.sigma, beta))

    @lazy
    def pretraining(self) -> Pretraining:
        """What all mask ratios share."""
        return Pretraining.of(self.sigma.sigma, self.groups)

    def represent(self, lam: float, depth: float, bottleneck: float) -> Representation:
        """Return z = S^c V'x of the map that pretraining learns."""
        found = self.pretraining.map(lam, self.rows)
        if bottleneck < 1:
            # What predicts x best through so few directions (reduced-rank regression).
            keep = max(1, round(bottleneck * self.sigma.size))
            seen = found @ self.sigma.sigma
            leading = np.linalg.eigh((seen + seen.T) / 2)[1][:, -keep:]
            found = leading @ (leading.T @ found)
        _, singular, right = np.linalg.svd(found)
        if not singular[0] > 0:
            singular = np.ones(1)
            right = np.zeros((1, right.shape[1]))
        size = (singular / singular[0]) ** depth
        some = size**2 > FADED
        transform = size[some, None] * right[: len(size)][some]
        return mapped(self.sigma.sigma, self.coefficients, transform, self.sigma.size)


def _coefficients(beta: ArrayLike, sigma: Covariance) -> Array:
    coefficients = real_array("beta", beta)
    if coefficients.shape != (sigma.size,):
        raise DomainError(f"beta must have shape ({sigma.size},), got {coefficients.shape}")
    require("beta", coefficients, np.isfinite(coefficients), "be finite")
    return np.asarray(sigma.basis.T @ coefficients[:, None] * math.sqrt(sigma.scale))


def _of_target(sigma: Covariance, target: LinearTarget) -> Array:
    """Return the task whose signal lies on the eigenvectors of Sigma, one column each."""
    values, vectors = sigma.eigenbasis
    # Directions that never vary come first, and carry no signal.
    whole = np.append(np.zeros(sigma.size - values.size), values)
    masses = target.masses(whole)[sigma.size - values.size :]
    some = masses > 0
    return np.asarray(vectors[:, some] * np.sqrt(masses[some]))
