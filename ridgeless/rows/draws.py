"""Masks of the rows of one population, the same random numbers at every mask ratio."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import DomainError
from ridgeless.mask_ratio import RatioLaw
from ridgeless.mask_shapes import Spans
from ridgeless.rows.importance import IMPORTANCE, important

__all__ = ["Drawn", "MaskCall", "Scheme", "draw", "fill_scale"]

Array = NDArray[np.float64]
Masks = NDArray[np.bool_]
MaskCall = Callable[[np.random.Generator, Array], Masks]


class Scheme(NamedTuple):
    """How features are hidden, beside the ratio."""

    #: A callable, runs, "importance", or None: units hide on their own.
    mask: MaskCall | Spans | str | None
    units: NDArray[np.intp]  #: number of the unit of each feature, shape (d,)
    fill: str = "zero"

    @property
    def has_units(self) -> bool:
        """Whether units hide on their own, so that masks can be marginalised."""
        return self.mask is None


class Drawn(NamedTuple):
    """Masks of rows and what they multiply."""

    hidden: Masks  #: shape (rows, d)
    ratios: Array  #: shape (rows,)

    def inputs(self, X: Array, fill: str) -> Array:
        """Return what is seen of the rows."""
        seen = np.where(self.hidden, 0.0, X)
        return seen * fill_scale(self.ratios, fill)[:, None] if fill == "rescale" else seen


def fill_scale(ratios: Array, fill: str) -> Array:
    """Return what multiplies kept entries; rows without any need none."""
    if fill == "zero":
        return np.ones_like(ratios)
    return np.divide(1.0, 1 - ratios, out=np.ones_like(ratios), where=ratios < 1)


def draw(scheme: Scheme, ratio: float | RatioLaw, X: Array, seed: np.random.SeedSequence) -> Drawn:
    """Draw a mask for each row, its ratio from the law if there is one.

    A smaller ratio hides a part of what a larger one hides.
    """
    rng = np.random.default_rng(seed)
    law = isinstance(ratio, RatioLaw)
    ratios = ratio.sample(rng, X.shape[0]) if law else np.full(X.shape[0], ratio)  # type: ignore[union-attr]
    if callable(scheme.mask):
        return Drawn(called(scheme.mask, rng, X), ratios)
    if isinstance(scheme.mask, Spans):
        return Drawn(runs(scheme.mask, ratios, rng), ratios)
    if scheme.mask == IMPORTANCE:
        return Drawn(important(ratios, X, rng), ratios)
    many = int(scheme.units.max()) + 1
    hidden = rng.random((X.shape[0], many), dtype=np.float32) < ratios[:, None]
    return Drawn(hidden if many == X.shape[1] else hidden[:, scheme.units], ratios)


def runs(spans: Spans, ratios: Array, rng: np.random.Generator) -> Masks:
    """Return masks in runs, a share of the ratio hidden; the number is rounded at random."""
    counts = np.floor(ratios * spans.size + rng.random(ratios.shape)).astype(np.int64)
    hidden = np.repeat(counts[:, None] == spans.size, spans.size, axis=1)
    some = (counts > 0) & (counts < spans.size)  # else there is nothing to choose
    hidden[some] = spans.hide(counts[some], rng)
    return hidden


def called(mask: MaskCall, rng: np.random.Generator, X: Array) -> Masks:
    """Return the masks of a callable, or say what is wrong with them."""
    hidden = np.asarray(mask(rng, X))
    if hidden.dtype != np.bool_ or hidden.shape != X.shape:
        raise DomainError(
            f"mask must return a bool array of shape {X.shape}, True where hidden, got "
            f"{hidden.dtype} of shape {hidden.shape}"
        )
    return hidden
