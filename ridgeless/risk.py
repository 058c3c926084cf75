"""The asymptotic test risk of ridge(less) regression on masked inputs."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.engine.solution import solve
from ridgeless.mask_ratio import RatioLaw
from ridgeless.spectrum import Spectrum
from ridgeless.target import Rows, Target

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Risk", "learned_fraction", "risk"]

Values = float | NDArray[np.float64]


@dataclass(frozen=True)
class Risk:
    """A test risk and its parts, each a float or an array of the call's broadcast shape.

    `total` = `bias` + `design_variance` + `noise_variance`; the noise of the target itself is in
    `prediction_error` only, the one quantity that can be measured on real data.
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
    parameters: dict[str, Any] = field(repr=False, compare=False, default_factory=dict)

    @property
    def variance(self) -> Values:
        """design_variance + noise_variance."""
        return self.design_variance + self.noise_variance

    @property
    def total(self) -> Values:
        """Bias + variance: the expected squared error of x'beta."""
        return self.bias + self.variance

    @property
    def prediction_error(self) -> Values:
        """Total + noise: the expected squared error of y."""
        return self.total + self.noise

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


def risk(
    spectrum: Spectrum | ArrayLike,
    mask_ratio: RatioLaw | ArrayLike,
    *,
    aspect_ratio: ArrayLike = 2.0,
    target: Target | None = None,
    ridge: ArrayLike = 0.0,
    rows: Rows | None = None,
    masks_per_sample: float = 1,
    test_mask_ratio: ArrayLike = 0.0,
) -> Risk:
    r"""Return the asymptotic test risk of min-norm or ridge regression on masked inputs.

    .. math:: R = E\,(x'\beta - x_t'\hat\beta)^2
                = \text{bias} + \text{design variance} + \text{noise variance}

    by eq-bias and eq-variance, in the limit of many features with d/n fixed. Array arguments
    broadcast together like a NumPy ufunc, and with the target's snr.

    Parameters
    ----------
    spectrum : Spectrum or array_like of eigenvalues, H, shape (atoms,)
        Population spectrum of the features; the formulas assume that they all have the same
        variance (standardised data) or delocalised eigenvectors.
    mask_ratio : p, float or array in [0, 1], or a law of ratios
        Probability that a feature is masked in a training row.
    aspect_ratio : gamma = d/n, float or array in [0, inf]
        Features per training sample.
    target : MaskedFeature() or LinearTarget(...), default MaskedFeature()
        What is predicted.
    ridge : lambda, float or array in [0, inf), in units of the eigenvalues
        Penalty in ``(1/N) sum (y - x'b)^2 + lambda |b|^2``; 0 is the min-norm solution.
    rows : "masked", "all" or None
        Train on the rows whose target is masked, or on all; None: as the target says.
    masks_per_sample : K, 1, 2, ... or inf
        Independent masks of each training sample; inf: fresh masks for ever.
    test_mask_ratio : p_t, float or array in [0, 1]
        Mask ratio of the test inputs; 0 is downstream use.

    Returns
    -------
    Risk
        Never nan; inf at the threshold, where the training rows are as many as the features.

    Raises
    ------
    DomainError
        If an argument is outside its domain.
    NotImplementedError
        For finite masks_per_sample > 1 with a law of several ratios.
    ConvergenceError
        If the fixed point is not reached to rounding.

    Examples
    --------
    Isotropic features below the threshold (eq-isotropic): the risk is
    (sigma^2 + p)/(1 - p) * gamma/(1 - gamma), here with sigma^2 = 1/snr = 1.

    >>> import ridgeless as rl
    >>> rl.risk([1.0], 0.5, aspect_ratio=0.5, target=rl.LinearTarget(snr=1.0)).total
    3.0

    Sources: our derivation (docs/theory); the idea of masked pretraining as ridgeless regression
    on masked inputs is from arXiv 2509.21650.
    """
    solution = solve(
        spectrum,
        mask_ratio,
        aspect_ratio=aspect_ratio,
        target=target,
        ridge=ridge,
        rows=rows,
        masks_per_sample=masks_per_sample,
        test_mask_ratio=test_mask_ratio,
    )
    columns, noise = solution.columns, solution.signal.noise
    per_unit = columns["noise_variance"]
    with np.errstate(invalid="ignore"):
        # No noise, no variance from it, even where a unit of it would give inf.
        noise_variance = np.where(noise == 0, 0.0, per_unit * noise)
    shape = noise_variance.shape
    parameters = dict(solution.parameters)
    if noise.ndim or solution.signal.variance > 0:
        with np.errstate(divide="ignore"):
            parameters["snr"] = solution.signal.variance / noise

    def part(values: ArrayLike) -> Values:
        array = np.broadcast_to(values, shape)
        return array.copy() if shape else float(array)

    return Risk(
        bias=part(columns["bias"]),
        design_variance=part(columns["design_variance"]),
        noise_variance=part(noise_variance),
        null=part(solution.signal.variance),
        noise=part(noise),
        parameters=parameters,
    )


def learned_fraction(
    spectrum: Spectrum | ArrayLike,
    mask_ratio: RatioLaw | ArrayLike,
    *,
    aspect_ratio: ArrayLike = 2.0,
    target: Target | None = None,
    ridge: ArrayLike = 0.0,
    rows: Rows | None = None,
    masks_per_sample: float = 1,
) -> NDArray[np.float64]:
    r"""Return how much of the signal at each eigenvalue the mean predictor learns.

    .. math:: b_w(s) = \frac{s \sum_k w_k c_k / g_k}{e + \alpha s + \beta}

    (eq-mean-predictor): the multi-scale picture of what a mask ratio teaches. Values above 1
    are signal that masking inflates.

    Parameters
    ----------
    spectrum, mask_ratio, aspect_ratio, target, ridge, rows, masks_per_sample
        As in `risk`; the target only says which rows count.

    Returns
    -------
    array, shape (..., atoms), broadcast as `risk`
        One fraction per atom of the spectrum, in ascending order of the eigenvalues.

    Raises
    ------
    DomainError, NotImplementedError, ConvergenceError
        As `risk`.

    Examples
    --------
    Without masks and with infinitely many samples everything is learnt.

    >>> learned_fraction([1.0, 3.0], 0.0, aspect_ratio=0.0, rows="all")
    array([1., 1.])
    """
    solution = solve(
        spectrum,
        mask_ratio,
        aspect_ratio=aspect_ratio,
        target=target,
        ridge=ridge,
        rows=rows,
        masks_per_sample=masks_per_sample,
        test_mask_ratio=0.0,
    )
    law = solution.spectrum
    values = law.eigenvalues / law.scale
    names = ("numerator", "e", "alpha", "beta")
    numerator, e, alpha, beta = (solution.columns[name][..., None] for name in names)
    fractions = np.zeros((*solution.shape, values.size))
    present = solution.learns[..., None] & (values > 0)
    return np.divide(numerator * values, e + alpha * values + beta, out=fractions, where=present)
