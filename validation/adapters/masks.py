"""Boolean masks for models that are told which tokens are hidden."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ridgeless import DomainError
from validation.masking import Masker
from validation.masking.fill import scaled

__all__ = ["token_mask", "with_mask"]

Forward = Callable[..., Any]


def token_mask(
    masker: Masker,
    samples: int,
    progress: float | None = None,
    device: torch.device | str = "cpu",
) -> Tensor:
    """Return a mask of shape (samples, L), True where hidden; each row hides 1 to L - 1 units.

    Parameters
    ----------
    masker : Masker
        Its sampler says whether a batch shares one ratio or each sample has its own.
    samples : int
    progress : float in [0, 1]
        How much of training is done; only schedules ask, and warn once if it is not told.

    Examples
    --------
    >>> from validation.masking import RatioSampler
    >>> token_mask(Masker(RatioSampler(0.75, rng=0), (2, 2)), samples=3).sum(dim=1)
    tensor([3, 3, 3])
    """
    return torch.as_tensor(masker.draw(samples, progress), device=device)


def with_mask(forward: Forward, masker: Masker, name: str = "bool_masked_pos") -> Forward:
    """Return `forward` that is given a new mask, as the argument `name`, at every call.

    The batch is the first input that is a tensor, by place or by keyword, whatever stands before
    it; its first axis are samples. With a masker of fill "rescale" it reaches the model divided by
    1 - p of each sample. The calls take `progress` in [0, 1], which only schedules ask for.

    Raises
    ------
    DomainError
        If a call has no tensor, or symbols shall be rescaled.

    Examples
    --------
    >>> from validation.masking import RatioSampler
    >>> masker = Masker(RatioSampler(0.5, rng=0), (2, 2))
    >>> with_mask(lambda x, bool_masked_pos: bool_masked_pos.shape, masker)(torch.zeros(3, 8))
    torch.Size([3, 4])
    """

    def masked(*inputs: Any, progress: float | None = None, **others: Any) -> Any:
        places: dict[int | str, Any] = dict(enumerate(inputs))
        places.update(others)
        place, batch = batch_of(places)
        mask = token_mask(masker, len(batch), progress, batch.device)
        places[place] = scaled(batch, mask, masker.fill)
        given = [places.pop(number) for number in range(len(inputs))]
        return forward(*given, **{str(key): value for key, value in places.items()}, **{name: mask})

    return masked


def batch_of(inputs: dict[int | str, Any]) -> tuple[int | str, Tensor]:
    """Return the first tensor with samples among inputs, and its place or keyword."""
    for place, value in inputs.items():
        if isinstance(value, Tensor) and value.ndim:
            return place, value
    raise DomainError("inputs must hold a tensor whose first axis are samples, but none is there")
