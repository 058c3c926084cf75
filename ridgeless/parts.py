"""A test risk and its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.mask_ratio import RatioLaw

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Risk"]

Values = float | NDArray[np.float64]


def _sum(first: Values, second: Values) -> Values:
    with np.errstate(over="ignore"):  # beyond all numbers is infinite
        return first + second


@dataclass(frozen=True, eq=False)
class Risk:
    """A test risk and its parts, each a float or an array of the call's broadcast shape.

    `total` = `bias` + `design_variance` + `noise_variance`; the noise of the target itself is in
    `prediction_error` only, the one quantity that can be measured on real data. Results are
    compared by identity, as arrays of numbers have no single answer; compare the parts.
    """

    #: Squared error of the average predictor (eq-bias).
    bias: Values
    #: Fluctuation of the predictor from the finite sample and the masks (eq-variance).
    design_variance: Values
    #: Fluctuation of the predictor from the noise in the training targets (eq-variance).
    noise_variance: Values
    #: Risk of predicting 0.
    null: Values
    #: Noise variance sigma^2 of the target.
    noise: Values
    parameters: dict[str, Any] = field(repr=False, default_factory=dict)

    @property
    def variance(self) -> Values:
        """design_variance + noise_variance."""
        return _sum(self.design_variance, self.noise_variance)

    @property
    def total(self) -> Values:
        """Bias + variance: the expected squared error of x'beta."""
        return _sum(self.bias, self.variance)

    @property
    def prediction_error(self) -> Values:
        """Total + noise: the expected squared error of y."""
        return _sum(self.total, self.noise)

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row per cell: the parameters, the total and its parts."""
        import pandas as pd

        names = ("total", "bias", "design_variance", "noise_variance", "prediction_error")
        columns = self.parameters | {
            name: getattr(self, name) for name in (*names, "null", "noise")
        }
        shape = np.shape(self.bias)
        table = {}
        for name, value in columns.items():
            if isinstance(value, RatioLaw):
                table[name] = np.full(int(np.prod(shape)), str(value), dtype=object)
            else:
                table[name] = np.broadcast_to(value, shape).ravel()
        return pd.DataFrame(table)

    def __repr__(self) -> str:
        """Show the total and its parts, or their ranges over a grid."""
        if np.ndim(self.bias) == 0:
            return (
                f"Risk(total={self.total:.6g}, bias={self.bias:.6g}, "
                f"design_variance={self.design_variance:.6g}, "
                f"noise_variance={self.noise_variance:.6g}, null={self.null:.6g}, "
                f"noise={self.noise:.6g})"
            )
        total = np.asarray(self.total)
        spread = f", total from {total.min():.6g} to {total.max():.6g}" if total.size else ""
        return f"Risk(shape={total.shape}{spread})"
