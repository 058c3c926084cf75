r"""The mask ratio with the smallest risk, found globally across the double-descent peak."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import astuple, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.errors import DomainError
from ridgeless.parts import Risk
from ridgeless.risk import risk
from ridgeless.spectrum import Spectrum, as_spectrum

__all__ = ["OptimalMaskRatio", "optimal_mask_ratio"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]
Values = float | Array

WITHIN = 1.1  # the range reported around the optimum: risk within 10% of it
PRECISION = 1e-9
#: Stands for p -> 0+: every front is at its limit there, and none is troubled by it yet.
ABOVE_0 = 1e-12
# Denser towards 0 and 1, and denser still beside them: p -> 0+ may differ from p = 0.
_ENDS = np.geomspace(1e-6, 1e-3, 16)
GRID = np.unique(
    np.concatenate(
        (0.5 - 0.5 * np.cos(np.pi * np.linspace(0, 1, 401)), [ABOVE_0], _ENDS, 1 - _ENDS)
    )
)
VALLEYS = 6  # at most so many are searched to the bottom
# Where a round looks in a bracket: evenly, whatever the curve, and ever closer to a guess.
EVEN = np.linspace(0, 1, 17)[1:-1]
CLOSER = np.unique(np.outer([-1, 0, 1], 0.25 ** np.arange(1, 11)))
#: By so much risks may differ and still be one: of neighbours in a valley, and of 0 and 0+.
EQUAL, SAME_LIMIT = 1e-14, 1e-11
#: Of the risk without training rows: what is less is nothing.
NOTHING = 1e-30


@dataclass(frozen=True)
class OptimalMaskRatio:
    """A mask ratio of smallest risk, and the connected range around it with risk within 10%.

    A mask ratio of 1 means that predicting 0 is best: there is nothing to be learnt. Every field
    is a number, or an array where the arguments were arrays.
    """

    mask_ratio: Values
    risk: Values
    low: Values
    high: Values
    #: Whether the ratio, then 0, stands for p -> 0+, whose risk is below that at p = 0.
    limit: bool | Flags = False

    def __eq__(self, other: object) -> bool:
        """Compare by value, arrays included."""
        return isinstance(other, OptimalMaskRatio) and all(
            map(np.array_equal, astuple(self), astuple(other))
        )


def optimal_mask_ratio(
    spectrum: Spectrum | ArrayLike, *, front: Callable[..., Risk] = risk, **keywords: Any
) -> OptimalMaskRatio:
    r"""Return the mask ratio in [0, 1] of smallest risk.

    .. math:: p^* = \operatorname{argmin}_{p \in [0, 1]} R(p)

    The risk has several minima when the threshold lies inside (0, 1), and p = 0 can be a jump
    (eq-drop): a grid finds the valleys, finer grids their bottoms, and the end points compete with
    these. Where the smallest risk is that of p -> 0+ and p = 0 has a larger one, mask_ratio is 0
    and `limit` is True: with several masks per sample, with zero eigenvalues, or where only rows
    with a masked target count, p = 0 is another problem than a very small p.

    Parameters
    ----------
    spectrum : Spectrum or array_like of eigenvalues, or what another front takes in its place
    front : risk, covariance_risk, ratio_aware_risk, random_features_risk or one of your own
        What is minimised: `total` of what it returns, of the shape to which the mask ratios and
        the other arguments broadcast.
    **keywords
        As in the front: aspect_ratio, target, ridge, rows, masks_per_sample, test_mask_ratio.
        Arrays broadcast together as there, one optimum for each cell.

    Returns
    -------
    OptimalMaskRatio
        mask_ratio and its risk; low and high, the connected range around it where the risk is
        at most 1.1 times that; limit. Ratios are found to 1e-9; where the risk is flat to
        rounding the ratio is any of the flat part, 1 or 0 if they are in it.

    Raises
    ------
    DomainError
        If an argument is outside its domain.

    Examples
    --------
    With isotropic features every mask only adds noise (eq-isotropic):

    >>> from ridgeless import LinearTarget
    >>> optimal_mask_ratio([1.0], aspect_ratio=0.5, target=LinearTarget(snr=4.0)).mask_ratio
    0.0

    With infinitely many masks and rows whose target is masked, p = 0 leaves no rows, and p -> 0+
    leaves all of them:

    >>> best = optimal_mask_ratio([1.0], aspect_ratio=[2.0, 4.0], rows="masked",
    ...     masks_per_sample=float("inf"), target=LinearTarget(snr=float("inf")))
    >>> best.limit, best.risk.round(9)  # 1 - 1/gamma
    (array([ True,  True]), array([0.5 , 0.75]))
    """
    if "mask_ratio" in keywords:
        raise DomainError("mask_ratio is what is looked for; leave it out")
    curve = Curve.of(front, spectrum, keywords)
    at, lowest, totals = _minimum(curve)
    found = _named(at, lowest, *_range(curve, at, lowest, totals), at == ABOVE_0)
    shape = curve.shape
    return OptimalMaskRatio(*(x.reshape(shape) if shape else x.item() for x in found))


def minimum(population: Spectrum, **keywords: Any) -> tuple[float, float]:
    """Return the mask ratio of smallest risk and that risk."""
    at, lowest, _ = _minimum(Curve.of(risk, population, keywords))
    return (0.0 if at.item() == ABOVE_0 else at.item()), lowest.item()


@dataclass(frozen=True)
class Curve:
    """The total risk against the mask ratio, in every cell of a front's other arguments."""

    front: Callable[..., Risk]
    spectrum: Spectrum | ArrayLike
    keywords: dict[str, Any]
    shape: tuple[int, ...]

    @classmethod
    def of(
        cls, front: Callable[..., Risk], spectrum: Spectrum | ArrayLike, keywords: dict[str, Any]
    ) -> Curve:
        """Return the curve; a first call finds its shape."""
        # An array of eigenvalues is compressed once.
        given = as_spectrum(spectrum) if front is risk else spectrum
        return cls(front, given, keywords, np.shape(front(given, mask_ratio=0.5, **keywords).total))

    def __call__(self, ratios: Array) -> Array:
        """Return totals of shape (ratios, cells), ratios of one column being those of all cells."""
        cells = math.prod(self.shape)
        own = self.shape if ratios.shape[1] == cells else (1,) * len(self.shape)
        given = ratios.reshape(len(ratios), *own)
        totals = self.front(self.spectrum, mask_ratio=given, **self.keywords).total
        return np.broadcast_to(totals, (len(ratios), *self.shape)).reshape(len(ratios), cells)


def _minimum(curve: Curve) -> tuple[Array, Array, Array]:
    """Return the ratio of smallest risk, that risk, and the totals along GRID; by cell."""
    totals = curve(GRID[:, None])
    bottoms = _bottom(curve, *_valleys(totals))
    winner = bottoms[1].argmin(axis=0)[None]
    best, lowest = (np.take_along_axis(x, winner, 0)[0] for x in bottoms)
    # Nearer to 0 than ratios are told apart; there p = 0 wins unless it is a jump.
    tiny = best < PRECISION
    lowest = np.where(tiny, np.minimum(totals[1], lowest), lowest)
    best = np.where(tiny, ABOVE_0, best)
    same = np.where(tiny, SAME_LIMIT, EQUAL)
    # Without rows to train on (p = 1, and p = 0 where only masked targets count) the predictor is
    # 0: of equal ratios 1 says so.
    for end, ratio, slack in ((0, 0.0, same), (-1, 1.0, EQUAL)):
        wins = totals[end] <= lowest * (1 + slack) + _nothing(totals)
        best, lowest = np.where(wins, ratio, best), np.where(wins, totals[end], lowest)
    return best, lowest, totals


def _valleys(totals: Array) -> tuple[Array, Array]:
    """Return bottoms on the grid between their neighbours, and totals: (3, valleys, cells)."""
    ratios, middle = GRID[1:], totals[1:]  # p = 0 is a point by itself
    wall = np.full((1, middle.shape[1]), np.inf)
    left, right = np.concatenate((wall, middle[:-1])), np.concatenate((middle[1:], wall))
    with np.errstate(invalid="ignore"):
        # A parabola through three points has its bottom at most an eighth of this below them.
        depth = np.minimum(left - 2 * middle + right, 0.05 * middle)
    lowest = middle.min(axis=0)
    # On a plateau rounding makes valleys of no depth.
    deep = (middle < left) & (middle <= right) & (middle - depth < (1 - 1e-12) * lowest)
    promise = np.where(deep, middle - depth, np.inf)
    first = middle.argmin(axis=0)
    promise[first, np.arange(first.size)] = -np.inf
    count = min(VALLEYS, int((promise < np.inf).sum(axis=0).max(initial=1)))
    chosen = np.argsort(promise, axis=0, kind="stable")[:count]
    chosen = np.where(np.take_along_axis(promise, chosen, 0) < np.inf, chosen, first)
    three = np.stack([np.clip(chosen + i, 0, ratios.size - 1) for i in (-1, 0, 1)])
    return ratios[three], np.take_along_axis(middle[None], three, 1)


def _bottom(curve: Curve, ratios: Array, totals: Array) -> tuple[Array, Array]:
    """Return the lowest points of all valleys, given three points of each."""
    while True:
        low, best, high = ratios
        wide = (high - low > PRECISION) & (totals.max(axis=0) > (1 + EQUAL) * totals[1])
        if not wide.any():
            break
        low, high = np.where(wide, low, best), np.where(wide, high, best)
        new = low + _steps(_vertex(ratios, totals)) * (high - low)
        ratios = np.concatenate((ratios, new))
        totals = np.concatenate((totals, _at(curve, new)))
        # The lowest point between its neighbours; at an end it is its own.
        place = totals.argmin(axis=0)[None]
        best = np.take_along_axis(ratios, place, 0)
        below, beyond = np.where(ratios < best, ratios, -1.0), np.where(ratios > best, ratios, 2.0)
        left = np.where(below.max(axis=0) < 0, place, below.argmax(axis=0))
        right = np.where(beyond.min(axis=0) > 1, place, beyond.argmin(axis=0))
        three = np.concatenate((left, place, right))
        ratios, totals = (np.take_along_axis(x, three, 0) for x in (ratios, totals))
    return ratios[1], totals[1]


def _vertex(ratios: Array, totals: Array) -> Array:
    """Return where a parabola through three points has its bottom, from 0 to 1 between them."""
    low, best, high = ratios
    with np.errstate(all="ignore"):
        before, after = (best - low) / (high - low), (high - best) / (high - low)
        right, left = (totals[2] - totals[1]) * before, (totals[0] - totals[1]) * after
        guess = before - 0.5 * (right * before - left * after) / (right + left)
    return np.where(np.isfinite(guess), np.clip(guess, 0, 1), 0.5)


def _range(curve: Curve, best: Array, lowest: Array, totals: Array) -> tuple[Array, Array]:
    """Return the ends of the connected range around the best ratio, both edges at once."""
    bound = WITHIN * lowest + _nothing(totals)
    over, last, cell = totals - bound, GRID.size - 1, np.arange(best.size)
    below, beyond = ((over > 0) & side for side in (GRID[:, None] < best, GRID[:, None] > best))
    # Left and right: the first points above the bound; without one the end is in the range.
    edge = np.stack((below.any(axis=0), beyond.any(axis=0)))
    first = np.stack((last - below[::-1].argmax(axis=0), beyond.argmax(axis=0)))
    first = np.where(edge, first, [[0], [last]])
    # The points before them, or the best ratio if that lies between.
    before = np.clip(first + np.array([[1], [-1]]), 0, last)
    passed = np.stack((GRID[before[0]] > best, GRID[before[1]] < best))
    outside = np.stack((GRID[first], over[first, cell]))
    inside = np.where(passed, [[best], [lowest - bound]], (GRID[before], over[before, cell]))
    inside = np.where(edge, inside, outside)
    while np.abs(outside[0] - inside[0]).max(initial=0) > PRECISION:
        with np.errstate(all="ignore"):
            secant = inside[1] / (inside[1] - outside[1])
        steps = _steps(np.where(np.isfinite(secant), secant, 0.5))
        ratios = inside[0] + steps * (outside[0] - inside[0])
        found = np.stack((ratios, _at(curve, ratios) - bound), axis=1)
        # The last of the points, from the inside, before the first above the bound.
        kept = found[:, 1] <= 0
        reach = np.where(kept.all(axis=0), len(kept), (~kept).argmax(axis=0))[None, None]
        found = np.concatenate((inside[None], found, outside[None]))
        inside, outside = (np.take_along_axis(found, reach + i, 0)[0] for i in (0, 1))
    return inside[0][0], inside[0][1]


def _steps(guess: Array) -> Array:
    """Return steps through a bracket from 0 to 1, in order: even ones, and others near a guess."""
    even, closer = (x.reshape(-1, *(1,) * guess.ndim) for x in (EVEN, CLOSER))
    near = np.clip(guess + closer, 0, 1)
    return np.sort(np.concatenate((np.broadcast_to(even, (EVEN.size, *guess.shape)), near)), axis=0)


def _at(curve: Curve, ratios: Array) -> Array:
    """Return totals at ratios of shape (..., cells)."""
    many = math.prod(ratios.shape[:-1])
    return curve(ratios.reshape(many, ratios.shape[-1])).reshape(ratios.shape)


def _nothing(totals: Array) -> Array:
    """Return the risk that is none, by cell, given the totals along GRID."""
    return NOTHING * np.where(np.isfinite(totals[-1]), totals[-1], 0.0)


def _named(best: Array, lowest: Array, low: Array, high: Array, limit: Flags) -> tuple[Any, ...]:
    """Return the fields of an optimum: what stands for p -> 0+ is 0, and inside the range tiny."""
    inside = (low > 0) & (low <= ABOVE_0)
    low = np.where(limit, 0.0, np.where(inside, np.minimum(PRECISION, best), low))
    high = np.where(high <= ABOVE_0, 0.0, high)
    return np.where(limit, 0.0, best), lowest, low, high, limit
