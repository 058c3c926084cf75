r"""One regression on rows: its risk at any number of samples (eq-rows-risk)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import ConvergenceError
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
#: A ridge that stands for none, over the mean square of a row and the number of rows.
SMALLEST = 1e-9
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

    def mean(self, other: Found) -> Found:
        """Return the mean of two numbers of rows."""
        return Found(
            (self.errors + other.errors) / 2,
            (self.shares + other.shares) / 2,
            (self.effective_ridge + other.effective_ridge) / 2,
            max(self.gain, other.gain),
            max(self.residual, other.residual),
            other.logarithms,
        )


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
    #: Variance over samples of how many rows count, over its squared mean (eq-rows-count).
    scatter: float = 0.0

    def risk(self, samples: float, ridge: float, start: Array | None = None) -> Found:
        """Return the risk of regression on so many samples.

        It is infinite where there are as many rows as directions and no ridge. How many rows a
        subset has is random where some do not count: two numbers stand for it (eq-rows-count).
        """
        spread = math.log1p(self.scatter / samples * (1 - samples / self.size)) ** 0.5
        if spread == 0:
            return self._risk(samples, ridge, start)
        few, many = (samples * math.exp(s * spread - spread**2 / 2) for s in (-1, 1))
        first = self._risk(few, ridge, start)
        return first.mean(self._risk(min(many, self.size), ridge, first.logarithms))

    def _risk(self, samples: float, ridge: float, start: Array | None) -> Found:
        seen = float(self._rotated.present.sum())
        if seen == 0:
            shares = np.zeros((self.targets.shape[0], self.targets.shape[2]))
            return Found(self.answers**2, shares, math.inf, 0.0, 0.0, None)
        posed = self._posed(samples, ridge * self.counted, seen)
        if posed is None:
            shares = np.zeros((self.targets.shape[0], self.targets.shape[2]))
            return Found(np.full_like(self.answers, math.inf), shares, 0.0, 1.0, 0.0, None)
        try:
            return self._solved(posed, samples, start)
        except (np.linalg.LinAlgError, ConvergenceError) as error:
            if ridge == 0:
                # Some directions are in few rows, others in all: neither constant can be zero.
                return self._solved(self._nearly_free(posed), samples, None)
            if isinstance(error, ConvergenceError):
                raise
            raise ConvergenceError(
                f"the rows of {samples:g} samples are singular to rounding at ridge {ridge:g}; a "
                "larger ridge is needed"
            ) from None

    def _nearly_free(self, posed: Posed) -> Posed:
        """Return a ridge too small to matter in place of none."""
        norms = np.einsum("bkk->bk", posed.space.norms)[self._rotated.present]
        level = float(SMALLEST * norms.mean() / norms.size)
        return posed._replace(base=level) if posed.base == 0 else posed._replace(e=level)

    def _solved(self, posed: Posed, samples: float, start: Array | None) -> Found:
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
