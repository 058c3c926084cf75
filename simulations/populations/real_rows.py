"""Rows of a data set as a design."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless import DomainError, Spectrum
from ridgeless.checks import real_array
from simulations.populations.designs import Population
from simulations.running.identity import Record, array_digest
from simulations.running.threads import one_thread

__all__ = ["RealRows"]

Array = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class RealRows:
    """Rows of a data set: the finite data set is the population.

    Parameters
    ----------
    table : array_like, X, shape (rows, d), finite
        Features in columns; they are standardised here. No column may be constant.
    name : str
        What to call it in tables.
    places : array_like of integers, shape (d, 2), optional
        Row and column of each feature in an image, for patches.
    replace : bool
        Whether a trial may draw a row more than once; its test inputs are then all rows. Without
        replacement they are the rows that it left, and it must leave some.

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
    places: ArrayLike | None = None
    replace: bool = True

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
        # In one thread, as in a worker: the last digits do not depend on where it is computed.
        with one_thread():
            matrix = self.rows.T @ self.rows / self.rows.shape[0]
        np.fill_diagonal(matrix, 1.0)
        return np.asarray(matrix)

    @cached_property
    def spectrum(self) -> Spectrum:
        """Its eigenvalues; those within rounding of zero are zero."""
        with one_thread():
            return Spectrum.from_covariance(self.correlation)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the standardised table."""
        return array_digest(self.rows)

    @property
    def row_power(self) -> None:
        """None: whatever power rows have is not known as a law."""

    @property
    def has_independent_noise(self) -> bool:
        """False: real features are not jointly Gaussian."""
        return False

    @property
    def label(self) -> str:
        """What tables call it."""
        return f"rows of {self.name}"

    def record(self) -> Record:
        """Return the digest of the table, whatever its name."""
        record: Record = {"name": "rows", "table": self.digest}
        return record if self.replace else record | {"replace": False}

    def distinct(self) -> RealRows:
        """Return the same rows, drawn without replacement."""
        rows = copy.copy(self)
        object.__setattr__(rows, "replace", False)
        return rows

    def fixed_spectrum(self) -> Spectrum | None:
        """Return the spectrum of the data's own correlation matrix."""
        return self.spectrum

    def patches(self, size: int, dimension: int) -> tuple[int, ...]:
        """Group pixels into squares if the features have places, else neighbouring features."""
        if self.places is None:
            return tuple(j // size for j in range(dimension))
        squares = np.asarray(self.places, dtype=int) // size
        return tuple((squares[:, 0] * (squares[:, 1].max() + 1) + squares[:, 1]).tolist())

    def population(self, spectrum: Spectrum, rng: np.random.Generator) -> Population:
        """Return the data's own correlation matrix; nothing is drawn."""
        from scipy.linalg import eigh

        vectors = eigh(self.correlation, driver="evd")[1]
        return Population(self.correlation, np.array(self.spectrum.eigenvalues), vectors)

    def draw(self, population: Population, size: int, rng: np.random.Generator) -> Array:
        """Draw rows of the table."""
        many = self.rows.shape[0]
        if self.replace:
            return self.rows[rng.integers(many, size=size)]
        if size >= many:
            raise DomainError(
                f"samples must be fewer than the {many} rows of {self.name}, which are drawn "
                f"without replacement, got {size}"
            )
        return self.rows[rng.permutation(many)[:size]]

    def unseen(self, rows: Array) -> Array:
        """Return the second moment of the rows that are left, shape (d, d)."""
        many = self.rows.shape[0]
        rest = many * self.correlation - rows.T @ rows
        return np.asarray(rest / (many - rows.shape[0]))

    def __eq__(self, other: object) -> bool:
        """Compare the tables."""
        if not isinstance(other, RealRows):
            return False
        return self.replace == other.replace and self.digest == other.digest

    def __hash__(self) -> int:
        """Hash the table."""
        return hash((self.digest, self.replace))

    def __repr__(self) -> str:
        """Show the name and the shape."""
        return f"RealRows({self.name!r}, {self.rows.shape[0]} x {self.rows.shape[1]})"
