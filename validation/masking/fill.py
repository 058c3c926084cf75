"""What stands where tokens are hidden, and what becomes of those that are seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from ridgeless import DomainError

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Fill", "check_fill", "filled", "kept_share"]

Fill = Literal["zero", "rescale"]


def check_fill(fill: str) -> Fill:
    """Return a fill, or say what there is."""
    for known in get_args(Fill):
        if fill == known:
            return known  # type: ignore[no-any-return]
    raise DomainError(f"fill must be 'zero' or 'rescale', got {fill!r}")


def kept_share(hidden: Tensor) -> Tensor:
    """Return 1 - p of each row, where p is the share of its L tokens that it hides: (B,).

    The share itself, not the ratio that was meant, which may be 1 where a token is seen all the
    same.
    """
    return (~hidden).float().mean(dim=1)


def filled(values: Tensor, hidden: Tensor, fill: str = "zero") -> Tensor:
    """Return values, (B, L) or (B, L, ...), with zeros where hidden.

    With fill "rescale" the kept ones are divided by 1 - p of their row, so that sums over tokens
    keep their mean.

    Raises
    ------
    DomainError
        If symbols, which are integers, shall be rescaled.

    Examples
    --------
    >>> import torch
    >>> hidden = torch.tensor([[True, False], [False, False]])
    >>> filled(torch.ones(2, 2), hidden, "rescale")
    tensor([[0., 2.],
            [1., 1.]])
    """
    seen = (~hidden).reshape(*hidden.shape, *[1] * (values.ndim - hidden.ndim))
    return scaled(values, hidden, fill) * seen


def scaled(values: Tensor, hidden: Tensor, fill: str) -> Tensor:
    """Return values whose first axis are samples, hidden ones too, times what the fill says."""
    if check_fill(fill) == "zero":
        return values
    if not values.is_floating_point():
        raise DomainError(
            f"fill must be 'zero' for tokens that are symbols ({values.dtype}): only values can be "
            "divided by 1 - p, got 'rescale'"
        )
    factor = 1 / kept_share(hidden)
    return values * factor.reshape(-1, *[1] * (values.ndim - 1)).to(values.dtype)
