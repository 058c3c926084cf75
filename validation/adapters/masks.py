"""Boolean masks for models that are told which tokens are hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from validation.masking import Masker

__all__ = ["token_mask", "with_mask"]

Forward = Callable[..., Any]


def token_mask(
    masker: Masker, samples: int, progress: float = 0.0, device: torch.device | str = "cpu"
) -> Tensor:
    """Return a mask of shape (samples, L), True where hidden; each row hides 1 to L - 1 units.

    Parameters
    ----------
    masker : Masker
        Its sampler says whether a batch shares one ratio or each sample has its own.
    samples : int
    progress : float in [0, 1]
        How much of training is done; only schedules ask.

    Examples
    --------
    >>> from validation.masking import RatioSampler
    >>> token_mask(Masker(RatioSampler(0.75, rng=0), (2, 2)), samples=3).sum(dim=1)
    tensor([3, 3, 3])
    """
    return torch.as_tensor(masker.draw(samples, progress), device=device)


def with_mask(forward: Forward, masker: Masker, name: str = "bool_masked_pos") -> Forward:
    """Return `forward` that is given a new mask, as the argument `name`, at every call.

    The first input, or the first keyword, is the batch: a tensor whose first axis are samples.
    The calls take `progress` in [0, 1], which only schedules ask for.

    Examples
    --------
    >>> from validation.masking import RatioSampler
    >>> masker = Masker(RatioSampler(0.5, rng=0), (2, 2))
    >>> with_mask(lambda x, bool_masked_pos: bool_masked_pos.shape, masker)(torch.zeros(3, 8))
    torch.Size([3, 4])
    """

    def masked(*inputs: Any, progress: float = 0.0, **others: Any) -> Any:
        batch = next(iter((*inputs, *others.values())))
        mask = token_mask(masker, len(batch), progress, batch.device)
        return forward(*inputs, **others, **{name: mask})

    return masked
