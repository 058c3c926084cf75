"""The distance to a threshold with exact products, and the constants that go with its sign."""

from __future__ import annotations

from ridgeless.numerics.jit import lean_kernel as kernel

__all__ = ["constants", "excess"]


@kernel
def excess(gamma, above, per_mask, masks, kept, total, rest=0.0):
    """Return (gamma above - rows kept total) / (rows total), with exact products (eq-threshold).

    How many directions there are per row, less one. `above` out of `total` directions and a share
    `kept` of the rows = (per_mask + rest) * masks take part, with a rest below rounding.
    """
    count = masks * total
    needed = kept * count
    left, right = gamma * above, per_mask * needed
    exact = product_error(gamma, above, left) - product_error(per_mask, needed, right)
    exact -= per_mask * (kept * product_error(masks, total, count)) + rest * needed
    return ((left - right) + exact) / (per_mask * count)


@kernel
def product_error(x, y, product):
    """Return x y - product without rounding, by splitting both factors (Dekker 1971)."""
    if not 1e-140 < abs(product) < 1e140:
        return 0.0
    split = 134217729.0 * x
    x1 = split - (split - x)
    x2 = x - x1
    split = 134217729.0 * y
    y1 = split - (split - y)
    y2 = y - y1
    return ((x1 * y1 - product) + x1 * y2 + x2 * y1) + x2 * y2


@kernel
def constants(delta, ridge):
    """Return (base, e), whose product is the ridge; both 0 for the homogeneous problem.

    (ridge, 1) with more directions than rows and (1, ridge) otherwise describe the same solution,
    so that the ridgeless limit is no special case on either side (eq-fixed-point). The homogeneous
    problem is the ridgeless threshold, where only m1/m0 is defined.
    """
    if delta == 0.0 and ridge == 0.0:
        return 0.0, 0.0
    return (ridge, 1.0) if delta >= 0.0 else (1.0, ridge)
