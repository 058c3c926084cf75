r"""The risk of regression whose coefficients depend on the mask ratio of their input.

One vector of coefficients serves every mask ratio in `ridgeless.risk`; a network can adapt to how
much it sees. The smallest linear model of that is (eq-ratio-aware-model)

.. math:: f(\tilde x, q) = \sum_{j=0}^{J-1} P_j(2q - 1)\, b_j'\tilde x

with q the keep ratio of the input and Legendre polynomials P_j. A row of ratio q has the features
:math:`\varphi(q) \otimes \tilde x`, so that everything of `ridgeless.risk` holds with matrices of
J rows in place of numbers.
"""

from __future__ import annotations

import math

from numpy.typing import ArrayLike

from ridgeless.checks import count
from ridgeless.engine.fronts import Problem, front
from ridgeless.engine.grid import Grid
from ridgeless.engine.ratio_aware.family import RatioAwareFamily
from ridgeless.mask_ratio import RatioLaw
from ridgeless.masking import Masking, checked_fill, masking_of, ungrouped
from ridgeless.row_classes import Fill
from ridgeless.row_power import RowPower, without_power
from ridgeless.spectrum import Spectrum, as_spectrum
from ridgeless.target import Rows, Target, checked_target

__all__ = ["ratio_aware_risk"]


@front
def ratio_aware_risk(
    spectrum: Spectrum | ArrayLike,
    mask_ratio: Masking | RatioLaw | ArrayLike,
    *,
    degree: int = 1,
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
    r"""Return the asymptotic test risk when the coefficients depend on the mask ratio.

    .. math:: \hat b = \arg\min \frac1N \sum_{\text{rows}} \Big(y - \sum_{j \le \text{degree}}
              P_j(2q - 1)\, b_j'\tilde x\Big)^2 + \lambda \sum_j |b_j|^2

    by eq-ratio-aware-variance. A row says which ratio q it keeps, in training and in the test.
    The arguments are those of `ridgeless.risk`, which is the case of degree 0.

    Parameters
    ----------
    spectrum : Spectrum or array_like of eigenvalues, s, shape (atoms,)
        Population spectrum of the features.
    mask_ratio : p, float or array in [0, 1], a law of ratios, or a Masking
        Probability that a feature is masked in a training row. With fewer distinct ratios than
        polynomials, coefficients are learnt in the span of the polynomials at those ratios.
    degree : J - 1, 0, 1, 2, ...
        Highest degree of the Legendre polynomials.
    aspect_ratio, target, ridge, rows, test_mask_ratio
        As in `ridgeless.risk`.
    masks_per_sample : 1 or inf
        Independent masks of each training sample, each with a ratio of its own.
    fill, test_fill, row_power
        Only zeros, and samples of equal power, are derived here.

    Returns
    -------
    Risk
        Never nan; inf at the thresholds (eq-ratio-aware-rank): N = J d rows, or d times the
        number of distinct ratios if that is less, when no ratio has more than d rows by itself.

    Raises
    ------
    DomainError
        If an argument is outside its domain.
    NotImplementedError
        For masks_per_sample other than 1 and inf.
    ConvergenceError
        If the fixed point is not reached to rounding, or polynomials on a law so narrow leave the
        range of floating-point numbers.

    Examples
    --------
    Two ratios and two polynomials: each ratio learns from its own rows. With isotropic features
    and d/n = 1/4, half of the rows give each ratio an aspect ratio of 1/2 (eq-isotropic).

    >>> import ridgeless as rl
    >>> ratio_aware_risk(
    ...     [1.0], rl.DiscreteRatio([0.0, 0.5]), aspect_ratio=0.25, target=rl.LinearTarget()
    ... ).total
    1.0
    """
    population, task = as_spectrum(spectrum), checked_target(target)
    size = count("degree", degree, least=0)
    without_power("ratio_aware_risk", row_power)
    masking = masking_of(mask_ratio, masks_per_sample=masks_per_sample, rows=rows, fill=fill)
    if "rescale" in (masking.fill, checked_fill("test_fill", test_fill or masking.fill)):
        raise NotImplementedError(
            "fill = 'rescale' is not derived for coefficients that depend on the mask ratio; they "
            "can rescale by themselves"
        )
    if masking.masks not in (1, math.inf):
        raise NotImplementedError(
            f"masks_per_sample = {masking.masks} is not derived for coefficients that depend on "
            "the mask ratio; use masks_per_sample = 1 or inf"
        )
    family = RatioAwareFamily(population, task.on(population), size)
    grid = Grid.of(
        ungrouped(masking, "ratio_aware_risk").with_rows(task.rows),
        family.level,
        aspect_ratio=aspect_ratio,
        ridge=ridge,
        test_mask_ratio=test_mask_ratio,
        degree=size,
    )
    return grid, [family]
