"""Linear algebra of a few rows in floats, or in decimals where floats cancel."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Context, Decimal, localcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import ConvergenceError

__all__ = ["NOTHING", "decimals", "eigen", "enough", "inverse", "precision", "solve"]

Array = NDArray[Any]

EPS = float(np.finfo(float).eps)
#: What rounding may leave of an answer, relative; of one from decimals.
ALLOWED, EXACT = 2e-12, 1e-20
#: Parts of the risk below it, in units of the scales of spectrum and noise, are zeros in disguise.
NOTHING = 1e-30
FIRST, LAST = 40, 1280  # digits
SWEEPS = 100


def enough(answer: Callable[[int | None], tuple[Array, Array]], floor: Array, what: str) -> Array:
    """Return an answer to the last digits of a float, with as many digits as that needs.

    Parameters
    ----------
    answer : function of the digits (None: floats)
        Returns numbers, and their errors per unit of relative rounding.
    floor : array
        Sizes below which a number needs no relative accuracy.
    what : str
        Names the answer in the error.

    Raises
    ------
    ConvergenceError
        If 1280 digits are not enough.
    """
    digits, allowed = None, ALLOWED
    while True:
        with precision(digits) as rounding:
            values, errors = answer(digits)
            found, lost = (np.array(x, dtype=float) for x in (values, errors * rounding))
        if ((lost <= allowed * np.maximum(np.abs(found), floor)) | np.isinf(found)).all():
            return found
        digits, allowed = 2 * digits if digits else FIRST, EXACT
        if digits > LAST:
            raise ConvergenceError(
                f"polynomials in so narrow a law of mask ratios cancel more than {LAST} digits "
                f"{what}; use a lower degree"
            )


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
        return np.asarray(values)
    exact = np.empty(values.size, dtype=object)
    exact[:] = [Decimal(x) for x in values.ravel().tolist()]
    return exact.reshape(values.shape)


def inverse(matrix: Array) -> Array:
    """Return the inverse of a positive matrix."""
    if matrix.dtype != object:
        root = 1 / np.sqrt(np.diag(matrix))  # rows and columns may differ by orders
        scale = np.outer(root, root)
        try:
            return np.asarray(np.linalg.inv(matrix * scale) * scale)
        except np.linalg.LinAlgError:
            return np.full_like(matrix, np.nan)
    factor = _lower_inverse(_cholesky(matrix))
    return np.asarray(factor.T @ factor)


def solve(matrix: Array, right: Array) -> tuple[Array, Any]:
    """Return the solution for a positive matrix of decimals, and how much rounding grows."""
    lower = _cholesky(matrix)
    factor = _lower_inverse(lower)
    growth = (matrix.diagonal() / lower.diagonal() ** 2).max()
    return factor.T @ (factor @ right), growth


def eigen(matrix: Array, total: Array) -> tuple[Array, Array, Any]:
    """Return z, T with T' total T = I, T' matrix T = diag(z), and how much rounding grows.

    `total` is positive.
    """
    if matrix.dtype != object:
        from scipy.linalg import eigh

        root = 1 / np.sqrt(np.diag(total))
        scale = np.outer(root, root)
        try:
            lower = np.linalg.cholesky(total * scale)
            values, vectors = eigh(matrix * scale, total * scale)
        except (np.linalg.LinAlgError, ValueError):  # not in floats
            return np.full(root.size, np.nan), np.full_like(total, np.nan), np.nan
        return values, root[:, None] * vectors, (lower.diagonal() ** -2).max()
    lower = _cholesky(total)
    factor = _lower_inverse(lower)
    values, vectors = _jacobi(factor @ matrix @ factor.T)
    return values, factor.T @ vectors, (total.diagonal() / lower.diagonal() ** 2).max()


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
                if not (abs(a) + abs(b) > abs(a) or abs(c) + abs(b) > abs(c)):
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
