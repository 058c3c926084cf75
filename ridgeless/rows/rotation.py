"""Rows of a sample turned so that none repeats another."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.rows.blocks import apply
from ridgeless.rows.dual import KernelRows
from ridgeless.rows.infinitely_many import MarginalRows
from ridgeless.rows.primal import FeatureRows

__all__ = ["Rotated", "Rows", "rotated"]

Array = NDArray[np.float64]
Rows = FeatureRows | KernelRows | MarginalRows

#: A row is none if its square is below this share of its sample's.
BLANK = 1e-14


class Rotated(NamedTuple):
    """Samples in which every row is orthogonal to the others of its sample, or absent."""

    space: Rows
    targets: Array
    present: NDArray[np.bool_]  #: shape (B, K)

    @property
    def absent(self) -> Array:
        """One on the diagonal where a row is absent, shape (B, K, K)."""
        return np.asarray(np.eye(self.present.shape[1]) * ~self.present[:, :, None])


def rotated(space: Rows, targets: Array) -> Rotated:
    """Rotate the rows of each sample, and its targets alike, which changes no loss.

    Rows that others of the sample repeat become rows of zeros, as hidden ones are.
    """
    norms = space.norms
    if norms.shape[1] == 1:
        present = norms[:, :, 0] > 0
        return Rotated(space, targets * present[:, :, None], present)
    assert not isinstance(space, MarginalRows)
    values, vectors = np.linalg.eigh(norms)
    present = values > BLANK * values[:, -1:].clip(min=np.finfo(float).tiny)
    turn = vectors.swapaxes(1, 2) * present[:, :, None]
    if isinstance(space, FeatureRows):
        space = replace(space, rows=apply(turn, space.rows))
    else:
        gram = np.einsum("bkl,blcm->bkcm", turn, space.gram, optimize=True)
        gram = np.einsum("bkcm,cnm->bkcn", gram, turn, optimize=True)
        cross = np.einsum("tbl,bkl->tbk", space.cross, turn)
        space = replace(space, gram=gram, cross=cross)
    return Rotated(space, apply(turn, targets), present)
