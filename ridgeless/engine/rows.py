"""What a solve and a read-out ask of the training rows, in classes or in blocks.

Rows enter through sums over what is random in them, at given m1 and m0. `Classes` of rows
(eq-row-class) have plain sums; `Blocks` of the rows of one sample (eq-blocks) have integrals. As of
the resolvent (`ridgeless.engine.resolvent`), these are methods in Python and overloads in compiled
code.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import types
from numba.extending import overload

from ridgeless.engine.blocks import WORK, Blocks, block_predictor, block_sums, block_variance
from ridgeless.engine.sums import Classes, class_predictor, class_sums, class_variance
from ridgeless.row_blocks import RowBlocks
from ridgeless.row_classes import RowClasses

__all__ = ["predictor_sums", "row_sums", "scheme_of", "table_of", "variance_sums"]


def table_of(schemes: RowClasses | RowBlocks) -> Classes | Blocks:
    """Return what enters the sums over the rows of masking schemes."""
    if isinstance(schemes, RowClasses):
        return Classes(
            schemes.weight,
            schemes.kept,
            schemes.masked,
            schemes.surplus,
            schemes.unequal,
            np.ascontiguousarray(schemes.power),
            np.ascontiguousarray(schemes.loud),
        )
    missing = schemes.target * schemes.lost * schemes.seen
    one = np.ones(1)
    return Blocks(
        weight=schemes.weight,
        kept=schemes.seen**2,
        masked=schemes.masked,
        surplus=missing,
        unequal=np.where(missing > 0, 0.0, schemes.masked),
        target=schemes.target,
        seen=schemes.seen,
        lost=schemes.lost,
        power=schemes.power[None],
        chance=schemes.chance[None],
        loud=schemes.loud[None],
        count=schemes.count * one,
        masks=schemes.sample_masks * one,
        rows=schemes.sample_rows * one,
        work=np.zeros((1, WORK, schemes.weight.shape[1])),
    )


def scheme_of(table: Any, k: Any) -> Any:
    """Return the rows of scheme k."""
    return table.at(k)


def row_sums(rows: Any, d0: Any, floor: Any, base: Any, m1: Any, m0: Any) -> Any:
    """Return the sums of the fixed point, `ridgeless.engine.sums.ClassSums`."""
    found = block_sums if isinstance(rows, Blocks) else class_sums
    return found(rows, d0, floor, base, m1, m0)


def predictor_sums(rows: Any, d0: Any, floor: Any, base: Any, m1: Any, m0: Any) -> Any:
    """Return what the mean predictor adds to them: sums of f, v and theta."""
    found = block_predictor if isinstance(rows, Blocks) else class_predictor
    return found(rows, d0, floor, base, m1, m0)


def variance_sums(
    rows: Any,
    d0: Any,
    floor: Any,
    base: Any,
    m1: Any,
    m0: Any,
    u1: Any,
    u0: Any,
    phi: Any,
    left: Any,
) -> Any:
    """Return the design variance, and the noise variance per unit of noise."""
    found = block_variance if isinstance(rows, Blocks) else class_variance
    return found(rows, d0, floor, base, m1, m0, u1, u0, phi, left)


def _is(rows: Any, kind: type) -> bool:
    return isinstance(rows, types.NamedTuple | types.NamedUniTuple) and rows.instance_class is kind


@overload(scheme_of, inline="always")
def _scheme_of(table, k):
    if _is(table, Classes):

        def at(table, k):
            return Classes(
                table.weight[k],
                table.kept[k],
                table.masked[k],
                table.surplus[k],
                table.unequal[k],
                table.power[k],
                table.loud[k],
            )

        return at

    def block(table, k):
        return Blocks(
            table.weight[k],
            table.kept[k],
            table.masked[k],
            table.surplus[k],
            table.unequal[k],
            table.target[k],
            table.seen[k],
            table.lost[k],
            table.power[k],
            table.chance[k],
            table.loud[k],
            table.count[k],
            table.masks[k],
            table.rows[k],
            table.work[k],
        )

    return block


@overload(row_sums, inline="always")
def _row_sums(rows, d0, floor, base, m1, m0):
    if _is(rows, Classes):
        return lambda rows, d0, floor, base, m1, m0: class_sums(rows, d0, floor, base, m1, m0)
    return lambda rows, d0, floor, base, m1, m0: block_sums(rows, d0, floor, base, m1, m0)


@overload(predictor_sums, inline="always")
def _predictor_sums(rows, d0, floor, base, m1, m0):
    if _is(rows, Classes):
        return lambda rows, d0, floor, base, m1, m0: class_predictor(rows, d0, floor, base, m1, m0)
    return lambda rows, d0, floor, base, m1, m0: block_predictor(rows, d0, floor, base, m1, m0)


@overload(variance_sums, inline="always")
def _variance_sums(rows, d0, floor, base, m1, m0, u1, u0, phi, left):
    if _is(rows, Classes):

        def of_classes(rows, d0, floor, base, m1, m0, u1, u0, phi, left):
            return class_variance(rows, d0, floor, base, m1, m0, u1, u0, phi, left)

        return of_classes

    def of_blocks(rows, d0, floor, base, m1, m0, u1, u0, phi, left):
        return block_variance(rows, d0, floor, base, m1, m0, u1, u0, phi, left)

    return of_blocks
