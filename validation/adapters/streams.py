"""Which stream a batch is drawn from: in the main process, in workers, after an interruption."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch.utils.data import get_worker_info

from ridgeless import DomainError
from ridgeless.checks import ratio_array, real_scalar
from validation.masking import RatioSampler

__all__ = ["BatchStreams", "seeded"]

PROGRESS, EVALUATION, WARNED, PASS, FIRST, TOTAL = range(6)


class BatchStreams:
    """Samplers of the batches of one data loader, whose workers are other processes.

    What the training loop writes here, workers see. Until `number` is called, the sampler's own
    generator is used, or one of each worker of each epoch. After it each batch has a stream that
    follows from the seed and the batch's number: which worker makes it, and what was fetched ahead
    before an interruption, does not matter.
    """

    def __init__(self, sampler: RatioSampler) -> None:
        self.sampler = sampler
        self._in_worker: tuple[int, RatioSampler] | None = None
        self._pass, self._calls = math.nan, 0
        self._shared = torch.full((6,), torch.nan, dtype=torch.float64)
        self._shared.share_memory_()  # type: ignore[no-untyped-call]

    @property
    def progress(self) -> float | None:
        """How much of training is done, in [0, 1]; None if nobody said."""
        return self._read(PROGRESS)

    @progress.setter
    def progress(self, done: float) -> None:
        self._shared[PROGRESS] = float(ratio_array("progress", real_scalar("progress", done)))

    @property
    def evaluation(self) -> float | None:
        """The ratio at which batches for evaluation are made; None: all are for training."""
        return self._read(EVALUATION)

    @evaluation.setter
    def evaluation(self, ratio: float) -> None:
        self._shared[EVALUATION] = open_ratio("evaluation", ratio)

    def number(self, first: int, total: int) -> None:
        """Begin a pass over the data with batch `first` of `total` over all of training."""
        passes = self._read(PASS)
        self._shared[FIRST], self._shared[TOTAL] = first, total
        self._shared[PASS] = 0 if passes is None else passes + 1

    def batch(self, number: int) -> tuple[RatioSampler, float]:
        """Return the sampler of a batch, and the progress at it."""
        total = self._read(TOTAL) or math.inf
        return self.sampler.for_batch(number), min(1.0, number / total)

    def next(self) -> tuple[RatioSampler, float | None, bool]:
        """Return sampler and progress of the next batch, and whether it is numbered."""
        current, worker = self._read(PASS), get_worker_info()
        if current is not None:
            if self._pass != current:
                self._pass, self._calls = current, 0
            # A loader asks its workers in turn.
            place = self._calls
            if worker is not None:
                place = worker.id + place * worker.num_workers
            self._calls += 1
            return *self.batch(int(self._read(FIRST) or 0) + place), True
        sampler = self.sampler
        if worker is not None:
            if self._in_worker is None or self._in_worker[0] != worker.seed:
                # torch seeds worker k of an epoch with the epoch's number, which is random, plus k.
                epoch = (worker.seed - worker.id) % 2**32
                self._in_worker = worker.seed, sampler.for_worker(epoch).for_worker(worker.id)
            sampler = self._in_worker[1]
        if self.progress is None:
            # One warning for all workers of all epochs.
            if self._read(WARNED) is not None:
                sampler.mute()
            self._shared[WARNED] = 1
        return sampler, self.progress, False

    def _read(self, place: int) -> float | None:
        value = float(self._shared[place])
        return None if math.isnan(value) else value


def open_ratio(name: str, ratio: Any) -> float:
    """Return a ratio in (0, 1)."""
    value = real_scalar(name, ratio)
    if not 0 < value < 1:
        raise DomainError(f"{name} must lie in (0, 1), got {value!r}")
    return value


@contextmanager
def seeded(collator: Any, rng: np.random.Generator | int) -> Iterator[None]:
    """Let a collator draw from a stream; torch's generator and its own are then where they were."""
    seed = rng if isinstance(rng, int) else int(rng.integers(2**62))
    own = getattr(collator, "generator", None)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if hasattr(collator, "generator"):
            numpy = getattr(collator, "return_tensors", "pt") == "np"
            collator.generator = (
                np.random.default_rng(seed) if numpy else torch.Generator().manual_seed(seed)
            )
        try:
            yield
        finally:
            if hasattr(collator, "generator"):
                collator.generator = own
