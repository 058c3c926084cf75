"""The mask ratio with the smallest risk, found globally across the double-descent peak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.errors import DomainError
from ridgeless.parts import Risk
from ridgeless.risk import risk
from ridgeless.spectrum import Spectrum, as_spectrum

__all__ = ["OptimalMaskRatio", "optimal_mask_ratio"]

Array = NDArray[np.float64]

WITHIN = 1.1  # the range reported around the optimum: risk within 10% of it
PRECISION = 1e-9
# Denser towards 0 and 1, and denser still beside them: p -> 0+ may differ from p = 0.
_ENDS = np.geomspace(1e-6, 1e-3, 16)
GRID = np.unique(
    np.concatenate((0.5 - 0.5 * np.cos(np.pi * np.linspace(0, 1, 401)), _ENDS, 1 - _ENDS))
)


@dataclass(frozen=True)
class OptimalMaskRatio:
    """A mask ratio of smallest risk, and the connected range around it with risk within 10%.

    A mask ratio of 1 means that predicting 0 is best: there is nothing to be learnt.
    """

    mask_ratio: float
    risk: float
    low: float
    high: float


def optimal_mask_ratio(
    spectrum: Spectrum | ArrayLike, *, front: Callable[..., Risk] = risk, **keywords: Any
) -> OptimalMaskRatio:
    r"""Return the mask ratio in [0, 1] of smallest risk.

    .. math:: p^* = \operatorname{argmin}_{p \in [0, 1]} R(p)

    The risk has several minima when the threshold lies inside (0, 1), and p = 0 can be a jump
    (eq-drop): a grid finds the valley and the end points compete with its bottom.

    Parameters
    ----------
    spectrum : Spectrum or array_like of eigenvalues, or what another front takes in its place
    front : risk, covariance_risk, ratio_aware_risk or another function of a `mask_ratio`
        What is minimised.
    **keywords
        As in the front, one value each: aspect_ratio, target, ridge, rows, masks_per_sample,
        test_mask_ratio.

    Returns
    -------
    OptimalMaskRatio
        mask_ratio and its risk; low and high, the connected range around it where the risk is
        at most 1.1 times that.

    Raises
    ------
    DomainError
        If an argument is outside its domain, or an array is given where one value is needed.

    Examples
    --------
    With isotropic features every mask only adds noise (eq-isotropic):

    >>> from ridgeless import LinearTarget
    >>> optimal_mask_ratio([1.0], aspect_ratio=0.5, target=LinearTarget(snr=4.0)).mask_ratio
    0.0
    """
    if "mask_ratio" in keywords:
        raise DomainError("mask_ratio is what is looked for; leave it out")
    at = curve_of(front, spectrum, keywords)
    if np.shape(at(np.array(0.5))):
        raise DomainError("aspect_ratio, ridge, test_mask_ratio and snr must be single numbers")

    best, lowest = _minimum(at)
    limit = WITHIN * lowest
    grid = np.unique(np.append(GRID, best))
    above = at(grid) > limit
    centre = int(np.searchsorted(grid, best))

    def edge(side: int) -> float:
        """Walk from the optimum to the first point above the limit, then bisect the crossing."""
        i = centre
        while 0 <= i + side < grid.size and not above[i + side]:
            i += side
        inside = float(grid[i])
        outside = float(grid[i + side]) if 0 <= i + side < grid.size else inside
        while abs(outside - inside) > PRECISION:
            middle = 0.5 * (inside + outside)
            kept = at(np.array(middle)) <= limit
            inside, outside = (middle, outside) if kept else (inside, middle)
        return inside

    return OptimalMaskRatio(best, lowest, edge(-1), edge(+1))


def curve_of(
    front: Callable[..., Risk], spectrum: Spectrum | ArrayLike, keywords: dict[str, Any]
) -> Callable[[Array], Array]:
    """Return the total risk as a function of mask ratios."""
    # An array of eigenvalues is compressed once.
    given = as_spectrum(spectrum) if front is risk else spectrum

    def total(ratios: Array) -> Array:
        return np.asarray(front(given, mask_ratio=ratios, **keywords).total)

    return total


def minimum(population: Spectrum, **keywords: Any) -> tuple[float, float]:
    """Return the mask ratio of smallest risk and that risk."""
    return _minimum(curve_of(risk, population, keywords))


def _minimum(curve: Callable[[Array], Array]) -> tuple[float, float]:
    from scipy.optimize import minimize_scalar

    def at(ratio: float) -> float:
        return float(curve(np.array(ratio)))

    totals = curve(GRID)
    # Without rows to train on (p = 1, and p = 0 where only masked targets count) the predictor is
    # 0: of equal ratios the largest says so.
    best, lowest = float(GRID[::-1][np.argmin(totals[::-1])]), float(totals.min())
    # Polish every local minimum that could win.
    inner = np.flatnonzero((totals[1:-1] <= totals[:-2]) & (totals[1:-1] <= totals[2:])) + 1
    for i in inner[totals[inner] <= 1.05 * lowest]:
        bounds = (max(GRID[i - 1], 1e-12), min(GRID[i + 1], 1 - 1e-12))
        found = minimize_scalar(at, bounds=bounds, method="bounded", options={"xatol": PRECISION})
        if found.fun < lowest:
            best, lowest = float(found.x), float(found.fun)
    return best, lowest
