"""Batches of a collator that hide at least one token, and not all."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from ridgeless import DomainError
from validation.adapters.streams import seeded

__all__ = ["AtLeastOne", "at_ratio", "check_masks", "digest", "hiding"]

AtLeastOne = Literal["batch", "sample", False]
#: Draws of one batch; from the tenth or so at ratio 1/2, where two words fail by chance 1/2.
MOST = 100


def check_masks(collator: Any) -> None:
    """Refuse a collator that hides nothing, by name."""
    kind = type(collator).__name__
    if not hasattr(collator, "mlm_probability"):
        raise DomainError(f"collator must have an mlm_probability, but {kind} has none")
    for name in ("mlm", "do_mlm"):
        if not getattr(collator, name, True):
            raise DomainError(
                f"collator must mask, but {kind} has {name}=False and would hide nothing; set "
                f"{name}=True"
            )


def at_ratio(collator: Any, examples: list[Any], ratio: float) -> Any:
    """Return the batch that a collator makes at a ratio; afterwards it has its own again."""
    own = collator.mlm_probability
    collator.mlm_probability = ratio
    try:
        return collator(examples)
    finally:
        collator.mlm_probability = own


def hiding(collator: Any, examples: list[Any], ratio: float, at_least_one: AtLeastOne) -> Any:
    """Return a batch in which 1 to L - 1 tokens are hidden, of the whole batch or of each sample.

    L counts what the collator hides at ratio 1: neither special tokens nor padding. Rows that hide
    none or all are drawn again, at a ratio that hides one of L and is doubled at each draw. Where
    nothing but all can be hidden, as in a sample of one word, all is.

    Raises
    ------
    DomainError
        If there is nothing to hide, or the batch does not show what is hidden.
    """
    batch = at_ratio(collator, examples, ratio)
    if not at_least_one or not isinstance(batch, Mapping):
        return batch
    with seeded(collator, 0):
        whole = at_ratio(collator, examples, 1.0)
    rows = _Rows(_hidden(collator, whole), at_least_one)
    if not rows.lengths.any():
        raise DomainError(
            f"examples must hold a token to hide, but in a batch of {len(examples)} all are "
            "special tokens or padding"
        )
    for again in range(MOST):
        none, every = rows.bad(_hidden(collator, batch))
        if not (none | every).any():
            return batch
        which, few = (none, True) if none.any() else (every, False)
        share = min(0.5, 2.0**again / rows.lengths[which].max())
        other = at_ratio(collator, examples, max(ratio, share) if few else min(ratio, 1 - share))
        _paste(batch, other, rows.chosen(which))
    _paste(batch, whole, rows.chosen(rows.bad(_hidden(collator, batch))[0]))
    return batch


class _Rows:
    """What must hide at least one token: each sample, or the batch as if it were one."""

    def __init__(self, whole: NDArray[np.bool_], at_least_one: AtLeastOne) -> None:
        self.each = at_least_one == "sample"
        self.samples = len(whole)
        self.lengths = self._sums(whole)

    def bad(self, hidden: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which rows hide none, and which hide all of several."""
        counts = self._sums(hidden)
        none = (counts == 0) & (self.lengths > 0)
        return none, (counts >= self.lengths) & (self.lengths > 1)

    def chosen(self, rows: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Return which samples the rows are."""
        return rows if self.each else np.repeat(rows, self.samples)

    def _sums(self, hidden: NDArray[np.bool_]) -> NDArray[np.int64]:
        rows = hidden.reshape(len(hidden), -1) if self.each else hidden.reshape(1, -1)
        return np.asarray(rows.sum(axis=1))


def _hidden(collator: Any, batch: Mapping[str, Any]) -> NDArray[np.bool_]:
    """Return what a batch hides, (B, L): labels of language models, values of scGPT."""
    if "labels" in batch:
        return np.asarray(np.asarray(batch["labels"]) != -100)
    if "masked_expr" in batch and hasattr(collator, "mask_value"):
        return np.asarray(np.asarray(batch["masked_expr"]) == collator.mask_value)
    raise DomainError(
        f"at_least_one must be False for {type(collator).__name__}: its batches do not show what "
        f"they hide, only {', '.join(batch)}"
    )


def _paste(batch: Any, other: Mapping[str, Any], samples: NDArray[np.bool_]) -> None:
    """Take some samples from another batch of the same examples."""
    for name, values in batch.items():
        if isinstance(values, torch.Tensor):
            values[torch.as_tensor(samples)] = other[name][torch.as_tensor(samples)]
        elif isinstance(values, np.ndarray):
            values[samples] = other[name][samples]


def digest(batch: Any) -> int:
    """Return a number that depends on what a batch holds, and on nothing else."""
    if not isinstance(batch, Mapping):
        return zlib.crc32(repr(batch).encode())
    parts = [np.asarray(batch[name]) for name in sorted(batch)]
    return zlib.crc32(b"".join(np.ascontiguousarray(part).tobytes() for part in parts))
