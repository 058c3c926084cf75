r"""The risk of regression on random features of masked inputs: width as an axis.

A layer of P = omega d random weights stands between the masked row and the regression,

.. math:: \phi(\tilde x) = \sqrt{d_0/\omega}\;\sigma(\text{gain}\; W\tilde x), \qquad
          W_{ij} \sim N\big(0, 1/(d\,d_0)\big)

(eq-width-model). An unmasked input has :math:`E (W x)_i^2 = 1`, and infinitely many linear
features are the inputs themselves, with the same ridge.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.activation import checked_activation
from ridgeless.checks import nonnegative_array, real_array, real_scalar, require
from ridgeless.engine.fronts import Problem, front_of
from ridgeless.engine.grid import FEWEST, Grid
from ridgeless.engine.width.family import RandomFeaturesFamily
from ridgeless.engine.width.rows import WidthFill
from ridgeless.errors import DomainError
from ridgeless.mask_ratio import RatioLaw
from ridgeless.masking import Masking, masking_of, ungrouped
from ridgeless.parts import RandomFeaturesRisk
from ridgeless.spectrum import Spectrum, as_spectrum
from ridgeless.target import Rows, Target, checked_target

__all__ = ["random_features_risk"]

#: Beyond it, and below one over it, a product of the layer's scales leaves the range of numbers.
RANGE = 1e30


@front_of(RandomFeaturesRisk)
def random_features_risk(
    spectrum: Spectrum | ArrayLike,
    mask_ratio: Masking | RatioLaw | ArrayLike,
    *,
    width_ratio: ArrayLike,
    activation: (
        Literal["identity", "relu", "tanh", "erf", "gelu"]
        | Callable[[NDArray[np.float64]], NDArray[np.float64]]
    ) = "relu",
    gain: float = 1.0,
    aspect_ratio: ArrayLike = 2.0,
    target: Target | None = None,
    ridge: ArrayLike = 0.0,
    rows: Rows | None = None,
    masks_per_sample: float = 1,
    test_mask_ratio: ArrayLike = 0.0,
    fill: WidthFill = "zero",
    test_fill: WidthFill | None = None,
) -> Problem:
    r"""Return the asymptotic test risk of regression on random features of masked inputs.

    .. math:: \hat b = \arg\min \frac1N \sum_{\text{rows}} \big(y - \phi(\tilde x)'b\big)^2
              + \lambda |b|^2, \qquad R = E\,\big(x'\beta - \phi(x_t)'\hat b\big)^2
              = \text{bias} + \text{width} + \text{design} + \text{noise variance}

    by eq-width-bias and eq-width-variance. A finite number of masks of one sample that differ in
    ratio is not derived. Arguments that are not listed are those of `ridgeless.risk`, which is the
    case of infinitely many linear features.

    Parameters
    ----------
    spectrum, mask_ratio, aspect_ratio, target, rows, masks_per_sample, test_mask_ratio
        As in `ridgeless.risk`. Targets are centred: a constant feature changes nothing.
    width_ratio : omega = P/d, float or array in (0, inf]
        Random features per input feature; inf is the kernel limit.
    activation : "identity", "relu", "tanh", "erf", "gelu", or a callable
        The function sigma; a callable takes an array and returns one. It should be smooth but for
        a kink at 0, and with several masks per sample smooth.
    gain : float, in (0, inf)
        Factor on what goes into the activation.
    ridge : lambda, float or array in [0, inf), in units of the eigenvalues
        As in `ridgeless.risk`. With raw features sigma(W x) and a penalty of mu,
        lambda = mu d0/omega.
    fill : "zero", "rescale" or "normalise"
        What training rows show of masked entries: zeros; the others also divided by the row's
        1 - p, or by its root, which keeps the variance that goes into the activation.
    test_fill : "zero", "rescale", "normalise" or None
        The same of test inputs; None: as `fill`.

    Returns
    -------
    RandomFeaturesRisk
        A `Risk` with one part more, `width_variance`. Never nan; inf at the threshold, where rows
        are as many as random features (of linear features: or as inputs, if those are fewer).

    Raises
    ------
    DomainError
        If an argument is outside its domain.
    NotImplementedError
        For finite masks_per_sample > 1 with a law of several ratios, and for rescaled rows of a
        law that reaches 1 where all masks there are are averaged.
    ConvergenceError
        If the fixed point is not reached to rounding.

    Examples
    --------
    Half as many linear features as inputs, isotropic, and infinitely many samples: half of the
    signal is out of reach, in whichever directions the layer leaves out.

    >>> import ridgeless as rl
    >>> found = rl.random_features_risk(
    ...     [1.0], 0.0, width_ratio=0.5, activation="identity", aspect_ratio=0.0,
    ...     target=rl.LinearTarget())
    >>> round(found.total, 12), round(found.bias, 12), round(found.width_variance, 12)
    (0.5, 0.25, 0.25)
    """
    population, task = as_spectrum(spectrum), checked_target(target)
    width = real_array("width_ratio", width_ratio)
    require("width_ratio", width, width > 0, "be positive (inf is allowed)")
    require("width_ratio", width, width >= 1 / RANGE, f"be at least {1 / RANGE:g}")
    factor = real_scalar("gain", gain)
    if not 1 / RANGE <= factor <= RANGE:
        raise DomainError(f"gain must be positive and at most {RANGE:g}, got {factor!r}")
    asked = _fill("fill", fill)
    masking = masking_of(
        mask_ratio,
        masks_per_sample=masks_per_sample,
        rows=rows,
        fill="zero" if asked == "normalise" else asked,
    )
    if asked == "normalise" and masking.rescaled:
        raise DomainError(
            "fill = 'normalise' contradicts the Masking beside it, which has 'rescale'; set it "
            "there and leave the keyword out"
        )
    shown: WidthFill = "normalise" if asked == "normalise" else masking.fill
    tested = shown if test_fill is None else _fill("test_fill", test_fill)
    masking = ungrouped(masking, "random_features_risk").with_rows(task.rows)
    if masking.mixes_ratios:
        raise NotImplementedError(
            f"masks_per_sample = {masking.masks} with a law of several mask ratios is not derived "
            "for random features; use one ratio, or masks_per_sample = 1 or inf"
        )
    gamma = nonnegative_array("aspect_ratio", aspect_ratio, finite=False)
    averaged = masking.masks == math.inf or bool((gamma < FEWEST).any())
    if shown == "rescale" and masking.empties_rows and averaged:
        raise NotImplementedError(
            "fill = 'rescale' with a law of mask ratios that reaches 1 is not derived for random "
            "features of infinitely many masks or rows; use 'normalise' or a law that ends below 1"
        )
    sigma = checked_activation(activation)
    family = RandomFeaturesFamily(population, task.on(population), sigma, factor, shown, tested)
    filled = {} if shown == tested == "zero" else {"fill": shown, "test_fill": tested}
    grid = Grid.of(
        # Rows are counted alike whatever stands in them.
        masking.with_fill("zero"),
        family.level,
        aspect_ratio=gamma,
        ridge=ridge,
        test_mask_ratio=test_mask_ratio,
        each={"width_ratio": width},
        activation=sigma.name,
        gain=factor,
    )
    return replace(grid, parameters=grid.parameters | filled), [family]


def _fill(name: str, fill: object) -> WidthFill:
    known: WidthFill
    for known in ("zero", "rescale", "normalise"):
        if isinstance(fill, str) and fill == known:
            return known
    raise DomainError(f"{name} must be 'zero', 'rescale' or 'normalise', got {fill!r}")
