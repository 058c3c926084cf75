"""The rank of rows of few mask ratios, counted (eq-ratio-aware-rank)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["SAME", "Atoms"]

Array = NDArray[np.float64]

#: Two counts of directions that differ by less than this, relatively, are the same count.
SAME = 4 * np.finfo(float).eps


@dataclass(frozen=True)
class Atoms:
    """The distinct ratios of the rows, heaviest first; none for a continuous law."""

    place: Array  #: as in `newton.Places`
    weight: Array  #: share of the rows
    bare: NDArray[np.bool_]  #: nothing is masked

    @classmethod
    def of(cls, place: Array, weight: Array, masked: Array) -> Atoms:
        """Merge equal ratios."""
        values, first, where = np.unique(place[weight > 0], return_index=True, return_inverse=True)
        totals = np.bincount(where, weight[weight > 0], values.size)
        order = np.argsort(-totals, kind="stable")
        bare = masked[weight > 0][first] == 0
        return cls(np.asarray(values[order]), np.asarray(totals[order]), bare[order])

    def masked(self) -> Atoms:
        """Return the atoms where something is masked."""
        return Atoms(self.place[~self.bare], self.weight[~self.bare], self.bare[~self.bare])

    @classmethod
    def none(cls) -> Atoms:
        """No ratio has a positive probability."""
        empty = np.zeros(0)
        return cls(empty, empty, empty > 0)

    def span(self, degree: int) -> tuple[int, int]:
        """Return the dimensions seen with eigenvalue s > 0 and with s = 0.

        An unmasked row has nothing in the directions of eigenvalue 0.
        """
        count = degree + 1
        if self.place.size == 0:
            return count, count
        return min(count, self.place.size), min(count, int((~self.bare).sum()))

    def heavy(self, per_feature: float, zero_mass: float) -> NDArray[np.bool_]:
        """Which ratios have more rows than features by themselves."""
        room = np.where(self.bare, 1 - zero_mass, 1.0)
        return np.asarray(self.weight * per_feature > room * (1 + SAME))

    def rank(self, degree: int, per_feature: float, zero_mass: float) -> tuple[float, bool]:
        """Return the rank of the rows over d, and whether it is reached in two ways.

        The rank is the least of (directions filled up) + (rows that are not in them), over all
        choices of directions (eq-ratio-aware-rank). Reached in two ways, some directions have
        exactly as many rows as they need: a threshold of one ratio among others. That of all rows
        and all directions is not meant: the conservation law has its distance to the last digit.
        """
        full, full_zero = self.span(degree)
        if self.place.size == 0:
            return min(per_feature, full), False
        masked = np.concatenate(([0.0], np.cumsum(self.weight[~self.bare])))
        bare = float(self.weight[self.bare].sum())
        filled, rank = [], []
        for i in range(full + 1):  # dimensions filled up where s > 0, by the heaviest ratios
            for j in range(full_zero + 1) if zero_mass > 0 else (full_zero,):  # where s = 0
                # Among them the ratio without masks or not; all of them hold it anyway.
                for with_bare in {bare > 0 and i == full, bare > 0 and i > 0}:
                    here = masked.size - 1 if i == full else min(i - with_bare, masked.size - 1)
                    there = masked.size - 1 if j == full_zero else j
                    inside = float(masked[min(here, there)]) + bare * with_bare
                    outside = 0.0 if inside >= masked[-1] + bare else masked[-1] + bare - inside
                    filled.append((1 - zero_mass) * i + zero_mass * j)
                    rank.append(filled[-1] + per_feature * float(outside))
        least = min(rank)
        tied = [x for x, total in zip(filled, rank, strict=True) if total <= least * (1 + SAME)]
        whole = min(tied) <= SAME and max(tied) >= max(filled) - SAME
        inside = any(SAME < x < max(filled) - SAME for x in tied)
        return least, bool(max(tied) > min(tied) + SAME and (inside or not whole))
