r"""A spectrum of any size in a few nodes per octave, to the last digit.

Everything the theory needs of a spectrum is a mean of a rational function of s whose poles lie on
(-inf, 0]. On an octave [x, 2x] such a function is analytic well beyond the interval, wherever the
poles are, and m-point Gauss quadrature for the atoms inside errs by :math:`(3+\sqrt 8)^{-2m}`:
4e-19 for m = 12, uniformly in every parameter. The nodes are the eigenvalues of the Jacobi
matrix that Lanczos iteration finds for the atoms (Golub and Welsch 1969).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ridgeless.numerics.jit import kernel, sum_kernel

__all__ = ["compress"]

Array = NDArray[np.float64]

PER_OCTAVE = 12
BLOCK = 512
SMALL_GROUP = 256


@kernel
def merge_equal(values, masses, merged_values, merged_masses):
    """Merge equal neighbours of sorted `values`; return how many are left."""
    last = 0
    merged_values[0], merged_masses[0] = values[0], masses[0]
    for i in range(1, values.size):
        if values[i] == merged_values[last]:
            merged_masses[last] += masses[i]
        else:
            last += 1
            merged_values[last], merged_masses[last] = values[i], masses[i]
    return last + 1


@sum_kernel
def block_dot(x, y, first, last):
    """Inner product of one block, in vectorised order."""
    total = 0.0
    for i in range(first, last):
        total += x[i] * y[i]
    return total


@kernel
def dot(x, y):
    """Inner product by blocks: the rounding of a long sum stays that of a short one."""
    total = 0.0
    for first in range(0, x.size, BLOCK):
        total += block_dot(x, y, first, min(first + BLOCK, x.size))
    return total


@kernel
def jacobi_matrices(t, masses, edges, matrices, totals):
    """Fill `matrices` (groups, m, m) with the Jacobi matrix of each group of atoms.

    Group j holds the atoms edges[j] ... edges[j + 1] at positions `t` in [-1, 1]. In small groups
    m steps nearly exhaust the atoms, and Lanczos vectors are orthogonalised against all earlier
    ones; in large groups the three-term recurrence keeps them so.
    """
    m = matrices.shape[1]
    for j in range(edges.size - 1):
        first, size = edges[j], edges[j + 1] - edges[j]
        place = t[first : first + size]
        basis = np.empty((m, size))
        row = np.ones(size)
        totals[j] = dot(masses[first : first + size], row)
        for i in range(size):
            basis[0, i] = np.sqrt(masses[first + i] / totals[j])
        for k in range(m):
            for i in range(size):
                row[i] = place[i] * basis[k, i]
            matrices[j, k, k] = dot(row, basis[k])
            if k + 1 == m:
                break
            for previous in range(k, -1 if size <= SMALL_GROUP else max(k - 2, -1), -1):
                overlap = dot(row, basis[previous])
                for i in range(size):
                    row[i] -= overlap * basis[previous, i]
            norm = np.sqrt(dot(row, row))
            matrices[j, k, k + 1] = matrices[j, k + 1, k] = norm
            for i in range(size):
                basis[k + 1, i] = row[i] / norm


def compress(values: Array, masses: Array) -> tuple[Array, Array]:
    """Return nodes and masses whose sums of functions with poles on (-inf, 0] are the same.

    Parameters
    ----------
    values : array, shape (atoms,), in [0, inf), ascending
    masses : array, shape (atoms,), in (0, inf)

    Returns
    -------
    nodes, masses : arrays, ascending
        At most `PER_OCTAVE` per factor two; the atoms themselves where they are few.

    Examples
    --------
    >>> s = np.linspace(1.0, 2.0, 5_000, endpoint=False)
    >>> nodes, masses = compress(s, np.full(s.size, 1 / s.size))
    >>> nodes.size, bool(abs((masses / (nodes + 0.1)).sum() / np.mean(1 / (s + 0.1)) - 1) < 1e-14)
    (12, True)
    """
    distinct, merged = np.empty_like(values), np.empty_like(masses)
    count = merge_equal(values, masses, distinct, merged)
    distinct, merged = distinct[:count], merged[:count]
    octave = np.where(distinct > 0, np.frexp(distinct)[1], -5000)  # zero is a group of its own
    edges = np.flatnonzero(np.diff(octave, prepend=octave[0] - 1, append=octave[-1] + 1))
    crowded = np.diff(edges) > PER_OCTAVE
    if not crowded.any():
        return distinct, merged
    inside = np.repeat(crowded, np.diff(edges))
    # Atoms of the crowded octaves, back to back, each octave mapped to [-1, 1].
    sizes = np.diff(edges)[crowded]
    bounds = np.concatenate(([0], np.cumsum(sizes)))
    low = np.ldexp(0.5, octave[edges[:-1][crowded]])
    middle, half = 1.5 * low, 0.5 * low
    t = (distinct[inside] - np.repeat(middle, sizes)) / np.repeat(half, sizes)
    matrices = np.zeros((sizes.size, PER_OCTAVE, PER_OCTAVE))
    totals = np.empty(sizes.size)
    jacobi_matrices(t, merged[inside], bounds, matrices, totals)
    positions, vectors = np.linalg.eigh(matrices)
    nodes = middle[:, None] + half[:, None] * positions
    shares = totals[:, None] * vectors[:, 0, :] ** 2
    all_nodes = np.concatenate((distinct[~inside], nodes.ravel()))
    all_masses = np.concatenate((merged[~inside], shares.ravel()))
    order = np.argsort(all_nodes)
    return all_nodes[order], all_masses[order]
