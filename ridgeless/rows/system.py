r"""One regression on rows: its risk at any number of samples (eq-rows-risk)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.lazy import lazy
from ridgeless.rows.blocks import inverse, logarithm
from ridgeless.rows.dual import KernelRows, features_of, kernel_of
from ridgeless.rows.effective_ridge import Space, solve
from ridgeless.rows.infinitely_many import MarginalRows
from ridgeless.rows.primal import FeatureRows
from ridgeless.rows.rotation import Rotated, Rows, rotated
from ridgeless.rows.second_order import weights

__all__ = ["Found", "System"]

Array = NDArray[np.float64]

#: Columns per row from which on the kernel is the smaller matrix.
WIDE = 0.7
#: Rows and directions that differ by less, relative, are as many.
EVEN = 1e-9


class Found(NamedTuple):
    """The risk, and what it is made of."""

    errors: Array  #: squared errors of the mean predictor, shape (T, t)
    shares: Array  #: what each sample adds to the variance, shape (B, t)
    effective_ridge: float
    gain: float  #: largest eigenvalue of the map between residuals
    residual: float  #: the worse of the two certificates
    logarithms: Array | None  #: where a neighbour may start

    @property
    def risk(self) -> Array:
        """Mean squared error of each target, shape (t,)."""
        return np.asarray(self.errors.mean(axis=0) + self.shares.sum(axis=0))


class Posed(NamedTuple):
    """A space, and the two constants whose product is the ridge."""

    space: Space
    base: float
    e: float


@dataclass(frozen=True)
class System:
    """Rows of a population in blocks, one per sample, their targets, and tests.

    Rows and targets are over the root of K, so that the loss is a mean over samples. Samples
    without rows may be left out: `size` counts them.
    """

    space: Rows
    targets: Array  #: shape (B, K, t)
    answers: Array  #: of the tests, shape (T, t)
    size: int  #: M, samples of the population
    counted: float = 1.0  #: rows that count, over M K: the ridge is per counted row (eq-drop)

    def risk(self, samples: float, ridge: float, start: Array | None = None) -> Found:
        """Return the risk of regression on so many samples.

        It is infinite where there are as many rows as directions and no ridge.
        """
        seen = float(self._rotated.present.sum())
        if seen == 0:
            shares = np.zeros((self.targets.shape[0], self.targets.shape[2]))
            return Found(self.answers**2, shares, math.inf, 0.0, 0.0, None)
        posed = self._posed(samples, ridge * self.counted, seen)
        if posed is None:
            shares = np.zeros((self.targets.shape[0], self.targets.shape[2]))
            return Found(np.full_like(self.answers, math.inf), shares, 0.0, 1.0, 0.0, None)
        targets, absent = self._rotated.targets, self._rotated.absent
        if start is None or start.shape != absent.shape:
            start = self._start(posed)
        found = solve(posed.space, absent, self.size, samples, posed.base, posed.e, start)
        medium = found.medium
        residuals = medium.residuals(targets)
        errors = (self.answers - medium.predictions(targets, residuals)) ** 2
        weight = weights(medium, self.size / samples - 1)
        shares = np.einsum("bkt,bkl,blt->bt", residuals, weight.values, residuals)
        inner = np.einsum("bkk->bk", inverse(medium.inverse_medium))[self._rotated.present].mean()
        return Found(
            errors,
            shares,
            posed.e / (inner * self.size * self.counted),
            weight.gain,
            max(found.residual, weight.residual),
            found.logarithms,
        )

    @lazy
    def _rotated(self) -> Rotated:
        return rotated(self.space, self.targets)

    @lazy
    def _kernel(self) -> KernelRows:
        space = self._rotated.space
        assert not isinstance(space, MarginalRows)
        return space if isinstance(space, KernelRows) else kernel_of(space)

    @lazy
    def _span(self) -> tuple[int, FeatureRows | None]:
        """The rank of the rows, and they in coordinates of their span if there are better ones."""
        space = self._rotated.space
        assert not isinstance(space, MarginalRows)
        return features_of(space) if isinstance(space, KernelRows) else space.in_their_span()

    def _posed(self, samples: float, ridge: float, seen: float) -> Posed | None:
        """Return the space to solve in, and (base, e); None where the risk is infinite."""
        space = self._rotated.space
        rows = seen * samples / self.size
        if isinstance(space, MarginalRows) or getattr(space, "penalty", None) is not None:
            return Posed(space, 1.0, ridge)  # masks are ridge enough
        if ridge > 0:
            if isinstance(space, FeatureRows) and space.rows.shape[2] <= rows:
                return Posed(space, 1.0, ridge)
            return self._interpolating(ridge)
        rank, spanned = self._span
        if samples == self.size and rank == seen:
            return Posed(self._kernel, 0.0, 1.0)
        if rank > (1 + EVEN) * rows:
            return self._interpolating(0.0)
        if rank < (1 - EVEN) * rows:
            return Posed(space if spanned is None else spanned, 1.0, 0.0)
        return None

    def _interpolating(self, base: float) -> Posed:
        space = self._rotated.space
        if isinstance(space, FeatureRows):
            size, k, columns = space.rows.shape
            if columns <= WIDE * size * k:
                return Posed(space, base, 1.0)
        return Posed(self._kernel, base, 1.0)

    def _start(self, posed: Posed) -> Array:
        """Return the logarithm of a first T: that of rows orthogonal to all others, in scale."""
        space, norms = posed.space, posed.space.norms
        if isinstance(space, FeatureRows | MarginalRows) and posed.base == 1:
            mean = np.einsum("bkk->bk", norms)[self._rotated.present].mean()
            norms = norms * (space.rows.shape[-1] / mean)
        return logarithm(norms + self._rotated.absent)
