r"""The risk for a full covariance: features of unequal variance, and masks over groups of features.

Traces of matrices in place of sums over eigenvalues (eq-dense-fixed-point to eq-dense-residual):
D = diag(Sigma), or its diagonal blocks when groups of features are masked together.
Where D is a multiple of the identity, `ridgeless.risk` gives the same from the spectrum alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import nonnegative_array, real_array, require
from ridgeless.engine.covariance import Covariance
from ridgeless.engine.dense import DenseFamily
from ridgeless.engine.fronts import Problem, front
from ridgeless.engine.grid import Family, Grid, Level
from ridgeless.engine.hidden import hidden_features
from ridgeless.errors import DomainError
from ridgeless.mask_ratio import RatioLaw
from ridgeless.masking import Masking, masking_of
from ridgeless.row_classes import Fill
from ridgeless.row_power import RowPower, without_power
from ridgeless.target import LinearTarget, MaskedFeature, Rows

__all__ = ["covariance_risk"]

Array = NDArray[np.float64]


@front
def covariance_risk(
    covariance: ArrayLike,
    beta: ArrayLike | LinearTarget | MaskedFeature,
    mask_ratio: Masking | RatioLaw | ArrayLike,
    *,
    noise: ArrayLike | None = None,
    aspect_ratio: ArrayLike,
    groups: ArrayLike | None = None,
    ridge: ArrayLike = 0.0,
    rows: Rows | None = None,
    masks_per_sample: float = 1,
    test_mask_ratio: ArrayLike = 0.0,
    fill: Fill = "zero",
    test_fill: Fill | None = None,
    row_power: RowPower | None = None,
) -> Problem:
    r"""Return the risk for a given covariance, of a linear task or of masked features.

    Exact (in the limit of eq-equivalent, of many groups) also where diag(Sigma) is not constant
    and where features are masked in groups: patches, tokens.

    Parameters
    ----------
    covariance : array_like, Sigma, shape (d, d), symmetric, positive semi-definite
    beta : array_like, shape (d,), or a target
        Coefficients of the task y = x'beta + noise. `LinearTarget` puts its signal on the
        eigenvectors of Sigma. `MaskedFeature` is the mean over features that vary, each
        predicted from the others: it costs d times as much.
    mask_ratio : p, float or array in [0, 1], a law of ratios, or a Masking
    noise : sigma^2, float or array in [0, inf)
        Noise variance of the task; a target brings its own.
    aspect_ratio : gamma = d/n, float or array in [0, inf]
    groups : array_like of labels, shape (d,), optional
        Features with the same label are masked together; by default each feature on its own.
    ridge, rows, masks_per_sample, test_mask_ratio, fill, test_fill
        As in `ridgeless.risk`; test inputs are masked in the same groups.
    row_power : None
        Laws of row power are not derived for a covariance.

    Returns
    -------
    Risk
        Parts of the shape to which mask_ratio, aspect_ratio, ridge, test_mask_ratio and noise
        broadcast.

    Raises
    ------
    DomainError
        If an argument is outside its domain.
    NotImplementedError
        For a row power.
    ConvergenceError
        As `ridgeless.risk`.

    Examples
    --------
    Unmasked least squares has the risk sigma^2 gamma / (1 - gamma):

    >>> sigma = [[1.0, 0.5], [0.5, 1.0]]
    >>> task = {"beta": [1.0, 0.0], "noise": 0.5, "aspect_ratio": 0.1}
    >>> covariance_risk(sigma, mask_ratio=0.0, **task).total
    0.0555555
    """
    without_power("covariance_risk", row_power)
    masking = masking_of(
        mask_ratio, masks_per_sample=masks_per_sample, rows=rows, fill=fill, groups=groups
    )
    sigma = Covariance.of(covariance, masking.groups)
    families: list[Family]
    if isinstance(beta, MaskedFeature):
        masking = masking.with_rows(beta.rows)
        _no_noise(noise)
        families = list(hidden_features(sigma, masking.groups, together=masking.rows == "masked"))
    elif isinstance(beta, LinearTarget):
        _no_noise(noise)
        families = [_linear(sigma, beta)]
    else:
        families = [DenseFamily(sigma, _coefficients(beta, sigma.size), _level(noise), "noise")]
    levels = [family.level for family in families]
    grid = Grid.of(
        masking.with_rows("all"),
        _mean(levels),
        aspect_ratio=aspect_ratio,
        ridge=ridge,
        test_mask_ratio=test_mask_ratio,
        test_fill=test_fill,
    )
    return grid, families


def _mean(levels: list[Level]) -> Level:
    """Return the level of the mean over tasks."""
    variances, noises, arguments, _ = zip(*levels, strict=True)
    return Level(float(np.mean(variances)), np.mean(noises, axis=0), arguments[0])


def _coefficients(beta: ArrayLike, size: int) -> Array:
    coefficients = real_array("beta", beta)
    if coefficients.shape != (size,):
        raise DomainError(f"beta must have shape ({size},), got {coefficients.shape}")
    return require("beta", coefficients, np.isfinite(coefficients), "be finite")[:, None]


def _level(noise: ArrayLike | None) -> Array:
    if noise is None:
        raise DomainError("noise must be given with coefficients beta, got None")
    return nonnegative_array("noise", noise, finite=True)


def _no_noise(noise: ArrayLike | None) -> None:
    if noise is not None:
        raise DomainError(f"noise must be left out with a target, which has its own, got {noise!r}")


def _linear(sigma: Covariance, target: LinearTarget) -> DenseFamily:
    """Return the task whose signal lies on the eigenvectors of Sigma, one column each."""
    values, vectors = sigma.eigenbasis
    # Directions that never vary come first, and carry no signal.
    masses = target.masses(sigma.scale * np.append(np.zeros(sigma.size - values.size), values))
    masses = masses[sigma.size - values.size :]
    some = masses > 0
    beta = sigma.basis @ (vectors[:, some] * np.sqrt(masses[some]))
    return DenseFamily(sigma, beta, target.signal_variance / np.asarray(target.snr, dtype=float))
