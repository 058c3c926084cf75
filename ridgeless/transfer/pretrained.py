"""What pretraining on rows of any law learns, at any ratio."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.covariance import Covariance
from ridgeless.errors import DomainError
from ridgeless.transfer.filter import Pretraining
from ridgeless.transfer.question import Question

__all__ = ["PretrainedMap"]

Array = NDArray[np.float64]


class PretrainedMap:
    """The maps of all ratios: infinitely many masks of each unlabelled row (eq-filter-dense)."""

    def __init__(self, unlabelled: Array, question: Question) -> None:
        groups = question.masking.groups
        rows, features = unlabelled.shape
        if groups is not None and len(groups) != features:
            raise DomainError(
                f"groups must hold {features} labels, one per feature, got {len(groups)}"
            )
        if not unlabelled.any():
            raise DomainError("X_unlabelled must not be zero")
        self.sigma = Covariance.of(unlabelled.T @ unlabelled / rows, groups)
        labels = np.arange(features) if groups is None else np.asarray(groups)
        own = labels[np.abs(self.sigma.basis).argmax(axis=0)]
        self.pretraining = Pretraining.of(self.sigma.sigma, own)
        self.loss = question.rows
        self.said: tuple[str, ...] = ()
        if rows < features:
            self.said = (
                f"{rows} unlabelled rows are fewer than the {features} features: pretraining sees "
                "a part of the directions only, and its filter is that of a sample.",
            )

    def __call__(self, table: Array, lam: float) -> Array:
        """Return the representation of rows, shape (N, r), of mean variance one in pretraining."""
        found = self.pretraining.map(lam, self.loss)
        power = float(np.einsum("ij,jk,ik->", found, self.sigma.sigma, found)) / self.sigma.size
        unit = math.sqrt(power * self.sigma.scale) if power > 0 else 1.0
        return np.asarray((table @ self.sigma.basis) @ (found.T / unit))
