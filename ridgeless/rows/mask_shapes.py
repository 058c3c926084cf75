"""Shapes of masks by name: which features are hidden together, and which are likelier hidden."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ridgeless.checks import count
from ridgeless.errors import DomainError

__all__ = ["IMPORTANCE", "SHAPES", "grid_of", "important", "units"]

Labels = NDArray[np.intp]

#: What a shape may be called, as a sentence says it.
SHAPES = "'independent', 'spans:5', 'blocks:4x4', 'tubes' or 'importance'"
IMPORTANCE = "importance"


def units(shape: str, grid: tuple[int, ...]) -> Labels:
    """Return the number of the unit that each feature is hidden with, shape (d,).

    Parameters
    ----------
    shape : str
        "independent"; "spans:L", runs of L neighbours; "blocks:4x4", tiles with a length along
        every axis; "tubes", features that differ in their place along the first axis only.
    grid : tuple of int
        Lengths of the axes on which the features stand.

    Raises
    ------
    DomainError
        If the name is none of these or has another number of axes.

    Examples
    --------
    >>> units("spans:2", (5,)), units("tubes", (2, 3)), units("blocks:1x2", (2, 3))
    (array([0, 0, 1, 1, 2]), array([0, 1, 2, 0, 1, 2]), array([0, 0, 1, 2, 2, 3]))
    """
    name, _, size = shape.partition(":")
    places = np.arange(math.prod(grid))
    if name == "independent" and not size:
        return places
    if name == "spans" and size:
        return places // _length(shape, size)
    if name == "tubes" and not size:
        return places % math.prod(grid[1:])
    if name == "blocks" and size:
        sides = [_length(shape, part) for part in size.split("x")]
        if len(sides) != len(grid):
            raise DomainError(
                f"mask must have a length for each of the {len(grid)} axes, got {shape!r}"
            )
        tiles = [axis // side for axis, side in zip(np.unravel_index(places, grid), sides)]  # noqa: B905
        across = [-(-length // side) for length, side in zip(grid, sides)]  # noqa: B905
        return np.asarray(np.ravel_multi_index(tiles, across))
    raise DomainError(f"mask must be one of {SHAPES}, or a callable, got {shape!r}")


def _length(shape: str, text: str) -> int:
    try:
        return count("mask", int(text))
    except ValueError:
        raise DomainError(f"mask must have lengths of at least 1, got {shape!r}") from None


def grid_of(shape: str, features: int) -> tuple[int, ...]:
    """Return the axes on which so many features of a row stand: a square, if they need two."""
    if shape.partition(":")[0] not in ("blocks", "tubes"):
        return (features,)
    side = math.isqrt(features)
    if side * side != features:
        raise DomainError(
            f"mask = {shape!r} needs features on a square grid, got {features} of them; a "
            "callable (rng, X) -> hidden can know another"
        )
    return side, side


def important(
    ratios: NDArray[np.float64], values: NDArray[np.float64], rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Return masks, shape (rows, d), in which large values are likelier hidden.

    Features are drawn without replacement, with chances in proportion to |x|, until a share of
    the ratio is hidden; the number is rounded at random.
    """
    size = np.abs(values) + 1e-3 * np.abs(values).mean(axis=1, keepdims=True)
    with np.errstate(divide="ignore"):  # a row of zeros hides any
        keys = np.log(size) + rng.gumbel(size=values.shape)
    ranks = (-keys).argsort(axis=1).argsort(axis=1)
    hidden = np.floor(ratios * values.shape[1] + rng.random(ratios.shape))
    return np.asarray(ranks < hidden[:, None])
