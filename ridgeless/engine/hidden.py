"""Masked features under a covariance: each in turn is predicted from the others."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.covariance import Covariance
from ridgeless.engine.dense import DenseFamily
from ridgeless.engine.grid import Cells, Grid, Level
from ridgeless.engine.thresholds import Directions

__all__ = ["hidden_features"]

Array = NDArray[np.float64]
Index = NDArray[np.intp]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class NoInputs:
    """A target of which no input says anything: it is predicted as 0."""

    variance: float  #: of the target, all of it noise
    width: int = 3
    mean: float = 1.0
    rounding: float = 0.0

    def directions(self, grid: Grid) -> Directions:
        """None is short."""
        return Directions(1.0, 1.0)

    @property
    def level(self) -> Level:
        """No signal."""
        return Level(0.0, np.asarray(self.variance))

    def solve(self, cells: Cells, index: Index, start: Array) -> Array:
        """Return no bias and no variance."""
        return np.zeros_like(start)

    def diverges(self, cells: Cells) -> Flags:
        """Nothing does."""
        return np.zeros(cells.grid.scheme.size, dtype=bool)

    def learned(self, grid: Grid) -> Array:
        """Return that there is nothing to learn."""
        return np.zeros((*grid.shape, 0))


def hidden_features(
    covariance: Covariance, groups: Sequence[Hashable] | None, *, together: bool
) -> list[DenseFamily | NoInputs]:
    r"""Return the task of every feature that varies: its regression on the others.

    .. math:: \beta = \Sigma_{-j}^{+}\,\Sigma_{-j,j}, \qquad
              \sigma^2 = \Sigma_{jj} - \beta'\Sigma_{-j,j}

    (eq-dense-masked-feature). `together`: where the target is masked, so is its group, which then
    says nothing.
    """
    sigma = covariance.scale * (covariance.basis @ covariance.sigma @ covariance.basis.T)
    out: list[DenseFamily | NoInputs] = []
    for feature in np.flatnonzero(sigma.diagonal() > 0).tolist():
        hidden = np.arange(covariance.size) == feature
        if together and groups is not None:
            hidden = np.array([label == groups[feature] for label in groups])
        rest = sigma.copy()
        rest[hidden] = 0.0
        rest[:, hidden] = 0.0
        if not rest.any():
            out.append(NoInputs(float(sigma[feature, feature])))
            continue
        beta, seen = np.zeros(covariance.size), ~hidden
        cross = sigma[np.ix_(seen, [feature])][:, 0]
        beta[seen] = np.linalg.pinv(rest[np.ix_(seen, seen)], hermitian=True) @ cross
        noise = max(float(sigma[feature, feature] - beta @ sigma[feature]), 0.0)
        out.append(DenseFamily(Covariance.of(rest, groups), beta[:, None], np.asarray(noise)))
    return out
