"""Linear algebra of a few rows in floats, or in decimals where floats cancel."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Context, Decimal, localcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["decimals", "eigen", "inverse", "precision"]

Array = NDArray[Any]

EPS = float(np.finfo(float).eps)
SWEEPS = 100


@contextmanager
def precision(digits: int | None) -> Iterator[float | Decimal]:
    """Compute with so many digits (None: those of a float); gives the relative rounding."""
    if digits is None:
        with np.errstate(all="ignore"):
            yield EPS
        return
    # No traps: as with floats, infinities and nan pass through.
    with localcontext(Context(prec=digits, traps=[])):
        yield Decimal(10) ** -digits


def decimals(values: Any, digits: int | None) -> Array:
    """Return floats as exact decimals, or as they are if no digits are asked for."""
    values = np.asarray(values, dtype=np.float64)
    if digits is None:
        return values
    exact = np.array([Decimal(float(x)) for x in values.flat] + [None], dtype=object)[:-1]
    return exact.reshape(values.shape)


def inverse(matrix: Array) -> Array:
    """Return the inverse of a positive matrix."""
    if matrix.dtype != object:
        root = 1 / np.sqrt(np.diag(matrix))  # rows and columns may differ by orders
        scale = np.outer(root, root)
        return np.asarray(np.linalg.inv(matrix * scale) * scale)
    factor = _lower_inverse(_cholesky(matrix))
    return np.asarray(factor.T @ factor)


def eigen(matrix: Array, total: Array) -> tuple[Array, Array]:
    """Return z and T with T' total T = I and T' matrix T = diag(z); total is positive."""
    if matrix.dtype != object:
        from scipy.linalg import eigh

        root = 1 / np.sqrt(np.diag(total))
        scale = np.outer(root, root)
        values, vectors = eigh(matrix * scale, total * scale)
        return values, root[:, None] * vectors
    factor = _lower_inverse(_cholesky(total))
    values, vectors = _jacobi(factor @ matrix @ factor.T)
    return values, factor.T @ vectors


def _cholesky(matrix: Array) -> Array:
    size = matrix.shape[0]
    lower = matrix * 0
    for j in range(size):
        rest = matrix[j:, j] - (lower[j:, :j] @ lower[j, :j] if j else 0)
        lower[j:, j] = rest / rest[0].sqrt()
    return lower


def _lower_inverse(lower: Array) -> Array:
    size = lower.shape[0]
    found = lower * 0
    for i in range(size):
        found[i, i] += 1
        for j in range(i):
            found[i] = found[i] - lower[i, j] * found[j]
        found[i] = found[i] / lower[i, i]
    return found


def _jacobi(matrix: Array) -> tuple[Array, Array]:
    """Return the eigenvalues and eigenvectors of a symmetric matrix, by Jacobi's rotations."""
    size = matrix.shape[0]
    matrix = matrix.copy()
    vectors = matrix * 0
    vectors[np.diag_indices(size)] += 1
    for _ in range(SWEEPS):
        turned = False
        for i in range(size):
            for j in range(i + 1, size):
                a, b, c = matrix[i, i], matrix[i, j], matrix[j, j]
                if abs(a) + b == abs(a) and abs(c) + b == abs(c):
                    continue
                turned = True
                theta = (c - a) / (2 * b)
                tangent = 1 / (abs(theta) + (theta * theta + 1).sqrt())
                tangent = tangent if theta >= 0 else -tangent
                cosine = 1 / (tangent * tangent + 1).sqrt()
                sine = tangent * cosine
                for rows in (matrix, matrix.T, vectors.T):  # columns are rows of the transpose
                    one, two = rows[i].copy(), rows[j].copy()
                    rows[i], rows[j] = cosine * one - sine * two, sine * one + cosine * two
        if not turned:
            break
    return matrix.diagonal().copy(), vectors
