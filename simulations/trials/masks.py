"""Random masks, and the moments of their law."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless import RatioLaw

__all__ = ["Masking", "Moments", "draw_masks", "moments"]


class Moments(NamedTuple):
    """Means over the training rows of q^2, q p and q."""

    square: float
    cross: float
    keep: float


class Masking(NamedTuple):
    """How the masks of a design are drawn."""

    law: RatioLaw
    groups: tuple[int, ...] | None = None  #: a label per feature; None masks each on its own
    ratio_batch: int = 1  #: consecutive samples that share one ratio


def draw_masks(
    masking: Masking, shape: tuple[int, int], dimension: int, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Return which features are kept, shape (n, K, d), and the mask ratios, shape (n, K).

    Given its ratio, a row masks each feature (or each group of features) independently.
    """
    batch = masking.ratio_batch
    ratios = masking.law.sample(rng, (-(-shape[0] // batch), shape[1]))
    ratios = np.repeat(ratios, batch, axis=0)[: shape[0]]
    columns = None
    if masking.groups is not None:
        labels, columns = np.unique(masking.groups, return_inverse=True)
        dimension = labels.size
    # 24 random bits per feature: the ratio is right to 6e-8.
    uniforms = rng.random((*shape, dimension), dtype=np.float32)
    keep = uniforms >= ratios.astype(np.float32)[..., None]
    return keep if columns is None else keep[..., columns], ratios


def moments(law: RatioLaw, rows: Literal["masked", "all"]) -> Moments:
    """Return the moments over all rows, or over those whose target is masked (eq-classes-K-inf).

    Examples
    --------
    >>> from ridgeless import UniformRatio
    >>> moments(UniformRatio(0.0, 1.0), "all")
    Moments(square=0.333, cross=0.167, keep=0.5)
    """
    mask, weight = law.nodes(64)
    counted = weight * mask if rows == "masked" else weight
    total = counted.sum()
    if total == 0:
        return Moments(0.0, 0.0, 0.0)
    keep = 1 - mask
    sums = (counted @ values / total for values in (keep**2, keep * mask, keep))
    return Moments(*map(float, sums))
