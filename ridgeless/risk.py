"""The asymptotic test risk of ridge(less) regression on masked inputs."""

from __future__ import annotations

from numpy.typing import ArrayLike

from ridgeless.engine.fronts import Problem, front
from ridgeless.engine.grid import Grid
from ridgeless.engine.spectral import SpectralFamily
from ridgeless.mask_ratio import RatioLaw
from ridgeless.masking import Masking, masking_of, ungrouped
from ridgeless.row_classes import Fill
from ridgeless.row_power import RowPower
from ridgeless.spectrum import Spectrum, as_spectrum
from ridgeless.target import Rows, Target, checked_target

__all__ = ["risk"]


@front
def risk(
    spectrum: Spectrum | ArrayLike,
    mask_ratio: Masking | RatioLaw | ArrayLike,
    *,
    aspect_ratio: ArrayLike = 2.0,
    target: Target | None = None,
    ridge: ArrayLike = 0.0,
    rows: Rows | None = None,
    masks_per_sample: float = 1,
    test_mask_ratio: ArrayLike = 0.0,
    fill: Fill = "zero",
    test_fill: Fill | None = None,
    row_power: RowPower | None = None,
) -> Problem:
    r"""Return the asymptotic test risk of min-norm or ridge regression on masked inputs.

    .. math:: R = E\,(x'\beta - x_t'\hat\beta)^2
                = \text{bias} + \text{design variance} + \text{noise variance}

    by eq-bias and eq-variance, in the limit of many features with d/n fixed. Array arguments
    broadcast together like a NumPy ufunc, and with the target's snr.

    Parameters
    ----------
    spectrum : Spectrum or array_like of eigenvalues, s, shape (atoms,)
        Population spectrum of the features; the formulas assume that they all have the same
        variance (standardised data) or delocalised eigenvectors.
    mask_ratio : p, float or array in [0, 1], a law of ratios, or a Masking
        Probability that a feature is masked in a training row. A `Masking` brings
        `masks_per_sample`, `rows` and `fill` along.
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
    fill : "zero" or "rescale"
        What training rows show of masked entries: zeros; "rescale" also divides the entries that
        are kept by the row's 1 - p, as dropout does (eq-classes-rescaled).
    test_fill : "zero", "rescale" or None
        The same of test inputs; None: as `fill`.
    row_power : RowPower or None
        Law of a random factor, of mean one, on the variance of each sample (eq-row-power).

    Returns
    -------
    Risk
        Never nan; inf at the threshold, where the training rows are as many as the features.

    Raises
    ------
    DomainError
        If an argument is outside its domain.
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
    population, task = as_spectrum(spectrum), checked_target(target)
    masking = masking_of(mask_ratio, masks_per_sample=masks_per_sample, rows=rows, fill=fill)
    family = SpectralFamily(population, task.on(population))
    grid = Grid.of(
        ungrouped(masking, "risk").with_rows(task.rows),
        family.level,
        aspect_ratio=aspect_ratio,
        ridge=ridge,
        test_mask_ratio=test_mask_ratio,
        test_fill=test_fill,
        row_power=row_power,
    )
    return grid, [family]
