"""What is asked: arguments of a call, checked, as one object."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import count, real_array
from ridgeless.errors import DomainError

__all__ = [
    "MANY",
    "Features",
    "HeldOut",
    "Kernel",
    "Question",
    "column_of",
    "labels_of",
    "population_of",
    "samples_of",
    "table_of",
    "tests_of",
]

Array = NDArray[np.float64]
Features = Callable[[Array], ArrayLike]
Kernel = Callable[[Array, Array], ArrayLike]

#: Masks that stand for infinitely many where features are not linear.
MANY = 32
#: Rows that can be learnt from and tested on at all.
LEAST_ROWS = 2


@dataclass(frozen=True)
class HeldOut:
    """Rows to predict."""

    X: Array  #: shape (T, d)
    y: Array | None  #: shape (T, t); None where features are the targets


@dataclass(frozen=True)
class Question:
    """Rows, what is predicted of them, and what a regression sees."""

    X: Array  #: shape (N, d)
    y: Array | None  #: labels, shape (N, t); None where features are the targets
    columns: tuple[int, ...]  #: features that are predicted in turn, without labels
    masked_only: bool  #: whether rows count only where the target is masked
    tests: HeldOut | None  #: None leaves each row out in turn
    features: Features | None
    kernel: Kernel | None

    def featured(self, inputs: Array) -> Array:
        """Return the features of inputs, or say what is wrong with them."""
        if self.features is None:
            return inputs
        found = real_array("features", self.features(inputs))
        if found.ndim != 2 or found.shape[0] != inputs.shape[0] or not found.shape[1]:
            raise DomainError(
                f"features must return a row for each of the {inputs.shape[0]} rows that it is "
                f"given, got shape {found.shape}"
            )
        if not np.isfinite(found).all():
            raise DomainError("features must return finite numbers, got inf")
        return found

    def kernels(self, first: Array, second: Array) -> Array:
        """Return the kernel between two sets of inputs, or say what is wrong with it."""
        assert self.kernel is not None
        found = real_array("kernel", self.kernel(first, second))
        if found.shape != (first.shape[0], second.shape[0]):
            raise DomainError(
                f"kernel must return shape {(first.shape[0], second.shape[0])} for so many rows, "
                f"got {found.shape}"
            )
        if not np.isfinite(found).all():
            raise DomainError("kernel must return finite numbers, got inf")
        return found


def table_of(name: str, value: Any, features: int | None = None) -> Array:
    """Return a finite table of rows, or say what is wrong with it."""
    table = real_array(name, value.to_numpy() if hasattr(value, "to_numpy") else value)
    if table.ndim != 2 or not table.shape[1]:
        raise DomainError(f"{name} must be a table of rows by features, got shape {table.shape}")
    if not np.isfinite(table).all():
        raise DomainError(f"{name} must be finite, got inf")
    if features is None and table.shape[0] < LEAST_ROWS:
        raise DomainError(f"{name} must have at least {LEAST_ROWS} rows, got {table.shape[0]}")
    if features is not None and table.shape[1] != features:
        raise DomainError(f"{name} must have the {features} columns of X, got {table.shape[1]}")
    return table


def labels_of(name: str, value: Any, rows: int) -> Array:
    """Return labels, shape (rows, t)."""
    labels = real_array(name, value.to_numpy() if hasattr(value, "to_numpy") else value)
    if labels.ndim not in (1, 2) or labels.shape[0] != rows or not labels.size:
        raise DomainError(
            f"{name} must hold a label, or a row of them, for each of {rows} rows, got shape "
            f"{labels.shape}"
        )
    if not np.isfinite(labels).all():
        raise DomainError(f"{name} must be finite, got inf")
    return labels.reshape(rows, -1)


def column_of(name: str, value: Any, columns: Sequence[Any] | None, features: int) -> int:
    """Return the number of a column from its number or its name."""
    if isinstance(value, str):
        if columns is None or value not in list(columns):
            known = "X has no column names" if columns is None else f"X has {_some(columns)}"
            raise DomainError(f"{name} must be a column of X, got {value!r}; {known}")
        return list(columns).index(value)
    column = count(name, value, least=0)
    if column >= features:
        raise DomainError(f"{name} must be below {features}, the columns of X, got {column}")
    return column


def _some(columns: Sequence[Any]) -> str:
    shown = ", ".join(map(str, list(columns)[:8]))
    return shown + (", ..." if len(columns) > 8 else "")


def tests_of(test: Any, features: int, labelled: int) -> HeldOut | None:
    """Return the rows to test on; `labelled` is how many labels each must have."""
    if test is None:
        return None
    if labelled:
        if not isinstance(test, tuple) or len(test) != 2:
            raise DomainError("test must be (X_test, y_test) where the target is labels")
        X = table_of("X_test", test[0], features)
        y = labels_of("y_test", test[1], X.shape[0])
        if y.shape[1] != labelled:
            raise DomainError(f"y_test must have {labelled} labels per row, got {y.shape[1]}")
        return HeldOut(X, y)
    if isinstance(test, tuple):
        raise DomainError("test must be X_test alone where the target is a feature of it")
    return HeldOut(table_of("X_test", test, features), None)


def samples_of(samples: Any, rows: int) -> NDArray[np.intp]:
    """Return numbers of samples, each at most so many rows."""
    array = real_array("samples", rows if samples is None else samples)
    wrong = (array != np.floor(array)) | (array < 1) | (array > rows)
    if wrong.any():
        raise DomainError(
            f"samples must be whole numbers from 1 to {rows}, the rows of X, got "
            f"{float(array[wrong].flat[0]):g}: a theory of these rows says nothing about more"
        )
    return np.asarray(array.astype(np.intp))


def population_of(population: Any, samples: NDArray[np.intp], rows: int) -> int:
    """Return M, rows of a population."""
    most = int(samples.max(initial=1))
    if population is None:
        return min(rows, max(4 * most, 800))
    size = count("population", population)
    if not max(most, LEAST_ROWS) <= size <= rows:
        raise DomainError(
            f"population must lie from {max(most, LEAST_ROWS)}, the most samples, to {rows}, the "
            f"rows of X, got {size}"
        )
    return size
