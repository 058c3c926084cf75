"""How much of the signal is learnt along the spectrum."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.engine.fronts import problem_of
from ridgeless.errors import DomainError
from ridgeless.mask_ratio import RatioLaw
from ridgeless.masking import Masking
from ridgeless.risk import risk
from ridgeless.spectrum import Spectrum

__all__ = ["learned_fraction"]


def learned_fraction(
    spectrum: Spectrum | ArrayLike,
    mask_ratio: Masking | RatioLaw | ArrayLike,
    *,
    front: Callable[..., Any] = risk,
    **keywords: Any,
) -> NDArray[np.float64]:
    r"""Return how much of the signal at each eigenvalue the mean predictor learns.

    .. math:: b_w(s) = \frac{s \sum_k w_k c_k / g_k}{e + \alpha s + \beta}

    (eq-mean-predictor): the multi-scale picture of what a mask ratio teaches. Values above 1
    are signal that masking inflates.

    Parameters
    ----------
    spectrum, mask_ratio
        As in `risk`, or what another front takes in their place.
    front : risk, covariance_risk, ratio_aware_risk or random_features_risk
        The model that learns. Of a covariance the fractions are those along its eigenvectors; of
        ratio-aware regression those at the test mask ratio; of random features those of an
        unmasked input.
    **keywords
        As in the front; of the target it only matters which rows count.

    Returns
    -------
    array, shape (..., atoms), broadcast as the front
        One fraction per atom of the spectrum, in ascending order of the eigenvalues.

    Raises
    ------
    DomainError, NotImplementedError, ConvergenceError
        As the front.

    Examples
    --------
    Without masks and with infinitely many samples everything is learnt.

    >>> learned_fraction([1.0, 3.0], 0.0, aspect_ratio=0.0, rows="all")
    array([1., 1.])
    """
    grid, families = problem_of(front)(spectrum, mask_ratio=mask_ratio, **keywords)
    if len(families) > 1:
        raise DomainError(
            "the target must be one task, got a mean over masked features, which have a spectrum "
            "each"
        )
    return families[0].learned(grid)
