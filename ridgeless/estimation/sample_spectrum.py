r"""The population spectrum behind a data matrix.

Sample eigenvalues are spread out by noise: with n samples of d features their resolvent obeys the
Marchenko-Pastur law. With c = d/n and the companion transform

.. math:: v(-l) = c\,\langle 1/(\hat s + l) \rangle + (1 - c)/l

of the sample eigenvalues, the population's weights h on a grid of s solve

.. math:: 1 - l\,v = c \sum_k h_k \frac{s_k v}{1 + s_k v} ,

which is linear in h: nonnegative least squares over some sixty points l. The same transform turns
a diagonal entry of the sample resolvent into that of the population,
:math:`v\,l\,[(\hat\Sigma + l)^{-1}]_{jj} = \sum_k \omega_k / (s_k + 1/v)`, which gives the
spectrum as feature j sees it. The idea of inverting the map is El Karoui's (2008) and Ledoit and
Wolf's (2015); the linear form is ours.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import DomainError

__all__ = ["SampleSpectrum", "constant_columns", "standardized"]

Array = NDArray[np.float64]

POINTS, GRID = 60, 240
LOWEST = 1e-3  # smallest eigenvalue on the grid, in units of the mean
CONSTRAINT = 100.0  # weight of the two exact equations beside the sampled ones


def scaled(table: Array, axis: int | None = 0) -> tuple[Array, Any]:
    """Return columns, or all, over the power of two next to their largest, and its exponent.

    Nothing is rounded, and no square overflows or vanishes.
    """
    largest = np.maximum(table.max(axis=axis), -table.min(axis=axis))
    exponent = np.frexp(largest)[1]
    return np.asarray(np.ldexp(table, -exponent)), exponent


def constant_columns(table: Array) -> NDArray[np.bool_]:
    """Say which columns never vary, up to rounding."""
    table, _ = scaled(table)
    return np.asarray(table.std(axis=0) <= 1e-12 * np.abs(table).max(axis=0))


def standardized(table: Array, standardize: bool = True, name: str = "X") -> Array:
    """Return centred columns, of unit variance if `standardize`."""
    still = constant_columns(table)
    if standardize and still.any():
        raise DomainError(
            f"{name} must vary in every column; {int(still.sum())} of {still.size} are constant "
            f"(the first is column {int(np.argmax(still))}): drop them"
        )
    if not standardize:
        # Centred rows have (n - 1)/n of the population's variance; in a unit that cannot overflow.
        table, exponent = scaled(table, None)
        samples = table.shape[0]
        centred = (table - table.mean(axis=0)) * np.sqrt(samples / (samples - 1))
        return np.asarray(np.ldexp(centred, exponent))
    table, _ = scaled(table)
    centred = table - table.mean(axis=0)
    return np.asarray(centred / centred.std(axis=0))


@dataclass(frozen=True)
class SampleSpectrum:
    """Sample eigenvalues of centred rows, and the population that explains them."""

    values: Array  # sample eigenvalues that can be positive, in units of `mean`
    mean: float
    present: int  # directions of the population that carry variance
    features: int
    samples: int

    @classmethod
    def of(cls, table: Array) -> SampleSpectrum:
        """Return the sample spectrum of centred rows."""
        from scipy.linalg import eigvalsh

        samples, features = table.shape
        table, exponent = scaled(table, None)
        smaller = table.T @ table if features <= samples else table @ table.T
        values = np.maximum(eigvalsh(smaller / samples), 0.0)
        with np.errstate(over="ignore", under="ignore"):
            largest = float(np.ldexp(values[-1], 2 * exponent))
        if not 0 < largest < np.inf:
            raise DomainError(
                "X must have variances that are positive and finite numbers, got the largest "
                f"eigenvalue {largest!r}: standardize, or choose another unit"
            )
        rank = int(np.count_nonzero(values > values[-1] * features * 1e-14))
        # Exact collinearity shows when there are samples enough.
        present = rank if rank < min(samples - 1, features) else features
        mean = float(values.sum()) / present
        padded = np.concatenate((np.zeros(present - rank), np.sort(values)[-rank:] / mean))
        return cls(padded, float(np.ldexp(mean, 2 * exponent)), present, features, samples)

    @property
    def points(self) -> Array:
        """The points l at which the transforms are matched."""
        low = 1e-2 * min(1.0, float(np.median(self.values)) + 0.1)
        return np.geomspace(low, 10 * self.values[-1], POINTS)

    @property
    def companion(self) -> Array:
        """v(-l) at the points."""
        ratio = self.present / (self.samples - 1)
        mean = np.mean(1 / (self.values[:, None] + self.points), axis=0)
        return np.asarray(ratio * mean + (1 - ratio) / self.points)

    @property
    def grid(self) -> Array:
        """Eigenvalues on which the population may put weight."""
        top = float(self.values[-1])
        return np.geomspace(min(LOWEST, top), top, GRID)

    def population(self) -> tuple[Array, Array]:
        """Return eigenvalues and weights of the population."""
        ratio, v, s = self.present / (self.samples - 1), self.companion, self.grid
        seen = s * v[:, None]
        weights = _weights(ratio * (seen / (1 + seen)), 1 - self.points * v, s)
        kept = weights > 0
        atoms, shares = s[kept] * self.mean, weights[kept]
        if self.present == self.features:
            return atoms, shares
        missing = 1 - self.present / self.features
        return np.append(0.0, atoms), np.append(missing, shares * (1 - missing))

    def seen_by(self, resolvent: Array) -> tuple[Array, Array]:
        """Return the spectrum as a feature of unit variance sees it, from its resolvent entries.

        These are entries [(S + l)^-1]_jj at the points, S in units of `mean`.
        """
        v, s = self.companion, self.grid
        if self.present < self.features:
            s = np.append(0.0, s)
        right = v * self.points * resolvent
        weights = _weights(1 / (s + 1 / v[:, None]), right, s, 1 / self.mean)
        return s[weights > 0] * self.mean, weights[weights > 0]


def _weights(system: Array, right: Array, grid: Array, mean: float = 1.0) -> Array:
    """Return nonnegative weights of sum one and given mean that fit in relative terms."""
    from scipy.optimize import nnls

    exact = CONSTRAINT * np.stack((np.ones(grid.size), grid / mean))
    rows = np.vstack((system / right[:, None], exact))
    ones = np.concatenate((np.ones(right.size), [CONSTRAINT, CONSTRAINT]))
    weights, _ = nnls(rows, ones, maxiter=50 * GRID)
    weights[weights < 1e-10 * weights.sum()] = 0.0
    return np.asarray(weights / weights.sum())
