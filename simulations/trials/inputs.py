r"""Masked test inputs: their second moment, and the risk of coefficients on them.

The population is known, so the test risk of coefficients :math:`b` needs no test rows
(eq-row-moments):

.. math:: E(x'\beta - x_t'b)^2 = (\beta - q_t b)'\Sigma(\beta - q_t b) + q_t p_t\, b'Db.

D is the part of Sigma between features that are masked together: its diagonal, or its blocks.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Inputs"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Inputs:
    """Test inputs whose features are masked one by one, or in groups.

    Examples
    --------
    >>> inputs = Inputs(np.array([[1.0, 0.5], [0.5, 1.0]]), groups=(0, 0))
    >>> inputs.errors(0.5, np.ones((2, 1)), np.ones((2, 1)))  # all or nothing: half of the signal
    array([1.5])
    """

    covariance: Array  #: Sigma, shape (d, d)
    groups: Sequence[Hashable] | None = None  #: a label per feature; None masks each on its own

    @cached_property
    def together(self) -> Any:
        """D, sparse, shape (d, d)."""
        from scipy.sparse import coo_array

        if self.groups is None:
            left = right = np.arange(self.covariance.shape[0])
        else:
            labels = np.asarray(self.groups)
            left, right = np.nonzero(labels[:, None] == labels)
        return coo_array((self.covariance[left, right], (left, right)), self.covariance.shape)

    def second_moment(self, p: float) -> Array:
        """Return the second moment of inputs with mask ratio p, shape (d, d)."""
        if p == 0:
            return self.covariance
        q, hidden = 1 - p, self.together
        second = q * q * self.covariance
        second[hidden.row, hidden.col] += q * p * hidden.data
        return second

    def errors(self, p: float, beta: Array | float, coefficients: Array) -> Array:
        """Return the test risk of each column of coefficients, (d, r) to (r,)."""
        q = 1 - p
        miss = beta - q * coefficients
        risk = np.einsum("ij,ij->j", miss, self.covariance @ miss)
        if p > 0:
            risk += q * p * np.einsum("ij,ij->j", coefficients, self.together @ coefficients)
        return np.asarray(risk)
