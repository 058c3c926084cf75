"""Rows that are not independent: copies of each other, and neighbours in an order."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Dependence", "copies", "order"]

Array = NDArray[np.float64]
Labels = NDArray[np.intp]

NEAR = 0.1  # of the median distance: rows nearer than that may be copies
HALF = 0.5
MOST_ROWS = 3000  # whose distances are all looked at; of more a sample decides
BY_CHANCE, FEW_PAIRS = 3.0, 0.01
ORDERS, LEAST_Z, LEAST_CORRELATION = 60, 4.0, 0.1
BLOCKS = 10
ITERATIONS, MOST_SHARE = 5, 0.5
WORTH_SAYING = 1.05


@dataclass(frozen=True)
class Dependence:
    """What was found, and parts (training rows, test rows) that are independent of each other."""

    said: str
    parts: list[tuple[Labels, Labels]]
    pieces: int  # independent ones that the rows amount to
    variance: float = 1.0  # of new rows, beside that of these about their own mean


def copies(Z: Array, rng: np.random.Generator) -> Dependence | None:
    """Look for groups of rows that nearly coincide, and more often than chance has it.

    Chance: pairs as near as those at half the median distance and at the median itself let expect,
    a power law whose exponent is the dimension that the rows fill; and pairs of a table whose
    columns were shuffled apart, for rows of few values.
    """
    n = len(Z)
    some = np.arange(n) if n <= MOST_ROWS else np.sort(rng.choice(n, MOST_ROWS, replace=False))
    distances = _distances(Z if some.size == n else Z[some])
    median = float(np.median(distances))
    if median == 0:
        return None
    near, half = np.mean(distances < NEAR * median), np.mean(distances < HALF * median)
    dimension = np.log(0.5 / half) / np.log(2) if half > 0 else np.inf
    expected = half * (NEAR / HALF) ** max(dimension, 1.0) if half > 0 else 0.0
    pairs = distances.size
    found = near * pairs
    least = max(3.0, FEW_PAIRS * some.size)
    if found <= BY_CHANCE * expected * pairs + least:
        return None
    shuffled = np.stack([rng.permutation(column) for column in Z[some].T], axis=1)
    if found <= BY_CHANCE * np.sum(_distances(shuffled) < NEAR * median) + least:
        return None
    member = _components(Z, NEAR * median)
    sizes = np.bincount(member)
    if sizes.max() > n / 2 or np.sum(sizes[sizes > 1]) < 0.02 * n:
        return None
    pieces = sizes.size
    together = np.sum(sizes[sizes > 1])
    said = (
        f"{together} of {n} rows are copies, or nearly, of others: {pieces} of them differ. A copy "
        "tells the left-out row, so copies were left out together; drop them, or expect new rows "
        "to show the larger error that is given here."
    )
    folds = min(pieces, BLOCKS)
    fold = rng.permutation(pieces)[member] % folds
    every = np.arange(n)
    parts = [(every[fold != k], every[fold == k]) for k in range(folds)]
    return Dependence(said, parts, pieces)


def order(Z: Array, rng: np.random.Generator) -> Dependence | None:
    """Look for neighbouring rows that are alike, as in time series and sorted tables."""
    n = len(Z)
    # Rows of one size, so that no large one decides.
    rows = _coordinates(Z)
    rows /= np.maximum(np.sqrt(np.mean(rows**2, axis=1)), 1e-12)[:, None]
    rows -= rows.mean(axis=0)
    power = float(np.mean(np.square(rows)))

    def alike(lag: int, at: Labels | None = None) -> float:
        moved = rows if at is None else rows[at]
        products = np.einsum("ij,ij->i", moved[:-lag], moved[lag:])
        return float(np.mean(products) / (rows.shape[1] * power))

    neighbours = alike(1)
    if neighbours <= LEAST_CORRELATION:
        return None
    random = np.array([alike(1, rng.permutation(n)) for _ in range(ORDERS)])
    if neighbours <= random.mean() + LEAST_Z * random.std():
        return None
    found = np.array([alike(lag) for lag in range(1, n // 4 + 1)])
    # A series stays near its own mean, which lowers its correlations and its variance by a share.
    share = 0.0
    for _ in range(ITERATIONS):
        true = share + (1 - share) * found
        low = np.flatnonzero(true < LEAST_CORRELATION)
        far = int(low[0]) + 1 if low.size else n // 4
        share = min((1 + 2 * float(true[:far].sum())) / n, MOST_SHARE)
    length = max(n // BLOCKS, 1)
    every = np.arange(n)
    parts = []
    for start in range(0, n - length // 2, length):
        stop = min(start + length, n) if start + length + length // 2 <= n else n
        away = (every < start - far) | (every >= stop + far)
        if np.count_nonzero(away) >= max(3, n // 10):
            parts.append((every[away], every[start:stop]))
    variance = 1 / (1 - share)
    more = f", and new rows taken to vary {variance:.2g} times as much as these"
    said = (
        f"Neighbouring rows are alike (correlation {neighbours:.2f}, and above {LEAST_CORRELATION} "
        f"up to {far} rows apart), as in a series or a sorted table. Neighbours tell the left-out "
        f"row, so blocks of {length} were left out with {far} rows on either side"
        f"{more if variance >= WORTH_SAYING else ''}; if the order means nothing, shuffle the rows."
    )
    return Dependence(said, parts, max(n // max(far, 1), 1), variance)


def _coordinates(Z: Array) -> Array:
    """Return rows with the same products in at most as many columns as rows."""
    if Z.shape[1] <= Z.shape[0]:
        return Z.copy()
    values, vectors = np.linalg.eigh(Z @ Z.T)
    return np.asarray(vectors * np.sqrt(np.maximum(values, 0.0)))


def _distances(rows: Array) -> Array:
    """Return the distances of all pairs of rows."""
    gram = rows @ rows.T
    power = gram.diagonal()
    above = np.triu_indices(len(rows), 1)
    square = power[above[0]] + power[above[1]] - 2 * gram[above]
    return np.asarray(np.sqrt(np.maximum(square, 1e-14 * power.max())))


def _components(rows: Array, near: float) -> Labels:
    """Return the component of each row, where rows nearer than that are joined."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    n = len(rows)
    power = np.einsum("ij,ij->i", rows, rows)
    first, second = [], []
    for start in range(0, n, MOST_ROWS):
        chunk = slice(start, start + MOST_ROWS)
        square = power[chunk, None] + power - 2 * rows[chunk] @ rows.T
        i, j = np.nonzero(square < near**2)
        first.append(i + start)
        second.append(j)
    at = np.concatenate(first), np.concatenate(second)
    graph = coo_array((np.ones(at[0].size, dtype=bool), at), shape=(n, n))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.intp)
