r"""The population spectrum behind a data matrix.

Sample eigenvalues are spread out by noise: with n samples of d features their resolvent obeys the
Marchenko-Pastur law. With c = d/n and the companion transform

.. math:: v(-l) = c\,\langle 1/(\hat s + l) \rangle + (1 - c)/l

of the sample eigenvalues, the population's weights h on a grid of s solve

.. math:: 1 - l\,v = c \sum_k h_k \frac{s_k v}{1 + s_k v} ,

which is linear in h: nonnegative least squares over some sixty points l. The idea of inverting the
map is El Karoui's (2008) and Ledoit and Wolf's (2015); the linear form and its use are ours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.errors import DomainError, real_array

__all__ = ["estimate_atoms", "standardized"]

Array = NDArray[np.float64]

LEAST_ROWS = 10
POINTS, GRID = 60, 240
LOWEST = 1e-3  # smallest eigenvalue on the grid, in units of the mean
CONSTRAINT = 100.0  # weight of the two exact equations beside the sampled ones


def standardized(X: ArrayLike, standardize: bool = True, name: str = "X") -> Array:
    """Return centred columns, of unit variance if `standardize`, or say what is wrong with them."""
    given: Any = X.to_numpy() if hasattr(X, "to_numpy") else X
    try:
        table = real_array(name, given)
    except DomainError as error:
        if "nan" in str(error):
            raise DomainError(
                f"{name} must not have missing values (nan): drop the rows or columns that do, "
                "or fill them in"
            ) from None
        raise
    if table.ndim != 2:
        raise DomainError(f"{name} must be a table of samples by features, got shape {table.shape}")
    if not np.isfinite(table).all():
        raise DomainError(f"{name} must be finite, got an infinite entry")
    samples, features = table.shape
    if samples < LEAST_ROWS:
        raise DomainError(f"{name} must have at least {LEAST_ROWS} rows, got {samples}")
    if features == 0:
        raise DomainError(f"{name} must have at least one column, got none")
    table = table - table.mean(axis=0)
    deviations = table.std(axis=0)
    still = deviations <= 1e-12 * max(float(np.abs(given).max()), 1e-300)
    if standardize:
        if still.any():
            raise DomainError(
                f"{name} must vary in every column; {int(still.sum())} of {features} are constant "
                f"(the first is column {int(np.argmax(still))}): drop them"
            )
        table = table / deviations
    return table


def estimate_atoms(table: Array) -> tuple[Array, Array]:
    """Return eigenvalues and weights of the population behind centred rows."""
    from scipy.linalg import eigvalsh
    from scipy.optimize import nnls

    samples, features = table.shape
    if features <= samples:
        values = eigvalsh(table.T @ table / samples)
    else:
        values = eigvalsh(table @ table.T / samples)
    values = np.maximum(values, 0.0)
    rank = int(np.count_nonzero(values > values[-1] * features * 1e-14))
    # Exact collinearity shows when there are samples enough: those directions carry nothing.
    present = rank if rank < min(samples - 1, features) else features
    values = np.sort(values)[-rank:]
    mean = float(values.sum()) / present
    values = np.concatenate((np.zeros(present - rank), values / mean))
    top = float(values[-1])

    ratio = present / (samples - 1)
    points = np.geomspace(1e-2 * min(1.0, float(np.median(values)) + 0.1), 10 * top, POINTS)
    companion = ratio * np.mean(1 / (values[:, None] + points), axis=0) + (1 - ratio) / points
    grid = np.geomspace(min(LOWEST, top), top, GRID)
    seen = grid * companion[:, None]
    target = 1 - points * companion
    system = ratio * (seen / (1 + seen)) / target[:, None]
    # The weights sum to one, and so does the mean eigenvalue: known, not estimated.
    system = np.vstack((system, CONSTRAINT * np.ones(GRID), CONSTRAINT * grid))
    right = np.concatenate((np.ones(POINTS), [CONSTRAINT, CONSTRAINT]))
    weights, _ = nnls(system, right, maxiter=50 * GRID)
    kept = weights > 1e-10 * weights.sum()
    atoms, shares = grid[kept] * mean, weights[kept] / weights[kept].sum()
    if present == features:
        return atoms, shares
    missing = 1 - present / features
    return np.append(0.0, atoms), np.append(missing, shares * (1 - missing))
