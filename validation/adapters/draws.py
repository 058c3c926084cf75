"""What draws in a training run, whoever trains: a collator, or hooks on a model."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from torch import distributed

from ridgeless import DomainError
from validation.adapters.collator import RatioCollator
from validation.adapters.feed import ModelFeed
from validation.adapters.streams import open_ratio
from validation.masking import Masker, RatioSampler

__all__ = ["Draws", "Source"]

Source = RatioCollator | RatioSampler | Masker


class Draws:
    """The batches that a source draws, numbered, and the ratios at evaluation.

    Parameters
    ----------
    source : RatioCollator, RatioSampler or Masker
    evaluation : float in (0, 1), or a sequence of them, optional
        By default the mean of the law.
    length, name
        As of `ModelFeed`.

    Raises
    ------
    DomainError
        If the source is none of these, or a ratio is not in (0, 1).
    """

    def __init__(
        self,
        source: Source,
        evaluation: float | Sequence[float] | None,
        length: int | None,
        name: str,
    ) -> None:
        if not isinstance(source, RatioCollator | RatioSampler | Masker):
            raise DomainError(
                "source must be a RatioCollator, a RatioSampler or a Masker, got "
                f"{type(source).__name__}"
            )
        sampler = source if isinstance(source, RatioSampler) else source.sampler
        asked = sampler.law.mean if evaluation is None else evaluation
        ratios: Iterable[Any] = [asked] if np.ndim(asked) == 0 else asked  # type: ignore[assignment]
        self.evaluation = [open_ratio("evaluation", ratio) for ratio in ratios]
        if not self.evaluation:
            raise DomainError("evaluation must hold a ratio, got none")
        self.several = np.ndim(asked) > 0
        self.collator = source if isinstance(source, RatioCollator) else None
        self.feed = (
            None
            if isinstance(source, RatioCollator)
            else ModelFeed(source, self.evaluation[0], length, name)
        )
        self._collated, self._logged, self.total = 0, 0, 0

    @property
    def batches(self) -> int:
        """How many batches this process has trained on, over all runs that were gone on with."""
        return self._collated if self.feed is None else self.feed.batches

    @property
    def sampler(self) -> RatioSampler:
        """What draws the ratios."""
        return self.collator.sampler if self.feed is None else self.feed.sampler  # type: ignore[union-attr]

    @property
    def state(self) -> dict[str, Any]:
        """Where the stream is, for a checkpoint of all ranks."""
        return {"batches": self.batches, "seed": self.sampler.seed}

    def evaluate_at(self, ratio: float) -> None:
        """Fix the ratio of whatever does not train."""
        if self.collator is not None:
            self.collator.streams.evaluation = ratio
        if self.feed is not None:
            self.feed.evaluation = ratio

    def go_on(self, rank: int, total: int, state: Any = None, batches: int = 0) -> None:
        """Give each rank its stream of one seed, that of a state or else of rank 0."""
        seed = state["seed"] if state else _of_rank_0(self.sampler.seed)
        sampler = self.sampler.with_seed(seed).for_rank(rank)
        self._collated = self._logged = state["batches"] if state else batches
        self.total = total
        if self.collator is not None:
            self.collator.streams.sampler = sampler
        if self.feed is not None:
            self.feed.sampler, self.feed.batches = sampler, self._collated
            self.feed.total = total

    def begin_pass(self) -> None:
        """Number the batches of an epoch, before the loader and its workers start."""
        if self.collator is not None:
            self.collator.streams.number(self._collated, self.total)

    def count(self) -> None:
        """Count a batch that was trained on."""
        self._collated += 1
        if self.collator is not None:
            self.collator.progress = min(1.0, self._collated / self.total)

    def ratios(self) -> list[float]:
        """Return the ratios of the batches since they were last asked for."""
        if self.feed is not None:
            found, self.feed.ratios = self.feed.ratios, []
            return found
        assert self.collator is not None
        numbers = range(self._logged, self._collated)
        self._logged = self._collated
        # They were drawn in other processes, but follow from their numbers.
        drawn = (self.collator.streams.batch(number) for number in numbers)
        return [sampler.ratio(progress) for sampler, progress in drawn]

    def trains_with(self, loader: Any) -> None:
        """Let the loader that trains draw ratios; all others make batches for evaluation.

        Raises
        ------
        DomainError
            If it does not use the collator.
        """
        if self.collator is None:
            return
        inner = getattr(loader, "base_dataloader", loader)  # accelerate wraps loaders
        found: Any = getattr(inner, "collate_fn", inner)
        if self._is_collator(found):
            inner.collate_fn = found.for_training()
            return
        held: Any = getattr(found, "data_collator", None)  # as where the Trainer removes columns
        if self._is_collator(held):
            inner.collate_fn = copy.copy(found)
            inner.collate_fn.data_collator = held.for_training()
            return
        raise DomainError(
            "data_collator of the Trainer must be the RatioCollator of this callback, but the "
            f"loader that trains uses {getattr(found, '__name__', type(found).__name__)}"
        )

    def _is_collator(self, found: Any) -> bool:
        assert self.collator is not None
        return isinstance(found, RatioCollator) and found.streams is self.collator.streams


def _of_rank_0(seed: Any) -> Any:
    if not distributed.is_available() or not distributed.is_initialized():
        return seed
    shared = [seed]
    distributed.broadcast_object_list(shared)
    return shared[0]
