"""A test risk and its parts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from ridgeless.mask_ratio import RatioLaw

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RandomFeaturesRisk", "Risk", "TransferRisk"]

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

    #: What a kind of risk has beside bias, design_variance and noise_variance.
    further: ClassVar[tuple[str, ...]] = ()

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
        total = _sum(self.bias, self.variance)
        for name in self.further:
            total = _sum(total, getattr(self, name))
        return total

    @property
    def prediction_error(self) -> Values:
        """Total + noise: the expected squared error of y."""
        return _sum(self.total, self.noise)

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row per cell: the parameters, the total and its parts."""
        import pandas as pd

        parts = ("total", "bias", *self.further, "design_variance", "noise_variance")
        columns = self.parameters | {
            name: getattr(self, name) for name in (*parts, "prediction_error", "null", "noise")
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
        kind = type(self).__name__
        if np.ndim(self.bias) == 0:
            parts = ("total", "bias", *self.further, "design_variance", "noise_variance")
            shown = (f"{name}={getattr(self, name):.6g}" for name in (*parts, "null", "noise"))
            return f"{kind}({', '.join(shown)})"
        total = np.asarray(self.total)
        spread = f", total from {total.min():.6g} to {total.max():.6g}" if total.size else ""
        return f"{kind}(shape={total.shape}{spread})"


@dataclass(frozen=True, eq=False, repr=False)
class RandomFeaturesRisk(Risk):
    """The risk of random features, of which the layer is drawn too.

    `total` = `bias` + `width_variance` + `design_variance` + `noise_variance`.
    """

    further: ClassVar[tuple[str, ...]] = ("width_variance",)

    #: Fluctuation of the predictor from the random weights of the layer (eq-width-bias).
    width_variance: Values = 0.0


@dataclass(frozen=True, eq=False, repr=False)
class TransferRisk(Risk):
    """The risk of a probe on a pretrained representation, and the ridge that it has.

    What the representation has lost of the signal is part of `bias`, and noise to the probe.
    """

    #: Ridge of the probe, in units of the representation's mean variance; inf predicts 0.
    probe_ridge: Values = 0.0
