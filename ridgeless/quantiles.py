"""Any spectrum as that of d directions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ridgeless.spectrum import Spectrum

__all__ = ["multiplicities", "quantized"]

# How far from an integer an atom's multiplicity may be through rounding of its weight.
WHOLE = 1e-9


def multiplicities(spectrum: Spectrum, dimension: int) -> NDArray[np.intp] | None:
    """Return how many of d directions each atom holds, or None if some are not whole numbers."""
    counts = spectrum.weights * dimension
    whole = np.rint(counts).astype(np.intp)
    if (np.abs(counts - whole) > WHOLE * dimension).any() or whole.sum() != dimension:
        return None
    return whole


def quantized(spectrum: Spectrum, dimension: int) -> Spectrum:
    """Return the spectrum of `dimension` equally weighted eigenvalues that stands for `spectrum`.

    Atoms that hold whole numbers of directions are repeated exactly. Otherwise eigenvalue i is
    the mean of the quantile function over ((i - 1)/d, i/d), which keeps the mean.

    Examples
    --------
    >>> quantized(Spectrum([1.0, 5.0], weights=[3, 1]), 4).eigenvalues
    array([1., 1., 1., 5.])
    >>> quantized(Spectrum([1.0, 5.0], weights=[3, 1]), 2).eigenvalues
    array([1., 3.])
    """
    counts = multiplicities(spectrum, dimension)
    if counts is not None:
        return Spectrum(np.repeat(spectrum.eigenvalues, counts))
    edges = np.concatenate([[0.0], np.cumsum(spectrum.weights)])
    sums = np.concatenate([[0.0], np.cumsum(spectrum.weights * spectrum.eigenvalues)])
    # Steps inside one atom see it exactly; only steps across atoms need the running sums.
    grid = np.linspace(0.0, 1.0, dimension + 1) * edges[-1]
    atom = np.clip(np.searchsorted(edges, grid, side="right") - 1, 0, len(spectrum) - 1)
    last = np.clip(np.searchsorted(edges, grid, side="left") - 1, 0, len(spectrum) - 1)
    means = np.diff(np.interp(grid, edges, sums)) * dimension
    inside = atom[:-1] == last[1:]
    return Spectrum(np.where(inside, spectrum.eigenvalues[atom[:-1]], means))
