"""One ratio per batch in a data loader: masked language modelling."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.data import get_worker_info

from ridgeless import DomainError
from ridgeless.checks import ratio_array, real_scalar
from validation.masking import RatioSampler, ungrouped

__all__ = ["RatioCollator"]


class RatioCollator:
    """A collator whose `mlm_probability` is drawn anew for every batch.

    Each token is hidden on its own with that probability, as in BERT, so that no number of hidden
    tokens is sure; this is the collator's doing.

    In a data loader with workers, every worker of every epoch has a stream of its own. It depends
    on the sampler's seed and, as the order of the samples does, on torch's. Without workers the
    sampler's own generator is used, whose state a checkpoint keeps.

    Parameters
    ----------
    collator : callable with an attribute `mlm_probability`
        `DataCollatorForLanguageModeling` of transformers, or one that is alike.
    sampler : RatioSampler
        Draws one ratio per batch.

    Raises
    ------
    DomainError
        If the collator has no such attribute, or the sampler draws a ratio per sample
        or has groups.
    """

    def __init__(self, collator: Any, sampler: RatioSampler) -> None:
        if not hasattr(collator, "mlm_probability"):
            raise DomainError(
                f"collator must have an mlm_probability, but {type(collator).__name__} has none"
            )
        if sampler.per != "batch":
            raise DomainError(
                f"sampler must draw one ratio per batch here, got per={sampler.per!r}"
            )
        self.collator, self.sampler = collator, ungrouped(sampler)
        self._in_worker: tuple[int, RatioSampler] | None = None
        # Workers are other processes, which see what the training loop writes here.
        self._progress = torch.zeros((), dtype=torch.float64)
        self._progress.share_memory_()  # type: ignore[no-untyped-call]

    @property
    def progress(self) -> float:
        """How much of training is done, in [0, 1]; only schedules ask.

        Workers that fetch batches ahead use what it is at that time.
        """
        return float(self._progress)

    @progress.setter
    def progress(self, done: float) -> None:
        self._progress.fill_(float(ratio_array("progress", real_scalar("progress", done))))

    def __call__(self, examples: list[Any]) -> Any:
        """Return the batch that the collator makes of the examples, at a ratio drawn for it."""
        own = self.collator.mlm_probability
        self.collator.mlm_probability = self._stream().ratio(self.progress)
        try:
            return self.collator(examples)
        finally:
            self.collator.mlm_probability = own

    def _stream(self) -> RatioSampler:
        """Return the sampler of this process."""
        worker = get_worker_info()
        if worker is None:
            return self.sampler
        if self._in_worker is None or self._in_worker[0] != worker.seed:
            # torch seeds worker k of an epoch with the epoch's number, which is random, plus k.
            epoch = (worker.seed - worker.id) % 2**32
            self._in_worker = worker.seed, self.sampler.for_worker(epoch).for_worker(worker.id)
        return self._in_worker[1]
