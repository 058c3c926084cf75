r"""What linear masked pretraining learns: the map from a row to its reconstruction.

With fresh masks and abundant rows it is a filter along the eigenvectors of Sigma (eq-filter),

.. math:: B(s) = \frac{s}{s + \lambda_p}, \qquad \lambda_p = d_0\frac{E'[b]}{E'[a]},

and where only masked features are in the loss (eq-filter-masked), with the mean of B over all
directions, :math:`(B - \langle B \rangle)/(1 - \langle B \rangle)`. A factor common to all
directions is left out: a probe whose ridge is tuned does not see it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgeless.masking import Masking
from ridgeless.target import Rows

__all__ = ["Pretraining", "damping", "spectral_filter"]

Array = NDArray[np.float64]
Places = NDArray[np.intp]

#: Nodes of a law: moments of zeros are polynomials, E[p/q] converges fast.
NODES = 512
EPS = float(np.finfo(float).eps)
#: Damping that stands for p -> 0 where only masked features count and Sigma is singular.
NEARLY_NONE = 1e-10


def damping(masking: Masking) -> Array:
    """Return lambda_p over d0 of each scheme, with infinitely many masks: p/q of one ratio.

    It is infinite where nothing is seen, or rescaled rows have no second moment.

    Examples
    --------
    >>> damping(Masking([0.0, 0.5, 0.75, 1.0], masks_per_sample=math.inf, rows="all"))
    array([ 0.,  1.,  3., inf])
    """
    classes = masking.row_classes(NODES)
    found = classes.ridge_shift * classes.ridge_scale
    ratio = masking.ratio
    mean = ratio.ravel() if isinstance(ratio, np.ndarray) else np.array([ratio.mean])
    # No rows: nothing is ever hidden, the limit of hardly anything, or everything is.
    return np.asarray(np.where(classes.per_mask == 0, np.where(mean == 0, 0.0, math.inf), found))


def spectral_filter(values: Array, weights: Array, lam: float, rows: Rows) -> Array:
    """Return the filter along eigenvalues, its largest entry 1 in size; zeros where there is none.

    Parameters
    ----------
    values, weights : s and its shares of all directions, in any unit; zeros included
    lam : lambda_p over d0, in [0, inf]
    rows : "all" or "masked"
        Which features are in the loss.
    """
    s = values / float(values.max())
    some = s > 0
    level = lam * float(weights @ s)
    if level == 0:
        filtered, rest = some.astype(float), np.where(some, 0.0, 1.0)
    elif level == math.inf:
        filtered, rest = s, np.ones_like(s)  # over an infinite number
    else:
        filtered, rest = s / (s + level), level / (s + level)
    if rows == "masked":
        if level == 0 and some.all():
            rest = 1 / s  # over another number near zero
            filtered = float(weights @ rest) - rest
        else:
            filtered = np.where(some, filtered - float(weights @ filtered), 0.0)
        if np.abs(filtered).max() <= 8 * EPS * rest.max():
            return np.zeros_like(s)
    return np.asarray(filtered / np.abs(filtered).max())


@dataclass(frozen=True)
class Pretraining:
    """Second moments S and their blocks D, in vectors that make both diagonal: S v = mu D v.

    Shared by all mask ratios (eq-filter-dense).
    """

    values: Array  #: mu, shape (r,); zeros are exact
    vectors: Array  #: V, with V'DV = 1, shape (r, r)
    blocks: Array  #: D, shape (r, r)
    groups: Places  #: numbers, shape (r,)

    @classmethod
    def of(cls, second: Array, groups: Places) -> Pretraining:
        """Return that of second moments whose blocks are positive: no feature is always zero."""
        from scipy.linalg import eigh

        blocks = np.where(groups[:, None] == groups, second, 0.0)
        values, vectors = eigh(second, blocks)
        values = np.where(values > 8 * len(values) * EPS * values[-1], values, 0.0)
        return cls(values, vectors, blocks, groups)

    def map(self, lam: float, rows: Rows) -> Array:
        r"""Return W of x -> W x up to a factor, shape (r, r).

        .. math:: W = S\,(S + \lambda D)^{-1} \quad\text{or}\quad
                  1 - \operatorname{diag}(P)^{-1}P, \quad P = (S + \lambda D)^{-1},

        where all features are in the loss, or masked ones only; diag are the blocks of groups.
        """
        mu = self.values
        if rows == "all":
            odds = np.divide(mu, mu + lam, out=np.zeros_like(mu), where=mu > 0)
            kept = mu if lam == math.inf else odds
            return np.asarray((self.blocks @ self.vectors * kept) @ self.vectors.T)
        same = self.groups[:, None] == self.groups
        if lam == math.inf:  # what the first order in 1/lambda leaves
            found = -np.asarray((self.blocks @ self.vectors * mu) @ self.vectors.T)
        else:
            lam = NEARLY_NONE if lam == 0 and not mu.all() else lam
            inverse = (self.vectors / (mu + lam)) @ self.vectors.T
            found = np.empty_like(inverse)
            for label in np.unique(self.groups):
                own = np.flatnonzero(self.groups == label)
                found[own] = np.linalg.solve(inverse[np.ix_(own, own)], inverse[own])
        # A feature never sees its own group, to the last digit: one group alone has no map.
        return np.where(same, 0.0, -found)
