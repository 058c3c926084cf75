"""A table in memory, whatever it is held in, as numbers and the names of its columns."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import real_array
from ridgeless.errors import DomainError

__all__ = ["rows_of"]

Array = NDArray[np.float64]

LEAST_ROWS = 10
FILL = "drop the rows or columns that do, or fill them in"


def rows_of(X: ArrayLike, name: str = "X") -> tuple[Array, tuple[str, ...]]:
    """Return a finite table of samples by features and the names of its columns, () of none.

    Data frames, masked arrays, SciPy's sparse matrices, tensors and what NumPy makes an array of.

    Raises
    ------
    DomainError
        If it is no such table; the sentence names the first column that is not.
    """
    given: Any = X
    names: tuple[str, ...] = ()
    if hasattr(given, "columns") and hasattr(given, "dtypes"):
        names = tuple(map(str, given.columns))
        table = _of_frame(given, names, name)
    elif hasattr(given, "names") and hasattr(given, "values"):  # what the reader of tables read
        names, table = tuple(given.names), _of_array(given.values, name)
    else:
        table = _of_array(given, name)
    if table.ndim != 2:
        raise DomainError(f"{name} must be a table of samples by features, got shape {table.shape}")
    if not np.isfinite(table).all():
        raise DomainError(f"{name} must be finite, got an infinite entry")
    samples, features = table.shape
    if samples < LEAST_ROWS:
        raise DomainError(f"{name} must have at least {LEAST_ROWS} rows, got {samples}")
    if features == 0:
        raise DomainError(f"{name} must have at least one column, got none")
    return table, names


def _of_frame(frame: Any, names: tuple[str, ...], name: str) -> Array:
    """Return a data frame's numbers; nullable types keep their missing values until here."""
    columns = []
    for place, label in enumerate(names):
        column = frame.iloc[:, place] if hasattr(frame, "iloc") else frame[label]
        said = f"column {place} ({label!r}) of {name}"
        try:
            values = (
                column.to_numpy(dtype=np.float64, na_value=np.nan)
                if hasattr(frame, "iloc")
                else np.asarray(column.to_numpy(), dtype=np.float64)
            )
        except (TypeError, ValueError):
            raise DomainError(
                f"{said} must be real numbers, got {column.dtype}: drop it, or make numbers of it"
            ) from None
        if np.isnan(values).any():
            count = int(np.isnan(values).sum())
            raise DomainError(f"{said} must not have missing values, got {count}: {FILL}")
        columns.append(values)
    return np.stack(columns, axis=1) if columns else np.empty((len(frame), 0))


def _of_array(given: Any, name: str) -> Array:
    given = _unwrapped(given, name)
    array = np.asarray(given) if not isinstance(given, (list, tuple)) else given
    if isinstance(array, np.ndarray) and array.dtype == bool:
        array = array.astype(np.float64)
    if isinstance(array, np.ndarray) and array.dtype == object:
        _refuse_missing(array, name)
    if isinstance(array, np.ndarray) and array.dtype == np.float64 and not np.isnan(array).any():
        return array  # a wide table is not copied
    try:
        return real_array(name, array)
    except DomainError as error:
        if "nan" in str(error):
            raise DomainError(f"{name} must not have missing values (nan): {FILL}") from None
        raise


def _unwrapped(given: Any, name: str) -> Any:
    """Return what a container of another library holds."""
    sparse = sys.modules.get("scipy.sparse")
    if sparse is not None and sparse.issparse(given):
        return given.toarray()
    if isinstance(given, np.ma.MaskedArray):
        count = int(np.ma.getmaskarray(given).sum())
        if count:
            raise DomainError(
                f"{name} must not have missing values, got {count} that are masked: {FILL}"
            )
        return given.data
    if hasattr(given, "detach"):
        return given.detach().cpu().numpy()
    return given.to_numpy() if hasattr(given, "to_numpy") else given


def _refuse_missing(array: NDArray[Any], name: str) -> None:
    pandas = sys.modules.get("pandas")
    gone = [x for x in array.ravel() if x is None or (pandas is not None and x is pandas.NA)]
    if gone:
        raise DomainError(
            f"{name} must not have missing values, got {len(gone)} of {gone[0]!r}: {FILL}"
        )
