"""The hardware floor: plain passes over the eigenvalues on one thread."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True, fastmath=True)
def one_pass(g, eigenvalues):
    """Sum of e/(g + e), one eigenvalue at a time: each division is checked for a zero."""
    total = 0.0
    for i in range(eigenvalues.size):
        total += eigenvalues[i] / (g + eigenvalues[i])
    return total


@njit(cache=True, nogil=True, fastmath=True, error_model="numpy")
def vector_pass(g, eigenvalues):
    """Sum the same several eigenvalues at a time: the least that any direct evaluation costs."""
    total = 0.0
    for i in range(eigenvalues.size):
        total += eigenvalues[i] / (g + eigenvalues[i])
    return total


@njit(cache=True, nogil=True)
def passes(eigenvalues, count):
    """Run `count` passes, each at another g, so that none can be left out."""
    total = 0.0
    for i in range(count):
        total += one_pass(1.0 + 1e-3 * i, eigenvalues)
    return total


@njit(cache=True, nogil=True)
def vector_passes(eigenvalues, count):
    """Run `count` vectorised passes."""
    total = 0.0
    for i in range(count):
        total += vector_pass(1.0 + 1e-3 * i, eigenvalues)
    return total
