"""Data designs: where training rows come from, and the population they are drawn from."""

from __future__ import annotations

import hashlib
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless import DomainError, Spectrum
from ridgeless.errors import real_array

__all__ = ["Design", "GaussianRows", "Population", "RealRows", "quantized"]

Array = NDArray[np.float64]

# How far from an integer an atom's multiplicity may be through rounding of its weight.
_WHOLE = 1e-9


@dataclass(frozen=True)
class Population:
    """A covariance with constant diagonal, and its eigendecomposition."""

    covariance: Array  #: Sigma, shape (d, d)
    eigenvalues: Array  #: s, ascending, shape (d,)
    eigenvectors: Array  #: U, shape (d, d); column i belongs to eigenvalue i

    @cached_property
    def root(self) -> Array:
        """A' with Sigma = A A', shape (rank, d); directions without variance are left out."""
        positive = self.eigenvalues > 0
        return np.sqrt(self.eigenvalues[positive])[:, None] * self.eigenvectors[:, positive].T

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

    def fixed_spectrum(self) -> Spectrum | None:
        """Return the spectrum the design dictates, if it does."""

    def population(self, spectrum: Spectrum, rng: np.random.Generator) -> Population:
        """Return a population whose d eigenvalues are the atoms of `spectrum`."""

    def draw(self, population: Population, size: int, rng: np.random.Generator) -> Array:
        """Return `size` independent rows, shape (size, d)."""


@dataclass(frozen=True)
class GaussianRows:
    """Gaussian rows; the covariance has the given spectrum and is otherwise random.

    Its eigenvectors are delocalised and its diagonal is constant (`scipy.stats.random_correlation`:
    a random rotation, then Givens rotations that level the diagonal), so that D = d0 I holds
    exactly and only finite size separates simulation from theory.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> population = GaussianRows().population(Spectrum([1.0, 3.0, 8.0]), rng)
    >>> np.diag(population.covariance)
    array([4., 4., 4.])
    """

    @property
    def has_independent_noise(self) -> bool:
        """True: uncorrelated Gaussians are independent."""
        return True

    def fixed_spectrum(self) -> Spectrum | None:
        """None: any spectrum can be drawn."""
        return None

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
        """Draw standard normals and colour them."""
        root = population.root
        normals = rng.standard_normal((size, root.shape[0]))
        if population.is_isotropic:
            return np.asarray(np.sqrt(population.eigenvalues[0]) * normals)
        return np.asarray(normals @ root)


@dataclass(frozen=True, eq=False)
class RealRows:
    """Rows of a data set, drawn with replacement: the finite data set is the population.

    Parameters
    ----------
    table : array_like, X, shape (rows, d), finite
        Features in columns; they are standardised here. No column may be constant.
    name : str
        What to call it in tables.

    Raises
    ------
    DomainError
        If the table is not a finite matrix of at least two rows, or a column is constant.

    Examples
    --------
    >>> RealRows([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0]]).spectrum.eigenvalues
    array([0.5, 1.5])
    """

    table: ArrayLike
    name: str = "rows"

    def __post_init__(self) -> None:
        table = real_array("table", self.table)
        if table.ndim != 2 or table.shape[0] < 2 or table.shape[1] == 0:
            raise DomainError(f"table must be a matrix of at least 2 rows, got shape {table.shape}")
        if not np.isfinite(table).all():
            raise DomainError("table must be finite, got inf")
        constant = np.flatnonzero(np.ptp(table, axis=0) == 0)
        if constant.size:
            raise DomainError(
                f"table must have no constant columns, got {constant.size}, the first at index "
                f"{constant[0]}; drop them"
            )
        table = (table - table.mean(axis=0)) / table.std(axis=0)
        table.flags.writeable = False
        object.__setattr__(self, "table", table)

    @cached_property
    def rows(self) -> Array:
        """The standardised table."""
        return np.asarray(self.table)

    @cached_property
    def correlation(self) -> Array:
        """Sigma, shape (d, d)."""
        matrix = self.rows.T @ self.rows / self.rows.shape[0]
        np.fill_diagonal(matrix, 1.0)
        return np.asarray(matrix)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Its eigenvalues; those within rounding of zero are zero."""
        return Spectrum.from_covariance(self.correlation)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the standardised table."""
        return hashlib.sha256(str(self.rows.shape).encode() + self.rows.tobytes()).hexdigest()

    @property
    def has_independent_noise(self) -> bool:
        """False: real features are not jointly Gaussian."""
        return False

    def fixed_spectrum(self) -> Spectrum | None:
        """Return the spectrum of the data's own correlation matrix."""
        return self.spectrum

    def population(self, spectrum: Spectrum, rng: np.random.Generator) -> Population:
        """Return the data's own correlation matrix; nothing is drawn."""
        from scipy.linalg import eigh

        return Population(
            self.correlation, np.array(spectrum.eigenvalues), eigh(self.correlation)[1]
        )

    def draw(self, population: Population, size: int, rng: np.random.Generator) -> Array:
        """Draw rows of the table with replacement."""
        return self.rows[rng.integers(self.rows.shape[0], size=size)]

    def __eq__(self, other: object) -> bool:
        """Compare the tables."""
        return isinstance(other, RealRows) and self.digest == other.digest

    def __hash__(self) -> int:
        """Hash the table."""
        return hash(self.digest)

    def __repr__(self) -> str:
        """Show the name and the shape."""
        return f"RealRows({self.name!r}, {self.rows.shape[0]} x {self.rows.shape[1]})"


def multiplicities(spectrum: Spectrum, dimension: int) -> NDArray[np.intp] | None:
    """Return how many of d directions each atom holds, or None if some are not whole numbers."""
    counts = spectrum.weights * dimension
    whole = np.rint(counts).astype(np.intp)
    if (np.abs(counts - whole) > _WHOLE * dimension).any() or whole.sum() != dimension:
        return None
    return whole


def quantized(spectrum: Spectrum, dimension: int) -> Spectrum:
    """Return the law of `dimension` equally weighted eigenvalues that stands for `spectrum`.

    Atoms that hold whole numbers of directions are repeated exactly. Otherwise eigenvalue i is
    the mean of the quantile function over ((i - 1)/d, i/d), which keeps the mean.

    Examples
    --------
    >>> quantized(Spectrum([1.0, 5.0], weights=[3, 1]), 4).eigenvalues
    array([1., 1., 1., 5.])
    >>> quantized(Spectrum([1.0, 5.0], weights=[3, 1]), 2).eigenvalues
    array([1., 3.])
    """
    counts = multiplicities(spectrum, dimension)
    if counts is not None:
        return Spectrum(np.repeat(spectrum.eigenvalues, counts))
    edges = np.concatenate([[0.0], np.cumsum(spectrum.weights)])
    sums = np.concatenate([[0.0], np.cumsum(spectrum.weights * spectrum.eigenvalues)])
    # Steps inside one atom see it exactly; only steps across atoms need the running sums.
    grid = np.linspace(0.0, 1.0, dimension + 1) * edges[-1]
    atom = np.clip(np.searchsorted(edges, grid, side="right") - 1, 0, len(spectrum) - 1)
    last = np.clip(np.searchsorted(edges, grid, side="left") - 1, 0, len(spectrum) - 1)
    means = np.diff(np.interp(grid, edges, sums)) * dimension
    inside = atom[:-1] == last[1:]
    return Spectrum(np.where(inside, spectrum.eigenvalues[atom[:-1]], means))
