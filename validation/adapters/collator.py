"""One ratio per batch in a data loader: masked language modelling."""

from __future__ import annotations

import copy
from typing import Any, get_args

from ridgeless import DomainError
from validation.adapters.hiding import AtLeastOne, at_ratio, check_masks, digest, hiding
from validation.adapters.streams import BatchStreams, seeded
from validation.masking import RatioSampler, ungrouped

__all__ = ["RatioCollator"]


class RatioCollator:
    """A collator whose `mlm_probability` is drawn anew for every batch.

    Each token, or each whole word, is hidden on its own with that probability, as in BERT. The
    collator's own rules say which tokens can be hidden: special ones and padding never are, nor
    do they count.

    In a data loader with workers, every worker of every epoch has a stream of its own. It depends
    on the sampler's seed and, as the order of the samples does, on torch's. Without workers the
    sampler's own generator is used, whose state a checkpoint keeps. In the Trainer of transformers,
    with a `RatioCallback`, every batch has a stream of its own instead, masks included.

    Parameters
    ----------
    collator : callable with an attribute `mlm_probability`
        `DataCollatorForLanguageModeling` of transformers, or one that is alike.
    sampler : RatioSampler
        Draws one ratio per batch.
    at_least_one : {"batch", "sample", False}
        What hides at least one token and at most all but one, so that no loss is nan: the batch,
        or each of its samples. Those that do not are drawn again.

    Raises
    ------
    DomainError
        If the collator has no such attribute or is set not to mask, or the sampler draws a ratio
        per sample, has groups, or a law with loss weights, which a collator cannot hand on. At a
        call: if no token can be hidden, or the batch does not show which tokens are.
    """

    def __init__(
        self, collator: Any, sampler: RatioSampler, at_least_one: AtLeastOne = "batch"
    ) -> None:
        check_masks(collator)
        if not any(
            at_least_one is known or at_least_one == known for known in get_args(AtLeastOne)
        ):
            raise DomainError(
                f"at_least_one must be 'batch', 'sample' or False, got {at_least_one!r}"
            )
        if sampler.per != "batch":
            raise DomainError(
                f"sampler must draw one ratio per batch here, got per={sampler.per!r}"
            )
        if getattr(sampler.law, "loss_weights", None) is not None:
            raise DomainError(
                f"law must have no loss weights here: a collator hands on none, got {sampler.law}"
            )
        self.collator, self.at_least_one = collator, at_least_one
        self.streams = BatchStreams(ungrouped(sampler))
        self._trains = False

    @property
    def sampler(self) -> RatioSampler:
        """What draws the ratios."""
        return self.streams.sampler

    @property
    def progress(self) -> float:
        """How much of training is done, in [0, 1]; only schedules ask.

        Workers that fetch batches ahead use what it is at that time.
        """
        return self.streams.progress or 0.0

    @progress.setter
    def progress(self, done: float) -> None:
        self.streams.progress = done

    def for_training(self) -> RatioCollator:
        """Return the same collator for the loader that trains.

        Where an evaluation ratio is set, all other loaders make batches for evaluation.
        """
        other = copy.copy(self)
        other._trains = True
        return other

    def __call__(self, examples: list[Any]) -> Any:
        """Return the batch that the collator makes of the examples, at a ratio drawn for it."""
        check_masks(self.collator)
        ratio = self.streams.evaluation
        if ratio is not None and not self._trains:
            return self._evaluated(examples, ratio)
        sampler, progress, numbered = self.streams.next()
        ratio = sampler.ratio(progress)
        # Ranks are often given one seed of torch, which then hides alike: only one may draw by it.
        if not numbered and sampler.rank == 0:
            return hiding(self.collator, examples, ratio, self.at_least_one)
        with seeded(self.collator, sampler.rng):
            return hiding(self.collator, examples, ratio, self.at_least_one)

    def _evaluated(self, examples: list[Any], ratio: float) -> Any:
        """Return a batch whose masks depend on the examples alone: alike at every evaluation."""
        with seeded(self.collator, 0):
            own = digest(at_ratio(self.collator, examples, 1.0))
        with seeded(self.collator, own):
            return hiding(self.collator, examples, ratio, self.at_least_one)
