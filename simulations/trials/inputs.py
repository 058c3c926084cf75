r"""Masked test inputs: their second moment, and the risk of coefficients on them.

The population is known, so the test risk of coefficients :math:`b` needs no test rows
(eq-test-input):

.. math:: E(x'\beta - x_t'b)^2 = (\beta - c_t b)'\Sigma(\beta - c_t b) + b_t\, b'Db.

D is the part of Sigma between features that are masked together: its diagonal, or its blocks.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["UNMASKED", "InputMask", "Inputs"]

Array = NDArray[np.float64]


class InputMask(NamedTuple):
    """How test inputs are masked."""

    ratio: float  #: p_t
    fill: str = "zero"

    @property
    def carried(self) -> float:
        """c_t, how many times an input carries the signal."""
        rescaled = self.fill == "rescale" and self.ratio < 1
        return 1.0 if rescaled else 1 - self.ratio

    @property
    def hidden(self) -> float:
        """b_t, the share of D in its second moment."""
        q = 1 - self.ratio
        return self.ratio / q if self.fill == "rescale" and q > 0 else q * self.ratio


UNMASKED = InputMask(0.0)


@dataclass(frozen=True)
class Inputs:
    """Test inputs whose features are masked one by one, or in groups.

    Examples
    --------
    >>> inputs = Inputs(np.array([[1.0, 0.5], [0.5, 1.0]]), groups=(0, 0))
    >>> inputs.errors(InputMask(0.5), np.ones((2, 1)), np.ones((2, 1)))  # half of the signal
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

    def second_moment(self, test: InputMask) -> Array:
        """Return the second moment of test inputs, shape (d, d)."""
        if test.ratio == 0:
            return self.covariance
        hidden = self.together
        second = test.carried**2 * self.covariance
        second[hidden.row, hidden.col] += test.hidden * hidden.data
        return second

    def errors(self, test: InputMask, beta: Array | float, coefficients: Array) -> Array:
        """Return the test risk of each column of coefficients, (d, r) to (r,)."""
        miss = beta - test.carried * coefficients
        risk = np.einsum("ij,ij->j", miss, self.covariance @ miss)
        if test.ratio > 0:
            risk += test.hidden * np.einsum("ij,ij->j", coefficients, self.together @ coefficients)
        return np.asarray(risk)
