"""The hardware floor: plain passes over the eigenvalues on one thread."""

from __future__ import annotations

from numba import njit


@njit(cache=True, nogil=True, fastmath=True)
def one_pass(g, eigenvalues):
    """Sum of e/(g + e): the least that any direct evaluation costs."""
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
