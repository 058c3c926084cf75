r"""A spectrum of any size in a few nodes per octave, to the last digit.

Everything the theory needs of a spectrum is a mean of a rational function of s whose poles lie on
(-inf, 0]. On a band [x, r x] such a function is analytic well beyond the interval, wherever the
poles are, and m-point Gauss quadrature for the atoms inside errs by :math:`\rho^{-2m}` with
:math:`\rho = (\sqrt r + 1)/(\sqrt r - 1)`: 7e-19 for m = 19 on two octaves, uniformly in every
parameter. The nodes are the eigenvalues of the Jacobi matrix that Lanczos iteration finds for the
atoms (Golub and Welsch 1969).

Very many atoms are first cut in 256 slices per octave, in which m = 3 is enough (9e-19):
three Lanczos steps over all atoms instead of nineteen.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.numerics.jit import kernel, sum_kernel

__all__ = ["compress"]

Array = NDArray[np.float64]

BLOCK = 512


class Bands(NamedTuple):
    """Intervals in which atoms are replaced: those whose floats agree but for the last bits."""

    shift: int  # so many last bits; a float has 52 after the octave's
    nodes: int  # what each is replaced by, where it holds more


WIDE, SLICES = Bands(53, 19), Bands(44, 3)
MANY = 2048  # atoms from which slices come first


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
def orthogonalise(row, basis, last):
    """Take the vectors of `basis` up to number `last` out of `row`, from the last on."""
    for previous in range(last, -1, -1):
        overlap = dot(row, basis[previous])
        for i in range(row.size):
            row[i] -= overlap * basis[previous, i]


@kernel
def jacobi_matrices(values, masses, first, last, middle, half, matrices, totals):
    """Fill `matrices` (groups, m, m) with the Jacobi matrix of each group of atoms.

    Group j holds the atoms first[j] ... last[j], about `middle` in units of `half`. m steps may
    nearly exhaust the atoms: Lanczos vectors are orthogonalised against all earlier ones.
    """
    m = matrices.shape[1]
    largest = 0
    for j in range(first.size):
        largest = max(largest, last[j] - first[j])
    room = np.empty((m + 2, largest))
    for j in range(first.size):
        size = last[j] - first[j]
        basis, row, place = room[:m, :size], room[m, :size], room[m + 1, :size]
        for i in range(size):
            place[i] = (values[first[j] + i] - middle[j]) / half[j]
            row[i] = 1.0
        totals[j] = dot(masses[first[j] : last[j]], row)
        for i in range(size):
            basis[0, i] = np.sqrt(masses[first[j] + i] / totals[j])
        for k in range(m):
            for i in range(size):
                row[i] = place[i] * basis[k, i]
            matrices[j, k, k] = dot(row, basis[k])
            if k + 1 == m:
                break
            orthogonalise(row, basis, k)
            norm = np.sqrt(dot(row, row))
            if norm == 0.0:  # fewer atoms than steps to rounding: what follows has no mass
                break
            matrices[j, k, k + 1] = matrices[j, k + 1, k] = norm
            for i in range(size):
                basis[k + 1, i] = row[i] / norm


def replace_crowds(values: Array, masses: Array, bands: Bands) -> tuple[Array, Array]:
    """Return atoms with Gauss nodes in place of those in crowded bands."""
    band = values.view(np.int64) >> bands.shift  # 0 is alone in its band
    edges = np.flatnonzero(np.diff(band, prepend=band[0] - 1, append=band[-1] + 1))
    sizes = np.diff(edges)
    crowded = sizes > bands.nodes
    if not crowded.any():
        return values, masses
    first, last = edges[:-1][crowded], edges[1:][crowded]
    low, high = values[first], values[last - 1]
    middle, half = low + (high - low) / 2, (high - low) / 2
    matrices = np.zeros((first.size, bands.nodes, bands.nodes))
    totals = np.empty(first.size)
    jacobi_matrices(values, masses, first, last, middle, half, matrices, totals)
    positions, vectors = np.linalg.eigh(matrices)
    nodes = middle[:, None] + half[:, None] * positions
    shares = totals[:, None] * vectors[:, 0, :] ** 2
    alone = np.repeat(~crowded, sizes)
    all_nodes = np.concatenate((values[alone], nodes.ravel()))
    all_masses = np.concatenate((masses[alone], shares.ravel()))
    order = np.argsort(all_nodes)
    order = order[all_masses[order] > 0]
    return all_nodes[order], all_masses[order]


def compress(values: Array, masses: Array) -> tuple[Array, Array]:
    """Return nodes and masses whose sums of functions with poles on (-inf, 0] are the same.

    Parameters
    ----------
    values : array, shape (atoms,), in [0, inf), ascending
    masses : array, shape (atoms,), in (0, inf)

    Returns
    -------
    nodes, masses : arrays, ascending
        At most 19 per factor four; the atoms themselves where they are few.

    Examples
    --------
    >>> s = np.linspace(1.0, 2.0, 5_000, endpoint=False)
    >>> nodes, masses = compress(s, np.full(s.size, 1 / s.size))
    >>> nodes.size, bool(abs((masses / (nodes + 0.1)).sum() / np.mean(1 / (s + 0.1)) - 1) < 1e-14)
    (19, True)
    """
    distinct, merged = np.empty_like(values), np.empty_like(masses)
    count = merge_equal(values, masses, distinct, merged)
    distinct, merged = distinct[:count], merged[:count]
    if count > MANY:
        distinct, merged = replace_crowds(distinct, merged, SLICES)
    return replace_crowds(distinct, merged, WIDE)
