r"""From a masking whose masks of one sample have several ratios to the blocks of its rows.

Each of a sample's K masks draws its own ratio from a law. Given the ratios, rows a and b have

.. math:: E\,z_a z_b' = v_a v_b\,\Sigma + \delta_{ab}\, b_a D, \quad
          E\,z_a y = g_a v_a\,\Sigma\beta

(eq-blocks), with v = q, b = q p, or v = 1, b = p/q where kept entries are rescaled, and g = 1; a
row of loss weight omega has v and g times its root and b times omega.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ridgeless.mask_ratio import SMALLEST, Quadrature
from ridgeless.row_classes import Fill
from ridgeless.row_power import PowerRule
from ridgeless.target import Rows

__all__ = ["RowBlocks", "row_blocks"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class RowBlocks:
    """The blocks of one masking scheme: arrays of shape (1, ratios), in the terms of RowClasses."""

    weight: Array  #: share of the rows that have this ratio
    masked: Array  #: b
    target: Array  #: g
    seen: Array  #: v
    lost: Array  #: (g - v)/g
    count: float  #: chance that a mask makes a row
    sample_masks: float  #: K
    sample_rows: float  #: rows of a sample that has any power
    per_mask: Array  #: kept rows per mask, shape (1,); 0 if none can be used
    masks: Array  #: masks per sample that add rows
    rest: Array  #: what rounding took from `per_mask`
    ridge_shift: Array
    ridge_scale: Array
    bare: Array  #: share of the rows that have no masks
    power: Array  #: theta, shape (powers,)
    chance: Array
    loud: Array

    @property
    def rows(self) -> Array:
        """Kept rows per sample; those of one sample that have no masks are one."""
        return self.per_mask * self.masks

    def powered(self, rule: PowerRule, shared: bool) -> RowBlocks:
        """Return the blocks of samples times the root of a random power (eq-row-power)."""
        return replace(
            self,
            power=rule.inverse,
            chance=rule.weight,
            loud=np.ones_like(rule.inverse) if shared else rule.inverse,
            per_mask=self.per_mask * rule.kept,
            rest=self.rest * rule.kept,
            ridge_scale=self.ridge_scale / rule.kept,
        )


def row_blocks(
    rule: Quadrature, filled: tuple[float, float], rows: Rows, masks: int, loss: Array, fill: Fill
) -> RowBlocks:
    """Return the blocks of `masks` rows per sample whose ratios are drawn from a law.

    Parameters
    ----------
    rule : Quadrature, arrays of shape (ratios,)
    filled : rows that are not empty, per mask, in two floats
    rows : "all" or "masked"
        A row counts always, or with probability p.
    masks : K
    loss : omega, shape (ratios,)
        Weights of rows with these ratios in the loss.
    fill : "zero" or "rescale"
    """
    usable = (rule.keep > 0) & (loss > 0) & ((rule.mask > 0) | (rows == "all"))
    p, keep, chance = (np.atleast_1d(x)[usable] for x in rule)
    omega = np.atleast_1d(loss)[usable]
    p = np.where(p > 0, np.maximum(p, SMALLEST), 0.0)
    counted = chance * p if rows == "masked" else chance
    count, rest = filled
    raised = np.where(rule.mask > 0, np.maximum(rule.mask, SMALLEST), 0.0)
    expected = float(rule.weight @ raised) if rows == "masked" else 1.0
    root = np.sqrt(omega)
    if fill == "rescale":
        seen, masked, lost = root, omega * (p / keep), np.zeros_like(p)
    else:
        seen, masked, lost = root * keep, omega * (keep * p), p
    per_mask, copies, bare = count, float(masks), 0.0
    alone = math.fsum(counted[p == 0])
    if alone > 0:
        # Rows of a sample without masks are all the same: one of them is left (eq-blocks-bare).
        some = -math.expm1(masks * math.log1p(-min(alone, 1.0))) if alone < 1 else 1.0
        per_mask, copies = masks * (count - alone) + some, 1.0
        bare, rest = some / per_mask, 0.0
    total = counted.sum() if counted.size else 1.0
    left = per_mask * copies
    return RowBlocks(
        weight=(counted / total)[None],
        masked=masked[None],
        target=root[None],
        seen=seen[None],
        lost=lost[None],
        count=count,
        sample_masks=float(masks),
        sample_rows=left,
        per_mask=np.array([per_mask if count > 0 else 0.0]),
        masks=np.array([copies]),
        rest=np.array([rest]),
        ridge_shift=np.zeros(1),
        ridge_scale=np.array([masks * expected / left if left > 0 else 1.0]),
        bare=np.array([bare]),
        power=np.ones(1),
        chance=np.ones(1),
        loud=np.ones(1),
    )
