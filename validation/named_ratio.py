"""Mask ratios by the names that settings and results give them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Literal, NamedTuple

from ridgeless import RatioLaw, ScheduledRatio
from ridgeless.names import mask_ratio

__all__ = ["NamedRatio", "in_order", "named_ratio"]


class NamedRatio(NamedTuple):
    """A mask ratio, or a law of them, and the text it was made from."""

    name: str
    law: RatioLaw | float

    @property
    def kind(self) -> Literal["fixed", "random", "schedule"]:
        """Fixed, drawn from a law for each batch (R2MAE), or swept by training (Dynamic MR)."""
        if isinstance(self.law, ScheduledRatio):
            return "schedule"
        return "random" if isinstance(self.law, RatioLaw) else "fixed"

    @property
    def shape(self) -> str:
        """The kind, or of a schedule how it moves: linear or cosine."""
        return self.law.shape if isinstance(self.law, ScheduledRatio) else self.kind

    @property
    def mean(self) -> float:
        """The ratio, or the mean of its law."""
        return self.law.mean if isinstance(self.law, RatioLaw) else self.law

    @property
    def order(self) -> tuple[int, float, str]:
        """The place in a table: fixed ratios by size, then random laws, then schedules."""
        return ("fixed", "random", "schedule").index(self.kind), self.mean, self.name


@lru_cache(maxsize=256)
def named_ratio(name: str) -> NamedRatio:
    """Return the ratio or law of a name, which is read once.

    Examples
    --------
    >>> named_ratio("cosine:0.1:0.9").kind, named_ratio("0.5").mean
    ('schedule', 0.5)
    """
    return NamedRatio(name, mask_ratio(name))


def in_order(names: Iterable[str]) -> list[str]:
    """Return names, each once, in the order of a table."""
    return sorted(set(names), key=lambda name: named_ratio(name).order)
