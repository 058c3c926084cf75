r"""What a masking scheme with infinitely many masks makes of a table: a ridge and a factor.

Regression of y on masked inputs, averaged over all masks, solves

.. math:: (a S + b D + \varrho)\,\hat b = f s ,

with S the second moment of the inputs, D its diagonal (blocks, where features are masked
together), s the covariance with y, and a, b, f the moments of the masks (eq-classes-K-inf). That is
a ridge of penalty lambda on the inputs as they are, and predictions are c = f/a times its own
(eq-recommend-ridge). A fixed ratio p has lambda = p/q + ridge/q^2 and c = 1/q; a law of ratios is
another point on the same line.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgeless.mask_ratio import DiscreteRatio, RatioLaw

__all__ = ["Scheme", "scheme"]

Array = NDArray[np.float64]

ORDER = 64


@dataclass(frozen=True)
class Scheme:
    """One masking of training rows and test inputs."""

    penalty: float  #: lambda, in units of a feature's variance
    factor: float  #: c, by which predictions of that ridge are multiplied
    seen: float = 1.0  #: mean of what test inputs are multiplied by
    hidden: float = 0.0  #: its variance

    def squared_error(self, y: Array, fitted: Array, spread: Array | None) -> Array:
        """Return the expected squared error over masks of the test inputs (eq-recommend-error).

        `fitted` is what the ridge predicts from whole inputs, `spread` the sum over groups of their
        squared contributions to it.
        """
        error = (y - self.factor * self.seen * fitted) ** 2
        if self.hidden > 0 and spread is not None:
            error += self.factor**2 * self.hidden * spread
        return np.asarray(error)


def scheme(
    ratio: float | RatioLaw,
    *,
    fill: str,
    test_fill: str,
    ridge: float,
    test_mask_ratio: float,
    rows: str,
) -> Scheme:
    """Return the scheme of a ratio below 1, or of a law of ratios.

    Examples
    --------
    >>> options = {"fill": "zero", "test_fill": "zero", "ridge": 0.0, "test_mask_ratio": 0.0}
    >>> scheme(0.5, rows="masked", **options)
    Scheme(penalty=1.0, factor=2.0, seen=1.0, hidden=0.0)
    """
    law = ratio if isinstance(ratio, RatioLaw) else DiscreteRatio([float(ratio)])
    rule = law.quadrature(ORDER)
    p, q = rule.mask, rule.keep
    weight = rule.weight * law.loss_weight(p) * (p if rows == "masked" else 1.0)
    total = weight.sum()
    weight = weight / total if total > 0 else rule.weight  # the limit p -> 0+
    if fill == "zero":
        kept, masked, crossed = weight @ q**2, weight @ (q * p), weight @ q
    else:
        with np.errstate(divide="ignore"):
            kept, masked, crossed = 1.0, weight @ np.where(p > 0, p / q, 0.0), 1.0
    test = 1 - test_mask_ratio
    seen, hidden = test, test * test_mask_ratio
    if test_fill == "rescale":
        seen, hidden = (1.0, test_mask_ratio / test) if test > 0 else (0.0, 0.0)
    return Scheme(float((masked + ridge) / kept), float(crossed / kept), seen, float(hidden))
