"""Random masks, and the moments of their law."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless import Masking, RatioLaw

__all__ = ["Moments", "draw_masks", "moments", "nodes"]

Array = NDArray[np.float64]

#: Nodes of a continuous law: the moments are polynomials, which they integrate exactly.
ORDER = 64


class Moments(NamedTuple):
    """Means over the training rows of q^2, q p and q, times their loss weights.

    Where kept entries are divided by q: of 1, p/q and 1, over rows that show anything.
    """

    square: float
    cross: float
    keep: float


def draw_masks(
    masking: Masking,
    shape: tuple[int, int],
    dimension: int,
    rng: np.random.Generator,
    ratio_batch: int = 1,
) -> tuple[NDArray[np.bool_], Array]:
    """Return which features are kept, shape (n, K, d), and the mask ratios, shape (n, K).

    Given its ratio, a row masks each feature (or each group of features) independently;
    `ratio_batch` consecutive samples share one ratio.
    """
    ratios = masking.law.sample(rng, (-(-shape[0] // ratio_batch), shape[1]))
    ratios = np.repeat(ratios, ratio_batch, axis=0)[: shape[0]]
    columns = None
    if masking.groups is not None:
        labels, columns = np.unique(np.asarray(masking.groups), return_inverse=True)
        dimension = labels.size
    # 24 random bits per feature: the ratio is right to 6e-8.
    uniforms = rng.random((*shape, dimension), dtype=np.float32)
    keep = uniforms >= ratios.astype(np.float32)[..., None]
    return keep if columns is None else keep[..., columns], ratios


def nodes(law: RatioLaw, rows: Literal["masked", "all"]) -> tuple[Array, Array]:
    """Return mask ratios and the loss that falls on each, per training row.

    Over all rows, or over those whose target is masked; without any the loss is zero. Without
    loss weights its sum is one.
    """
    mask, weight = law.nodes(ORDER)
    counted = weight * mask if rows == "masked" else weight
    total = counted.sum()
    # A mean over rows, whatever their weights.
    return mask, counted * law.loss_weight(mask) / (total if total > 0 else 1.0)


def moments(law: RatioLaw, rows: Literal["masked", "all"], fill: str = "zero") -> Moments:
    """Return the moments over all rows, or over those whose target is masked (eq-classes-K-inf).

    Without any square the loss has no rows, or an infinite penalty: nothing is learnt.

    Examples
    --------
    >>> from ridgeless import UniformRatio
    >>> moments(UniformRatio(0.0, 1.0), "all")
    Moments(square=0.333, cross=0.167, keep=0.5)
    """
    mask, loss = nodes(law, rows)
    keep = 1 - mask
    if fill == "rescale":
        if not law.inverse_keep_is_finite:
            return Moments(0.0, 0.0, 0.0)
        seen = keep > 0
        share = float(loss[seen].sum())
        return Moments(share, float(loss[seen] @ (mask[seen] / keep[seen])), share)
    return Moments(*(float(loss @ values) for values in (keep**2, keep * mask, keep)))
