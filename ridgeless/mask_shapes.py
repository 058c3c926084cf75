"""Shapes of masks: what is hidden together, and where it lies on the grid of tokens."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ridgeless.checks import count, real_array
from ridgeless.errors import DomainError

__all__ = ["Shape", "Spans", "Units", "blocks", "grouped", "named_shape", "tubes"]

SHAPES = "'independent', 'spans:LENGTH', 'blocks:ROWSxCOLUMNS' or 'tubes'"


class Shape(Protocol):
    """Masks that hide a number of units chosen from `size`."""

    @property
    def size(self) -> int:
        """Units to choose from."""
        ...

    def hide(self, counts: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.bool_]:
        """Return masks, shape (samples, L), that hide so many units, each as often as any other."""
        ...


@dataclass(frozen=True)
class Units:
    """Sets of tokens that are hidden together; any sets of so many units are as likely.

    Parameters
    ----------
    units : array of int, shape (L,)
        The unit of each token, from 0 to `size` - 1.
    """

    units: NDArray[np.intp]

    @property
    def size(self) -> int:
        """Units to choose from."""
        return int(self.units.max()) + 1

    def hide(self, counts: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.bool_]:
        """Return masks, shape (samples, L), that hide so many units."""
        ranks = rng.random((len(counts), self.size)).argsort(axis=1).argsort(axis=1)
        return np.asarray((ranks < counts[:, None])[:, self.units])


@dataclass(frozen=True)
class Spans:
    """Runs of hidden tokens on a line, of a given mean length, with visible ones between them.

    The line is closed to a circle and cut open at a random place, so that every token is hidden as
    often. Where tokens are too few for such runs, runs are shorter; where visible ones are too few
    to part them, longer.

    Parameters
    ----------
    size : int
        L, tokens on the line.
    length : float, at least 1
        Mean length of a run: hidden tokens over runs.
    """

    size: int
    length: float

    def hide(self, counts: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.bool_]:
        """Return masks, shape (samples, L), that hide so many tokens."""
        # The cut parts (k - s)/L of s runs of k tokens in two; so many fewer are drawn.
        wanted = counts * (self.size - self.length) / (self.length * (self.size - 1))
        runs = np.floor(wanted + rng.random(len(counts))).astype(np.int64)
        runs = np.clip(runs, 1, np.minimum(counts, self.size - counts))
        rows = [self._row(int(k), int(s), rng) for k, s in zip(counts, runs, strict=True)]
        return np.array(rows, dtype=bool).reshape(len(counts), self.size)

    def _row(self, hidden: int, runs: int, rng: np.random.Generator) -> NDArray[np.bool_]:
        lengths = np.empty(2 * runs, dtype=np.int64)
        lengths[::2], lengths[1::2] = (
            _parts(hidden, runs, rng),
            _parts(self.size - hidden, runs, rng),
        )
        row = np.repeat(np.arange(2 * runs) % 2 == 0, lengths)
        return np.roll(row, rng.integers(self.size))


def _parts(total: int, parts: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Return `parts` positive integers with sum `total`; all such are as likely."""
    cuts = np.sort(rng.choice(total - 1, parts - 1, replace=False)) + 1
    return np.diff(np.concatenate([[0], cuts, [total]]))


def blocks(grid: Sequence[int], sides: Sequence[int]) -> Units:
    """Return squares, or their like on any number of axes, that tile the grid from its corner."""
    sides = [min(count("block", side), along) for side, along in zip(sides, grid, strict=True)]
    places = np.indices(grid).reshape(len(grid), -1)
    tiles = [-(-along // side) for side, along in zip(sides, grid, strict=True)]
    own = tuple(place // side for place, side in zip(places, sides, strict=True))
    return Units(np.ravel_multi_index(own, tiles))


def tubes(grid: Sequence[int]) -> Units:
    """Return tubes along the first axis, which is time: a place is hidden in all frames or none."""
    if len(grid) < 2:
        raise DomainError(f"shape 'tubes' must have a grid of time and place, got {tuple(grid)}")
    return Units(np.tile(np.arange(math.prod(grid[1:])), grid[0]))


def grouped(groups: tuple[Hashable, ...], tokens: int) -> Units:
    """Return the groups of a `Masking` as units."""
    if len(groups) != tokens:
        raise DomainError(f"groups must hold one label per token, {tokens}, got {len(groups)}")
    return Units(np.unique(np.asarray(groups), return_inverse=True)[1])


def named_shape(shape: str, grid: Sequence[int], argument: str = "shape") -> Shape:
    """Return the shape of a name on a grid of any number of axes; `argument` is how it was given.

    Raises
    ------
    DomainError
        If there is no such shape, or it does not fit the grid.

    Examples
    --------
    >>> named_shape("blocks:2x2", (4, 4)).size, named_shape("tubes", (8, 3, 3)).size
    (4, 9)
    """
    name, _, size = str(shape).partition(":")
    if name == "independent" and not size:
        return blocks(grid, [1] * len(grid))
    if name == "tubes" and not size:
        return tubes(grid)
    if name == "spans" and size:
        tokens = math.prod(grid)
        if max(grid) != tokens:
            raise DomainError(f"{argument} {shape!r} must have tokens in a line, got a grid {grid}")
        length = float(real_array(argument, _number(shape, size, argument)))
        if not 1 <= length < tokens:
            raise DomainError(
                f"{argument} {shape!r} must have a length from 1 to below L = {tokens}"
            )
        return Spans(tokens, length)
    if name == "blocks" and size:
        sides = [_number(shape, side, argument) for side in size.split("x")]
        if len(sides) == 1:
            sides *= len(grid)
        if len(sides) != len(grid) or not all(side.is_integer() and side >= 1 for side in sides):
            raise DomainError(
                f"{argument} {shape!r} must have one side for all {len(grid)} axes of the grid, "
                "or one for each: whole numbers of at least 1"
            )
        return blocks(grid, [int(side) for side in sides])
    raise DomainError(f"{argument} must be {SHAPES}, got {shape!r}")


def _number(shape: str, text: str, argument: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise DomainError(f"{argument} must be {SHAPES}, got {shape!r}") from None
