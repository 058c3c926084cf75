"""Which tokens of a batch are hidden."""

from __future__ import annotations

import copy
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError
from ridgeless.checks import count
from ridgeless.mask_shapes import Shape, blocks, grouped, named_shape
from validation.masking.fill import Fill, check_fill
from validation.masking.sampler import RatioSampler

__all__ = ["Drawn", "Masker", "hidden_counts"]


class Drawn(NamedTuple):
    """Masks of a batch, and what they were drawn with."""

    hidden: NDArray[np.bool_]  # (samples, L), True where hidden
    ratios: NDArray[np.float64]  # (samples,), as drawn from the law
    loss_weights: NDArray[np.float64]  # (samples,), of the law at these ratios


def hidden_counts(
    ratios: NDArray[np.float64], length: int, rng: np.random.Generator, shared: bool = False
) -> NDArray[np.int64]:
    """Return how many of `length` units to hide: p L on average, at least 1, at most L - 1.

    Rounding is random, so that small ratios of short samples keep their mean; `shared` rounds
    all alike.
    """
    chance = rng.random(None if shared else ratios.shape)
    return np.clip(np.floor(ratios * length + chance), 1, length - 1).astype(np.int64)


class Masker:
    """Draws which tokens of a batch are hidden.

    Of the U units that a shape chooses from (tokens, blocks, tubes, groups), p U are hidden on
    average, at least 1 and at most U - 1; every unit as often as any other.

    Parameters
    ----------
    sampler : RatioSampler
        If it was given a `Masking` with groups, tokens of one group are hidden together.
    grid : sequence of int
        Tokens along each axis, as many axes as there are: (14, 14), (8, 14, 14), (512,).
    block : int
        Tokens are hidden in squares of `block` x `block` on the grid (1 x `block` in text).
    fill : {"zero", "rescale"}
        What the model is shown: zeros, or a mask token of its own, where hidden; "rescale" also
        divides what is seen by 1 - p of its row. `validation.masking.filled` does so, and
        `with_mask`.
    shape : str
        "independent"; "spans:5", runs of tokens of this mean length on a line; "blocks:4x4", tiles
        of the grid; "tubes", the same places along the first axis, which is time.

    Raises
    ------
    DomainError
        If there is no such shape or fill, fewer than two units are left, groups do not fit the
        grid, or two of groups, block and shape are given.
    """

    def __init__(
        self,
        sampler: RatioSampler,
        grid: Sequence[int],
        block: int = 1,
        *,
        fill: Fill = "zero",
        shape: str = "independent",
    ) -> None:
        self.sampler, self.fill = sampler, check_fill(fill)
        self.grid = tuple(count("grid", side) for side in grid)
        self.length = math.prod(self.grid)
        self.shape = self._shape(count("block", block), shape)
        self.size = self.shape.size
        if self.size < 2:
            raise DomainError(self._too_few(block, shape))

    def _too_few(self, block: int, shape: str) -> str:
        if self.sampler.groups is not None:
            return "groups must be at least 2, got one for all tokens"
        if block > 1:
            return f"block must leave at least 2 squares on the grid, got {block}"
        return f"shape {shape!r} must leave at least 2 units on the grid {self.grid}, got one"

    def _shape(self, block: int, shape: str) -> Shape:
        groups = self.sampler.groups
        if groups is not None and block != 1:
            raise DomainError(f"block must be 1 beside the groups of a Masking, got {block!r}")
        if shape != "independent" and (groups is not None or block != 1):
            beside = "the groups of a Masking" if groups is not None else f"block {block}"
            raise DomainError(f"shape must be 'independent' beside {beside}, got {shape!r}")
        if groups is not None:
            return grouped(groups, self.length)
        if block != 1:
            return blocks(self.grid, [block] * len(self.grid))
        return named_shape(shape, self.grid)

    def draw(self, samples: int, progress: float | None = None) -> NDArray[np.bool_]:
        """Return a mask of shape (samples, L), True where hidden."""
        return self.drawn(samples, progress).hidden

    def drawn(self, samples: int, progress: float | None = None) -> Drawn:
        """Return a mask, the ratios that were drawn, and the weights of the samples in the loss."""
        rng, per_batch = self.sampler.rng, self.sampler.per == "batch"
        ratios = self.sampler.ratios(samples, progress)
        # Ranks that share a ratio also hide equally many.
        rounding = self.sampler.ratio_rng if per_batch else rng
        counts = hidden_counts(ratios, self.size, rounding, shared=per_batch)
        weights = self.sampler.law.loss_weight(ratios)
        return Drawn(self.shape.hide(counts, rng), ratios, weights)

    def with_sampler(self, sampler: RatioSampler) -> Masker:
        """Return the same masker with another sampler, as of one batch or rank."""
        other = copy.copy(self)
        other.sampler = sampler
        return other
