"""What rows say about the risk: estimates, their errors, and sentences on both."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.mask_ratio import RatioLaw

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RowsRisk"]

Array = NDArray[np.float64]
Values = float | Array


@dataclass(frozen=True, eq=False)
class RowsRisk:
    """The test risk on rows, each part a float or an array of the call's broadcast shape."""

    #: Expected squared error of y, the mean over targets (eq-rows-risk).
    prediction_error: Values
    #: Its standard error: over populations of rows and masks, and over the rows themselves.
    standard_error: Values
    #: Mean square of y: the error of predicting 0.
    null: Values
    #: n.
    samples: int | NDArray[np.intp]
    #: Ridge that acts on the population: the harmonic mean over rows of what they see.
    effective_ridge: Values
    #: What each row of X adds to the variance, shape (..., N): mean over targets and populations.
    row_weight: Array
    #: The error of each target, shape (..., t).
    per_target: Array
    #: Columns of X that are the targets; empty where labels are.
    targets: tuple[int, ...]
    #: Sentences on how far to trust this; empty when nothing speaks against it.
    diagnostics: tuple[str, ...]
    #: M, rows of each population, and how many populations there were.
    population: int
    replicates: int
    parameters: dict[str, Any] = field(repr=False, default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row per cell."""
        import pandas as pd

        shape = np.shape(self.prediction_error)
        names = ("samples", "prediction_error", "standard_error", "null", "effective_ridge")
        columns = self.parameters | {name: getattr(self, name) for name in names}
        table = {}
        for name, value in columns.items():
            if isinstance(value, RatioLaw | str):
                table[name] = np.full(int(np.prod(shape)), str(value), dtype=object)
            else:
                table[name] = np.broadcast_to(value, shape).ravel()
        return pd.DataFrame(table)

    def __repr__(self) -> str:
        """Show the risk and its error, or the range over a grid."""
        if np.ndim(self.prediction_error) == 0:
            return (
                f"RowsRisk(prediction_error={self.prediction_error:.6g}, "
                f"standard_error={self.standard_error:.2g}, null={self.null:.6g}, "
                f"samples={self.samples})"
            )
        values = np.asarray(self.prediction_error)
        spread = f", from {values.min():.6g} to {values.max():.6g}" if values.size else ""
        return f"RowsRisk(shape={values.shape}{spread})"
