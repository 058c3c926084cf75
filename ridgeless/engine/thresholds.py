"""Where rows are as many as directions: decided from counts, never from a solve.

For a spectrum that is eq-threshold, for any ranks eq-dense-threshold.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.row_blocks import RowBlocks
from ridgeless.row_classes import RowClasses

__all__ = ["HUGE", "LINEAR_ALGEBRA", "TINY_RIDGE", "Directions", "Standing", "standing"]

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: In units of the mean eigenvalue; its square root is lost in rounding.
TINY_RIDGE = 1e-40
#: Beyond it a predictor, or its fluctuation, is zero to more than a hundred digits.
HUGE = 1e120
#: Residual of the fixed point that linear algebra may leave.
LINEAR_ALGEBRA = 1e-10


class Directions(NamedTuple):
    """Shares of the d directions in which rows can have something; numbers, or one per cell."""

    bare: float | Array  #: rows without masks: the rank of Sigma over d
    masked: float | Array  #: masked rows: the rank of D over d


class Standing(NamedTuple):
    """How the cells of a grid stand to their thresholds; all of shape (cells,)."""

    delta: Array  #: directions per row, less one
    learns: Flags  #: False where the predictor is 0: no rows, or no usable feature
    gamma: Array  #: the aspect ratio, 0 where nothing fluctuates to more than a hundred digits
    lopsided: Flags  #: to be solved with `TINY_RIDGE`
    edge: Flags  #: a threshold of one kind of rows among others: infinite variance


def standing(
    schemes: RowClasses | RowBlocks,
    scheme: NDArray[np.intp],
    gamma: Array,
    ridge: Array,
    directions: Directions,
) -> Standing:
    """Return how cells stand to their thresholds.

    Parameters
    ----------
    schemes : RowClasses or RowBlocks
    scheme : array of integers, shape (cells,)
        Which scheme a cell has.
    gamma : d/n, shape (cells,)
    ridge : lambda over the mean eigenvalue, shape (cells,)
    directions : Directions

    Notes
    -----
    A cell is lopsided where unmasked rows overfill the span of Sigma while masked rows do not fill
    the rest. That needs zero eigenvalues and a law with an atom at p = 0. Neither rows nor columns
    are then independent, and the ridgeless limit is taken with a ridge too small to matter. Where
    one of the two counts is exactly even, the variance is infinite (eq-threshold).
    """
    masked = np.asarray(((schemes.masked > 0) & (schemes.weight > 0)).any(axis=1))
    # Zero eigenvalues decouple where nothing is masked (eq-drop).
    support = np.where(masked[scheme], directions.masked, directions.bare)
    rows = schemes.rows[scheme]
    with np.errstate(all="ignore"):
        psi = gamma / rows
        # The distance to the threshold, never from a rounded quotient (eq-threshold).
        delta = (gamma * support - rows - schemes.rest[scheme]) / rows
        learns = (rows > 0) & (psi < HUGE) & (ridge * schemes.ridge_scale[scheme] < HUGE)
        gamma = np.where(psi > 1 / HUGE, gamma, 0.0)
    lopsided = edge = np.zeros(scheme.size, dtype=bool)
    if np.any(directions.bare < directions.masked):
        bare = schemes.bare[scheme]
        with np.errstate(all="ignore"):
            excess = bare * rows - gamma * directions.bare
            vacant = gamma * (directions.masked - directions.bare) - (1 - bare) * rows
        mixed = (bare > 0) & (bare < 1) & (ridge == 0) & learns
        lopsided = mixed & (excess >= 0) & (vacant >= 0) & (directions.bare < directions.masked)
        edge = lopsided & ((excess == 0) | (vacant == 0))
    return Standing(delta, learns, gamma, lopsided, edge)
