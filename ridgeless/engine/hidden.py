"""Masked features under a covariance: each in turn is predicted from the others."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.covariance import Covariance
from ridgeless.engine.dense import DenseFamily

__all__ = ["hidden_features"]

Array = NDArray[np.float64]


def hidden_features(
    covariance: Covariance, groups: Sequence[Hashable] | None, *, together: bool
) -> list[DenseFamily]:
    r"""Return the task of every feature that varies: its regression on the others.

    .. math:: \beta = \Sigma_{-j}^{+}\,\Sigma_{-j,j}, \qquad
              \sigma^2 = \Sigma_{jj} - \beta'\Sigma_{-j,j}

    (eq-dense-masked-feature). `together`: where the target is masked, so is its group, which then
    says nothing.
    """
    sigma = covariance.scale * (covariance.basis @ covariance.sigma @ covariance.basis.T)
    out = []
    for feature in np.flatnonzero(sigma.diagonal() > 0).tolist():
        hidden = np.arange(covariance.size) == feature
        if together and groups is not None:
            hidden = np.array([label == groups[feature] for label in groups])
        rest = sigma.copy()
        rest[hidden] = 0.0
        rest[:, hidden] = 0.0
        beta = np.zeros(covariance.size)
        seen = ~hidden
        if rest.any():
            cross = sigma[np.ix_(seen, [feature])][:, 0]
            beta[seen] = np.linalg.pinv(rest[np.ix_(seen, seen)], hermitian=True) @ cross
        noise = max(float(sigma[feature, feature] - beta @ sigma[feature]), 0.0)
        out.append(DenseFamily(Covariance.of(rest, groups), beta[:, None], np.asarray(noise)))
    return out
