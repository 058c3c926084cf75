"""Random mask ratios in training: R2MAE, Dynamic MR and fixed ratios are one sampler of a law."""

from __future__ import annotations

import math
from collections.abc import Hashable
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError, Masking, RatioLaw
from ridgeless.checks import count, real_scalar

__all__ = ["Masker", "RatioSampler", "hidden_counts", "ungrouped"]


class RatioSampler:
    """Ratios drawn from a law for one batch after the other, from a generator of its own.

    Parameters
    ----------
    law : float in (0, 1), RatioLaw or Masking
        `UniformRatio` is R2MAE, `ScheduledRatio` is Dynamic MR. The groups of a `Masking` are for
        `Masker`. Loss weights are for the training loop: `sampler.law.loss_weight(ratios)`.
    per : {"batch", "sample"}
        Whether a batch shares one ratio (R2MAE's own choice) or each sample has its own.
    rng : numpy Generator, SeedSequence or int
        SPEC 7; a stream of its own is spawned for every data-loader worker by `for_worker`.

    Raises
    ------
    DomainError
        If a fixed ratio lies outside (0, 1), `per` is neither, or a `Masking` asks for what only
        the training loop decides: how many masks a sample gets, and which tokens count.

    Examples
    --------
    >>> RatioSampler(0.75, rng=0).ratios(2, progress=0.5)
    array([0.75, 0.75])
    """

    def __init__(
        self,
        law: RatioLaw | float | Masking,
        per: Literal["batch", "sample"] = "batch",
        rng: np.random.Generator | np.random.SeedSequence | int | None = None,
    ) -> None:
        masking = law if isinstance(law, Masking) else Masking(_law(law))
        _refuse_what_training_decides(masking)
        if per not in ("batch", "sample"):
            raise DomainError(f"per must be 'batch' or 'sample', got {per!r}")
        self.law, self.groups, self.per = _law(masking.ratio), masking.groups, per
        self.rng = np.random.default_rng(rng)

    def ratio(self, progress: float = 0.0) -> float:
        """Return the ratio of one batch at `progress` in [0, 1] of training."""
        return self.law.at(progress, self.rng)

    def ratios(self, size: int, progress: float = 0.0) -> NDArray[np.float64]:
        """Return a ratio per sample: `size` draws, or one draw for all."""
        if self.per == "batch":
            return np.full(size, self.ratio(progress))
        return np.array([self.ratio(progress) for _ in range(size)])

    def for_worker(self, worker: int) -> RatioSampler:
        """Return a sampler for one data-loader worker, whose stream no other worker shares."""
        seed = self.rng.bit_generator.seed_seq
        if not isinstance(seed, np.random.SeedSequence):
            raise DomainError("rng must be made from a seed to be shared out over workers")
        # Named by the worker, not spawned in turn: the stream does not depend on who asks first.
        key = (*seed.spawn_key, count("worker", worker, least=0))
        own = np.random.SeedSequence(seed.entropy, spawn_key=key)
        sampler = RatioSampler(self.law, self.per, own)
        sampler.groups = self.groups
        return sampler

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the generator, for a checkpoint."""
        return {"generator": self.rng.bit_generator.state}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint."""
        self.rng.bit_generator.state = state["generator"]


def _law(ratio: RatioLaw | float | NDArray[np.float64]) -> RatioLaw:
    """Return a law; a number must leave something to see and something to predict."""
    if not isinstance(ratio, RatioLaw) and not 0 < real_scalar("mask_ratio", ratio) < 1:
        raise DomainError(f"mask_ratio must be a law or a number in (0, 1), got {ratio!r}")
    return Masking(ratio).law


def _refuse_what_training_decides(masking: Masking) -> None:
    if masking.masks_per_sample not in (None, math.inf):
        raise DomainError(
            f"masks_per_sample = {masking.masks_per_sample} cannot be kept in training, where "
            "every visit of a sample draws a fresh mask; leave it out, or set inf"
        )
    if masking.rows is not None:
        raise DomainError(
            f"rows = {masking.rows!r} cannot be kept by a sampler: the loss of the model says "
            "which tokens count; leave it out"
        )


def ungrouped(sampler: RatioSampler) -> RatioSampler:
    """Refuse groups where only a ratio is handed on."""
    if sampler.groups is not None:
        raise DomainError(
            "groups must be None here: only the ratio is handed on, and the model chooses the "
            "tokens; Masker hides tokens in groups"
        )
    return sampler


def hidden_counts(
    ratios: NDArray[np.float64], length: int, rng: np.random.Generator, shared: bool = False
) -> NDArray[np.int64]:
    """Return how many of `length` units to hide: p L on average, at least 1, at most L - 1.

    Rounding is random, so that small ratios of short samples keep their mean; `shared` rounds
    all alike.
    """
    chance = rng.random(None if shared else ratios.shape)
    return np.clip(np.floor(ratios * length + chance), 1, length - 1).astype(np.int64)


def _units(groups: tuple[Hashable, ...], tokens: int, block: int) -> NDArray[np.intp]:
    """Return the number of each token's group."""
    if block != 1:
        raise DomainError(f"block must be 1 beside the groups of a Masking, got {block!r}")
    if len(groups) != tokens:
        raise DomainError(f"groups must hold one label per token, {tokens}, got {len(groups)}")
    units = np.unique(np.asarray(groups), return_inverse=True)[1]
    if units.max() < 1:
        raise DomainError("groups must be at least 2, got one for all tokens")
    return units


class Masker:
    """Draws which tokens of a batch are hidden.

    Parameters
    ----------
    sampler : RatioSampler
        If it was given a `Masking` with groups, tokens of one group are hidden together.
    grid : (int, int)
        Rows and columns of tokens.
    block : int
        Tokens are hidden in squares of `block` x `block` on the grid (1 x `block` in text).

    Raises
    ------
    DomainError
        If fewer than two units are left, or groups do not fit the grid or stand beside a block.
    """

    def __init__(self, sampler: RatioSampler, grid: tuple[int, int], block: int = 1) -> None:
        self.sampler = sampler
        if sampler.groups is not None:
            self.units = _units(sampler.groups, grid[0] * grid[1], block)
            self.size = int(self.units.max()) + 1
            return
        sides = [min(count("block", block), side) for side in grid]
        rows, columns = np.divmod(np.arange(grid[0] * grid[1]), grid[1])
        across = -(-grid[1] // sides[1])
        self.units = (rows // sides[0]) * across + columns // sides[1]  # of each token
        self.size = int(self.units.max()) + 1
        if self.size < 2:
            raise DomainError(f"block must leave at least 2 squares on the grid, got {block}")

    def draw(self, samples: int, progress: float = 0.0) -> NDArray[np.bool_]:
        """Return a mask of shape (samples, L), True where hidden."""
        rng, per_batch = self.sampler.rng, self.sampler.per == "batch"
        ratios = self.sampler.ratios(samples, progress)
        counts = hidden_counts(ratios, self.size, rng, shared=per_batch)
        ranks = rng.random((samples, self.size)).argsort(axis=1).argsort(axis=1)
        return np.asarray((ranks < counts[:, None])[:, self.units])
