r"""The spectrum seen by one feature: eigenvalues of the covariance without it.

Removing a delocalised feature leaves eigenvalues t_i at the zeros of
:math:`m(z) = \langle 1/(s - z) \rangle`, one between each pair of neighbouring s, and the removed
feature's covariance with the others puts the load :math:`1/m'(t_i)` on them: by the Schur
complement :math:`v'(\Sigma_{-j} - z)^{-1} v = d_0 - z - 1/m(z)` (eq-masked-feature).
"""

from __future__ import annotations

import numpy as np

from ridgeless.numerics.jit import kernel, sum_kernel

__all__ = ["interlace"]

MAX_STEPS = 200
NEARER = 1e-8


@sum_kernel
def pole_sums(from_origin, h, offset):
    """Return m and m' at an offset from the origin that the poles are measured from.

    A sum may be reordered, and (s - origin) - offset would become s - (origin + offset), which has
    no digits of a small offset: the differences are formed elsewhere.
    """
    value = slope = 0.0
    for j in range(from_origin.size):
        inverse = 1.0 / (from_origin[j] - offset)
        value += h[j] * inverse
        slope += h[j] * inverse * inverse
    return value, slope


@kernel
def measure_from(s, origin, differences):
    """Write s - origin."""
    for j in range(s.size):
        differences[j] = s[j] - origin


@kernel
def between(low, high):
    """Return a point between two offsets of one sign, by orders of magnitude.

    A zero is as near to its node as the node's weight is small.
    """
    sign = 1.0 if high > 0.0 else -1.0
    inner, outer = min(abs(low), abs(high)), max(abs(low), abs(high))
    if inner == 0.0:
        return sign * NEARER * outer
    return sign * np.sqrt(inner) * np.sqrt(outer)


@kernel
def interlace(s, h, zeros, loads):
    """Write the zeros of m between neighbouring nodes and the loads 1/m' there.

    Each zero is found as an offset from the nearer node, so that small offsets keep all their
    digits: Newton on m(z) (z - left) (right - z), which is smooth across the gap, inside a
    shrinking bracket.
    """
    from_origin = np.empty(s.size)
    for k in range(s.size - 1):
        width = s[k + 1] - s[k]
        measure_from(s, s[k], from_origin)
        from_left = pole_sums(from_origin, h, 0.5 * width)[0] > 0.0
        origin = s[k] if from_left else s[k + 1]
        measure_from(s, origin, from_origin)
        low, high = (0.0, 0.5 * width) if from_left else (-0.5 * width, 0.0)
        offset = 0.25 * width if from_left else -0.25 * width
        for _ in range(MAX_STEPS):
            value, slope = pole_sums(from_origin, h, offset)
            if value > 0.0:
                high = offset
            else:
                low = offset
            after = offset if from_left else offset + width  # z - left
            before = width - offset if from_left else -offset  # right - z
            product = value * after * before
            step = product / (slope * after * before + value * (before - after))
            moved = offset - step
            if not low < moved < high:
                moved = between(low, high)
            done = abs(moved - offset) <= 4e-16 * abs(moved)
            offset = moved
            if done:
                break
        zeros[k] = origin + offset
        loads[k] = 1.0 / pole_sums(from_origin, h, offset)[1]
