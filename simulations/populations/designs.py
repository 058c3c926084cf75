r"""Data designs: where training rows come from, and the population they are drawn from.

Every design draws :math:`x = A\,z` (eq-model) with the covariance :math:`\Sigma = A A'` that it
is given; the laws differ in z alone.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError, RowPower, Spectrum, StudentPower
from ridgeless.checks import real_scalar
from simulations.running.identity import Record

__all__ = [
    "Design",
    "EllipticalRows",
    "GaussianRows",
    "Population",
    "PowerRows",
    "RademacherRows",
    "StudentRows",
]

Array = NDArray[np.float64]

# Rows that are coloured or multiplied at a time: no second table of all rows is needed.
BLOCK = 1024


@dataclass(frozen=True)
class Population:
    """A covariance with constant diagonal, and its eigendecomposition."""

    covariance: Array  #: Sigma, shape (d, d)
    eigenvalues: Array  #: s, ascending, shape (d,)
    eigenvectors: Array  #: U, shape (d, d); column i belongs to eigenvalue i

    @cached_property
    def is_isotropic(self) -> bool:
        """Whether Sigma is a multiple of the identity."""
        return bool(self.eigenvalues[0] == self.eigenvalues[-1])


class Design(Hashable, Protocol):
    """Anything that makes a population with a given spectrum and draws rows from it."""

    @property
    def has_independent_noise(self) -> bool:
        """Whether a feature's residual on the others is independent of them.

        Not only uncorrelated with them: then it can be integrated out.
        """

    @property
    def row_power(self) -> RowPower | None:
        """The law of the power of rows, where theory is to know one."""

    @property
    def label(self) -> str:
        """What tables call it."""

    def record(self) -> Record:
        """Return what identifies the design, for its trials' seeds."""

    def fixed_spectrum(self) -> Spectrum | None:
        """Return the spectrum the design dictates, if it does."""

    def patches(self, size: int, dimension: int) -> tuple[int, ...]:
        """Return a label per feature: those with the same label are masked together."""

    def population(self, spectrum: Spectrum, rng: np.random.Generator) -> Population:
        """Return a population whose d eigenvalues are the atoms of `spectrum`."""

    def draw(self, population: Population, size: int, rng: np.random.Generator) -> Array:
        """Return `size` independent rows, shape (size, d)."""


class ColouredRows(ABC):
    """Rows x = A z; the covariance has the given spectrum and is otherwise random.

    Its eigenvectors are delocalised and its diagonal is constant (`scipy.stats.random_correlation`:
    a random rotation, then Givens rotations that level the diagonal), so that D = d0 I holds
    exactly and only finite size and the law of z separate simulation from theory.
    """

    has_independent_noise = False

    @property
    def row_power(self) -> RowPower | None:
        """None: rows are of equal power."""
        return None

    @property
    @abstractmethod
    def label(self) -> str:
        """What tables call it."""

    @abstractmethod
    def whitened(self, shape: tuple[int, int], rng: np.random.Generator) -> Array:
        """Draw rows z with mean 0 and covariance I."""

    def record(self) -> Record:
        """Return the label: it names the law and its parameter."""
        return {"name": self.label}

    def fixed_spectrum(self) -> Spectrum | None:
        """None: any spectrum can be drawn."""
        return None

    def patches(self, size: int, dimension: int) -> tuple[int, ...]:
        """Group neighbouring features."""
        return tuple(j // size for j in range(dimension))

    def population(self, spectrum: Spectrum, rng: np.random.Generator) -> Population:
        """Return a random covariance with constant diagonal."""
        values = np.array(spectrum.eigenvalues)
        size = values.size
        if values[0] == values[-1]:
            return Population(np.diag(values), values, np.eye(size))
        from scipy.linalg import eigh
        from scipy.stats import random_correlation

        # The sum of the eigenvalues must be d up to an absolute tolerance: allow its rounding.
        shares = values / spectrum.mean
        matrix = random_correlation(shares, seed=rng, tol=1e-12 * size).rvs() * spectrum.mean
        vectors = eigh(matrix, driver="evd")[1]
        return Population(matrix, values, vectors)

    def draw(self, population: Population, size: int, rng: np.random.Generator) -> Array:
        """Draw white rows z and colour them: x = U sqrt(s) z."""
        # Eigenvalues ascend: directions without variance come first, and are left out.
        null = int(np.count_nonzero(population.eigenvalues == 0))
        values, vectors = population.eigenvalues[null:], population.eigenvectors[:, null:]
        rows = self.whitened((size, values.size), rng)
        rows *= np.sqrt(values)
        if population.is_isotropic:
            return rows
        if null:
            return np.asarray(rows @ vectors.T)
        for start in range(0, size, BLOCK):
            block = rows[start : start + BLOCK]
            block[:] = block @ vectors.T
        return rows


@dataclass(frozen=True)
class GaussianRows(ColouredRows):
    """Gaussian rows.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> population = GaussianRows().population(Spectrum([1.0, 3.0, 8.0]), rng)
    >>> np.diag(population.covariance)
    array([4., 4., 4.])
    """

    has_independent_noise = True  # uncorrelated Gaussians are independent

    @property
    def label(self) -> str:
        """What tables call it."""
        return "gaussian"

    def whitened(self, shape: tuple[int, int], rng: np.random.Generator) -> Array:
        """Draw standard normals."""
        return rng.standard_normal(shape)


@dataclass(frozen=True)
class RademacherRows(ColouredRows):
    """Mixtures of random signs: bounded, with fourth moment 1 instead of 3."""

    @property
    def label(self) -> str:
        """What tables call it."""
        return "rademacher"

    def whitened(self, shape: tuple[int, int], rng: np.random.Generator) -> Array:
        """Draw signs."""
        return np.asarray(rng.integers(0, 2, size=shape, dtype=np.int8) * 2.0 - 1.0)


@dataclass(frozen=True)
class _HeavyRows(ColouredRows):
    freedom: float = 5.0

    def __post_init__(self) -> None:
        freedom = real_scalar("freedom", self.freedom)
        if not 2 < freedom < math.inf:
            raise DomainError(
                f"freedom must be above 2, where the variance is finite, got {freedom!r}"
            )
        object.__setattr__(self, "freedom", freedom)

    @property
    def _shown(self) -> str:
        # In full: it names the trials.
        return repr(self.freedom).removesuffix(".0")

    @property
    def unit(self) -> float:
        """Factor that makes the variance of a Student variable one."""
        return math.sqrt((self.freedom - 2) / self.freedom)


@dataclass(frozen=True)
class StudentRows(_HeavyRows):
    """Mixtures of independent Student variables: heavy tails, entry by entry."""

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"student:{self._shown}"

    def whitened(self, shape: tuple[int, int], rng: np.random.Generator) -> Array:
        """Draw Student variables of unit variance."""
        return np.asarray(rng.standard_t(self.freedom, size=shape) * self.unit)


@dataclass(frozen=True)
class EllipticalRows(_HeavyRows):
    """Gaussian rows, each with a random power: multivariate Student rows.

    A row's power does not average out as d grows: the theory knows it as a law of powers, here
    `ridgeless.StudentPower` (eq-row-power).
    """

    @property
    def row_power(self) -> RowPower:
        """The same power as an object of the theory."""
        return StudentPower(self.freedom)

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"elliptical:{self._shown}"

    def whitened(self, shape: tuple[int, int], rng: np.random.Generator) -> Array:
        """Draw normals over the root of a chi-squared variable per row."""
        power = rng.chisquare(self.freedom, size=(shape[0], 1)) / self.freedom
        rows = rng.standard_normal(shape)
        rows *= self.unit / np.sqrt(power)
        return rows


@dataclass(frozen=True)
class PowerRows(ColouredRows):
    """Gaussian rows times the root of a random power of mean one, drawn per row (eq-row-power).

    Examples
    --------
    >>> PowerRows(StudentPower(5.0)).row_power
    StudentPower(degrees=5.0)
    """

    power: RowPower

    @property
    def row_power(self) -> RowPower:
        """The law of the power."""
        return self.power

    @property
    def label(self) -> str:
        """What tables call it: the law in full, which names the trials."""
        return repr(self.power)

    def whitened(self, shape: tuple[int, int], rng: np.random.Generator) -> Array:
        """Draw normals times the root of a power per row."""
        rows = rng.standard_normal(shape)
        rows *= np.sqrt(self.power.sample(rng, shape[0]))[:, None]
        return rows
