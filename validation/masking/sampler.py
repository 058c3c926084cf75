"""Ratios drawn from a law, each process, worker and batch from a stream of its own."""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Mapping
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError, Masking, RatioLaw, ScheduledRatio
from ridgeless.checks import count, real_scalar

__all__ = ["RatioSampler", "ungrouped"]

#: First words of the keys of streams, which tell them apart: `for_worker` has one word only.
RANK, RATIO, BATCH = 0x52414E4B, 0x52415449, 0x42415443


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
        SPEC 7; streams of their own are made of it by `for_rank`, `for_worker` and `for_batch`.
    rank : int, optional
        Which process of several this is. By default that of torch.distributed if that is
        initialised at the first draw, else 0. Each rank has a stream of its own; that of rank 0 is
        that of `rng`.
    shared_ratio : bool
        Whether all ranks draw the same ratios, and still different masks. They must then be asked
        equally often.

    Raises
    ------
    DomainError
        If a fixed ratio lies outside (0, 1), `per` is neither, or a `Masking` asks for what only
        the training loop decides: how many masks a sample gets, and which tokens count. Also if
        ratios are to be shared and `rng` is no seed that all ranks can have.

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
        *,
        rank: int | None = None,
        shared_ratio: bool = False,
    ) -> None:
        masking = law if isinstance(law, Masking) else Masking(_law(law))
        _refuse_what_training_decides(masking)
        if per not in ("batch", "sample"):
            raise DomainError(f"per must be 'batch' or 'sample', got {per!r}")
        if shared_ratio and rng is None:
            raise DomainError(
                "rng must be a seed, the same on all ranks, where shared_ratio is True; got None"
            )
        self.law, self.groups, self.per = _law(masking.ratio), masking.groups, per
        self.shared_ratio = bool(shared_ratio)
        self._rank = None if rank is None else count("rank", rank, least=0)
        self._warned = False
        self._root = np.random.default_rng(rng)

    @property
    def rank(self) -> int:
        """Which process of several this is; decided at the first draw, if it was not given."""
        if self._rank is None:
            self._rank = _own_rank()
        return self._rank

    def __getstate__(self) -> dict[str, Any]:
        """Decide the rank before a worker gets a copy, which may not know of other processes."""
        return self.__dict__ | {"_rank": self.rank}

    @cached_property
    def rng(self) -> np.random.Generator:
        """The generator of this rank."""
        # Rank 0 has the generator that was given: a program with one process knows no ranks.
        return self._root if self.rank == 0 else self._stream(RANK, self.rank)

    @cached_property
    def ratio_rng(self) -> np.random.Generator:
        """The generator of ratios, which all ranks have alike if they share them."""
        return self._stream(RATIO) if self.shared_ratio else self.rng

    @property
    def seed(self) -> dict[str, Any]:
        """What `rng` was made from, and all streams are."""
        seed = self._seed()
        return {"entropy": seed.entropy, "spawn_key": list(seed.spawn_key)}

    def with_seed(self, seed: Mapping[str, Any]) -> RatioSampler:
        """Return the sampler of another `seed`."""
        own = np.random.SeedSequence(seed["entropy"], spawn_key=tuple(seed["spawn_key"]))
        return self._child(np.random.default_rng(own))

    def ratio(self, progress: float | None = None) -> float:
        """Return the ratio of one batch at `progress` in [0, 1] of training.

        A schedule that is not told the progress stays at its start, and warns once.
        """
        return self.law.at(self._told(progress), self.ratio_rng)

    def ratios(self, size: int, progress: float | None = None) -> NDArray[np.float64]:
        """Return a ratio per sample: `size` draws, or one draw for all."""
        if self.per == "batch":
            return np.full(size, self.ratio(progress))
        return np.array([self.ratio(progress) for _ in range(size)])

    def for_rank(self, rank: int, shared_ratio: bool | None = None) -> RatioSampler:
        """Return the sampler of another process, whose stream no other process shares."""
        return self._child(
            self._root,
            _rank=count("rank", rank, least=0),
            shared_ratio=self.shared_ratio if shared_ratio is None else shared_ratio,
        )

    def for_worker(self, worker: int) -> RatioSampler:
        """Return a sampler for one data-loader worker, whose stream no other worker shares."""
        # Named by the worker, not spawned in turn: the stream does not depend on who asks first.
        return self._child(self._stream(count("worker", worker, least=0)))

    def for_batch(self, number: int) -> RatioSampler:
        """Return a sampler for one batch: what it draws follows from the seed, rank and number.

        So nothing needs to be kept to go on after an interruption, also on other ranks.
        """
        return self._child(self._stream(BATCH, count("number", number, least=0)))

    def _child(self, root: np.random.Generator, **changes: Any) -> RatioSampler:
        child = object.__new__(type(self))
        own = {k: v for k, v in self.__dict__.items() if k not in ("rng", "ratio_rng")}
        child.__dict__.update(own | changes | {"_root": root})
        return child

    def _seed(self) -> np.random.SeedSequence:
        seed = self._root.bit_generator.seed_seq
        if not isinstance(seed, np.random.SeedSequence):
            raise DomainError("rng must be made from a seed to be shared out over workers or ranks")
        return seed

    def _stream(self, *key: int) -> np.random.Generator:
        seed = self._seed()
        own = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, *key))
        return np.random.default_rng(own)

    def mute(self) -> None:
        """Do not warn of a schedule that is not told the progress: somebody did."""
        self._warned = True

    def _told(self, progress: float | None) -> float:
        if progress is not None:
            return progress
        if isinstance(self.law, ScheduledRatio) and not self._warned:
            self._warned = True
            warnings.warn(
                f"{self.law} was not told the progress of training and stays at its start, "
                f"{self.law.start:g}: pass progress= in [0, 1], or set it with RatioCallback",
                stacklevel=3,
            )
        return 0.0

    def state_dict(self) -> dict[str, Any]:
        """Return the state of the generators of this rank, for a checkpoint."""
        state: dict[str, Any] = {"generator": self.rng.bit_generator.state, "rank": self.rank}
        if self.shared_ratio:
            state["ratios"] = self.ratio_rng.bit_generator.state
        return state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint.

        Raises
        ------
        DomainError
            If the state is that of another rank: each rank saves its own. A rank that there was
            not before has none, and goes on from `for_batch(number)` only.
        """
        rank = state.get("rank", 0)
        if rank != self.rank:
            raise DomainError(
                f"state must be that of rank {self.rank}, whose masks no other rank draws, got "
                f"that of rank {rank}: save one on each rank, or name batches by for_batch(number)"
            )
        if self.shared_ratio != ("ratios" in state):
            raise DomainError(
                f"state must be of a sampler with shared_ratio={self.shared_ratio}, but is not"
            )
        self.rng.bit_generator.state = state["generator"]
        if self.shared_ratio:
            self.ratio_rng.bit_generator.state = state["ratios"]


def _own_rank() -> int:
    """Return the rank of this process, 0 where torch.distributed is not initialised."""
    distributed = sys.modules.get("torch.distributed")  # if nobody imported it, it is not
    if distributed is None or not distributed.is_available() or not distributed.is_initialized():
        return 0
    return int(distributed.get_rank())


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
