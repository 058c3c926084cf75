"""One ratio per batch, for models that take a ratio or read it from their configuration.

They keep ``int(L (1 - ratio))`` of L tokens, as MAE does. That is none or all at the ends, and
one off where L (1 - ratio) is whole but for rounding. The ratios here hide the number that was
meant, between 1 and L - 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from torch import nn

from ridgeless import DomainError
from ridgeless.checks import count
from validation.masking import RatioSampler, hidden_counts, ungrouped

__all__ = ["batch_ratio", "fixed_ratio", "ratio_hiding", "sampled_ratio", "with_ratio"]

Forward = Callable[..., Any]


def batch_ratio(sampler: RatioSampler, length: int, progress: float | None = None) -> float:
    """Return the ratio of one batch, which hides between 1 and `length` - 1 tokens.

    The number of tokens is rounded at random, so that its mean is that of the law.

    Parameters
    ----------
    sampler : RatioSampler
        Draws one ratio per batch.
    length : int
        L >= 2, how many tokens (patches, mask units) the model chooses from.
    progress : float in [0, 1]
        How much of training is done; only schedules ask, and warn once if it is not told.

    Raises
    ------
    DomainError
        If the sampler draws a ratio per sample or has groups, or `length` is below 2.

    Examples
    --------
    >>> batch_ratio(RatioSampler(0.75, rng=0), 196)  # hides 147 of 196: half a token of slack
    0.7474489795918368
    """
    return drawn_ratio(sampler, length, progress)[1]


def drawn_ratio(
    sampler: RatioSampler, length: int, progress: float | None = None
) -> tuple[float, float]:
    """Return the ratio that the law gave, and that of `batch_ratio`."""
    if sampler.per != "batch":
        raise DomainError(f"sampler must draw one ratio per batch here, got per={sampler.per!r}")
    length = count("length", length, least=2)
    drawn = ungrouped(sampler).ratio(progress)
    # Ranks that share a ratio also hide equally many.
    hidden = hidden_counts(np.array([drawn]), length, sampler.ratio_rng, shared=True)
    return drawn, ratio_hiding(int(hidden[0]), length)


@contextmanager
def sampled_ratio(
    model: nn.Module, sampler: RatioSampler, length: int, progress: float | None = None
) -> Iterator[float]:
    """Draw the mask ratio of what the model does inside `with`; afterwards it has its own again.

    The model reads ``config.mask_ratio`` at every forward pass (ViTMAE of transformers), or one of
    its modules keeps its own `mask_ratio` (Hiera). The arguments are those of `batch_ratio`; the
    ratio is what `with` gives.

    Raises
    ------
    DomainError
        If neither the model's configuration nor a module has a `mask_ratio`.
    """
    ratio = batch_ratio(sampler, length, progress)
    with fixed_ratio(model, ratio):
        yield ratio


@contextmanager
def fixed_ratio(model: nn.Module, ratio: float) -> Iterator[None]:
    """Give the model another mask ratio inside `with`."""
    own = set_ratios(model, ratio)
    try:
        yield
    finally:
        restore(own)


def set_ratios(model: nn.Module, ratio: float) -> list[tuple[Any, float]]:
    """Give the model another mask ratio; return who had which, for `restore`."""
    own = [(holder, holder.mask_ratio) for holder in holders_of(model)]
    for holder, _ in own:
        holder.mask_ratio = ratio
    return own


def restore(own: list[tuple[Any, float]]) -> None:
    """Give back the ratios that `set_ratios` took."""
    for holder, before in own:
        holder.mask_ratio = before


def with_ratio(
    forward: Forward, sampler: RatioSampler, length: int, name: str = "mask_ratio"
) -> Forward:
    """Return `forward` that is given a new ratio, as the argument `name`, at every call.

    The arguments are those of `batch_ratio`, but `progress`, which the calls take.

    Examples
    --------
    >>> forward = with_ratio(lambda images, mask_ratio: mask_ratio, RatioSampler(0.5, rng=0), 4)
    >>> forward("images", progress=0.1)
    0.375
    """

    def drawn(*inputs: Any, progress: float | None = None, **others: Any) -> Any:
        return forward(*inputs, **others, **{name: batch_ratio(sampler, length, progress)})

    return drawn


def ratio_hiding(hidden: int, length: int) -> float:
    """Return the ratio at which ``int(length (1 - ratio))`` tokens are kept, `hidden` are not."""
    # From the middle of the interval of such ratios no rounding leads out.
    return max(0.0, (hidden - 0.5) / length)


def holders_of(model: nn.Module) -> list[Any]:
    """Return what the model reads its ratio from; copies in modules go before configurations."""
    modules: list[Any] = list(model.modules())
    configs = {id(config): config for config in (getattr(m, "config", None) for m in modules)}
    for places in (modules, configs.values()):
        holders = [place for place in places if hasattr(place, "mask_ratio")]
        if holders:
            return holders
    raise DomainError(f"model must have a mask_ratio to set, but {type(model).__name__} has none")
