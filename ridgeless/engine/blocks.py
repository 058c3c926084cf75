r"""The sums over samples whose masks each have a ratio of their own (eq-blocks).

The K rows of a sample then do not part into classes: what a class has as 1/g is here the inverse
of a K x K matrix, a diagonal one plus one of rank one. Its means over the ratios are integrals of
products of one-dimensional sums (eq-blocks-laplace),

.. math:: \frac1{1 + m_1 Q} = \int_0^\infty e^{-t}\, e^{-t m_1 Q}\, dt ,

since Q is a sum over independent masks. All terms are positive.

The integrand is summed over logarithmic steps of t, three to a factor of two: its error,
exp(-pi^2/h), is then below rounding. What lies before the first step is a polynomial, which the
first four steps know. And :math:`e^{-2x} - 1 = (e^{-x} - 1)(e^{-x} + 1)` gives all
later exponentials from the first three (and squares those that are small).
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.sums import ClassSums
from ridgeless.numerics.jit import sum_kernel

__all__ = ["WORK", "Blocks", "block_predictor", "block_sums", "block_variance"]

Array = NDArray[np.float64]

STEP = math.log(2.0) / 3.0
#: The first and the last t, over the scale at which anything decays, and absolute.
FIRST, LAST = 2e-4, math.exp(4.0)
#: The ridgeless limit of a row without masks: at least so much of the signal's variance is left.
BARE = 1e-20
#: Scratch arrays that the sums need, one number per ratio.
WORK = 9


def _before(power: int) -> Array:
    """Return weights of the first four nodes, in units of the first, for those before them.

    Before it the integrand is t to the `power` times a polynomial, to the last digit: the sum of a
    geometric series for each of its terms.
    """
    nodes = np.exp(STEP * np.arange(4))
    terms = np.arange(4)[:, None]
    ratio = np.exp(-STEP * (terms[:, 0] + power))
    return np.linalg.solve(nodes**terms, STEP * ratio / (1 - ratio))


ONE, TWO = _before(1), _before(2)


class Blocks(NamedTuple):
    """Samples of K masks with ratios from a law; arrays of shape (ratios,), or of several."""

    weight: Any  #: share of the rows that have this ratio
    kept: Any  #: a = v^2
    masked: Any  #: b
    surplus: Any  #: (g - v) v
    unequal: Any  #: b - (g - v) v
    target: Any  #: g, the target of such a row in units of y
    seen: Any  #: v: the row carries the signal v times
    lost: Any  #: (g - v)/g
    power: Any  #: theta, shape (powers,)
    chance: Any  #: of these powers
    loud: Any  #: by how much the noise of the target counts
    count: Any  #: chance that a mask makes a row
    masks: Any  #: K
    rows: Any  #: per sample; rows without masks of one sample are one
    work: Any  #: scratch, shape (WORK, ratios)

    def fresh(self) -> Blocks:
        """Return the same with scratch of its own."""
        return self._replace(work=self.work.copy())

    def at(self, k: int) -> Blocks:
        """Return the scheme k."""
        return Blocks(*(x[k] for x in self))


class Ends(NamedTuple):
    """Of an integral over t: where it begins, and in how many steps it ends."""

    first: float
    steps: int


@sum_kernel
def power_of(log_base, exponent):
    """Return exp(exponent log_base), one for the exponent 0 whatever the base."""
    return 1.0 if exponent == 0.0 else math.exp(exponent * log_base)


@sum_kernel
def others_of(gone, many):
    """Return ln L of one mask, L = 1 + gone, and what 1, 2 and 3 masks leave of L^masks.

    L^(masks - 1) and so on, times the number of ways to choose the others of 2 and of 3.
    """
    log_l = math.log1p(gone) if gone > -1.0 else -math.inf
    p2 = (many - 1.0) * power_of(log_l, many - 2.0) if many > 1.0 else 0.0
    p3 = (many - 1.0) * (many - 2.0) * power_of(log_l, many - 3.0) if many > 2.0 else 0.0
    return log_l, power_of(log_l, many - 1.0), p2, p3


@sum_kernel
def one_bare(log_l, bare, rest_y, m1, many):
    """Return base times the trace of 1/G over the one row that a sample's bare ones are.

    `bare` is what they add to L, `rest_y` the sum F[y] over the other ratios (eq-blocks-bare).
    """
    some = math.exp(log_l)
    log_rest = math.log1p(-bare / some) if bare < some else -math.inf
    more = -power_of(log_l, many) * math.expm1(many * log_rest)
    fewer = 0.0
    if many > 1.0:
        fewer = -power_of(log_l, many - 1.0) * math.expm1((many - 1.0) * log_rest)
    return more + m1 * many * rest_y * fewer


@sum_kernel
def prepare(rows, unit, base, m1, m0):
    """Fill x = 1/h, and the first three exp(-t m1 v^2/h) - 1; return the ends of the integral."""
    x, low, high = rows.work[0], rows.work[1:4], rows.work[4:7]
    top = 0.0
    for j in range(x.size):
        square = rows.seen[j] * rows.seen[j]
        h = base + rows.masked[j] * unit * m0
        if rows.masked[j] == 0.0:
            h = max(h, BARE * m1 * square)
        x[j] = 1.0 / h
        top = max(top, m1 * square * x[j])
    first = FIRST / (1.0 + rows.masks * top)
    for c in range(3):
        t = first * math.exp(c * STEP) * m1
        for j in range(x.size):
            low[c, j] = math.expm1(-t * rows.seen[j] * rows.seen[j] * x[j])
            high[c, j] = 1.0 + low[c, j]
    return Ends(first, math.ceil(math.log(LAST / first) / STEP))


@sum_kernel
def block_sums(rows, d0, floor, base, m1, m0):
    """Sums over blocks in the form of those over row classes; index 0 in units of `floor`."""
    unit, many = d0 / floor, rows.masks
    alpha = beta = a1 = b1 = a11 = a10 = a00 = ones = 0.0
    x = rows.work[0]
    for place in range(rows.power.size):
        theta, chance = rows.power[place], rows.chance[place]
        if base == 0.0:  # the power is nowhere but beside the base
            if place > 0:
                break
            chance = 1.0
        ends = prepare(rows, unit, base * theta, m1, m0)
        for i in range(ends.steps):
            em, ex = rows.work[1 + i % 3], rows.work[4 + i % 3]
            t = ends.first * math.exp(i * STEP)
            gone = f_y = f_b = f_yy = f_by = f_bb = f_xy = f_bxx = f_x = 0.0
            bare = bare_y = 0.0
            for j in range(x.size):
                w = rows.weight[j] * rows.count
                low = em[j]
                gone += w * low
                e = w * ex[j]
                y = rows.seen[j] * rows.seen[j] * x[j]
                b = rows.masked[j] * unit * x[j]
                f_y += e * y
                f_b += e * b
                f_yy += e * y * y
                f_by += e * b * y
                f_bb += e * b * b
                f_xy += e * x[j] * y
                f_bxx += e * b * x[j]
                masked = 1.0 if rows.masked[j] > 0.0 else 0.0
                f_x += masked * e * x[j]
                bare += (1.0 - masked) * e
                bare_y += (1.0 - masked) * e * y
                low = low * (2.0 + low)
                em[j], ex[j] = low, 1.0 + low if low > -0.5 else ex[j] * ex[j]
            log_l, p1, p2, p3 = others_of(gone, many)
            scale = chance * math.exp(-t) * (many / rows.rows)
            int1, int2 = scale * STEP * t, scale * STEP * t * t
            if i < 4:
                int1 += scale * ONE[i] * ends.first
                int2 += scale * TWO[i] * ends.first * ends.first
            others = p1 + m1 * p2 * f_y
            both = p1 + 2.0 * m1 * p2 * f_y + m1 * m1 * (p2 * f_yy + p3 * f_y * f_y)
            alpha += int1 * f_y * p1
            beta += int1 * f_b * others
            a11 += int2 * (f_yy * p1 + f_y * f_y * p2)
            a10 += int2 * f_by * p1
            a00 += int2 * (f_bb * both + m1 * m1 * p2 * f_by * f_by)
            if base > 0.0:
                a1 += int2 * theta * f_xy * p1
                b1 += int2 * theta * (f_bxx * both + m1 * m1 * p2 * f_by * f_xy)
                ones += int1 * theta * f_x * others
                if bare > 0.0:
                    ones += int1 / (many * base) * one_bare(log_l, bare, f_y - bare_y, m1, many)
    y = base * ones
    if y <= 0.5:
        return ClassSums(alpha, beta, a1, b1, a11, a10, a00, y, a1, b1, 0.0, 1.0)
    return ClassSums(alpha, beta, a1, b1, a11, a10, a00, 0.0, 0.0, 0.0, alpha * m1 + beta * m0, 0.0)


@sum_kernel
def block_predictor(rows, d0, floor, base, m1, m0):
    """Sums of f, v and theta in the form of those over row classes (eq-blocks-predictor)."""
    unit, many = d0 / floor, rows.masks
    extra = unequal = 0.0
    x = rows.work[0]
    for place in range(rows.power.size):
        theta, chance = rows.power[place], rows.chance[place]
        if base == 0.0:
            if place > 0:
                break
            chance = 1.0
        ends = prepare(rows, unit, base * theta, m1, m0)
        for i in range(ends.steps):
            em, ex = rows.work[1 + i % 3], rows.work[4 + i % 3]
            t = ends.first * math.exp(i * STEP)
            gone = f_y = f_f = f_v = f_b = 0.0
            for j in range(x.size):
                w = rows.weight[j] * rows.count
                low = em[j]
                gone += w * low
                e = w * ex[j] * x[j]
                f_y += e * rows.seen[j] * rows.seen[j]
                f_f += e * rows.surplus[j]
                f_v += e * rows.unequal[j]
                f_b += e * rows.masked[j]
                low = low * (2.0 + low)
                em[j], ex[j] = low, 1.0 + low if low > -0.5 else ex[j] * ex[j]
            _, p1, p2, _ = others_of(gone, many)
            int1 = STEP * t + (ONE[i] * ends.first if i < 4 else 0.0)
            int1 *= chance * math.exp(-t) * (many / rows.rows)
            extra += int1 * f_f * p1
            unequal += int1 * (f_v * p1 + m1 * p2 * f_b * f_y)
    ones = 0.0
    if base > 0.0:
        found = block_sums(rows, d0, floor, base, m1, m0)
        ones = (found.y if found.below > 0.0 else 1.0 - found.filled) / base
    return extra, unequal, ones


@sum_kernel
def residuals(rows, left, learnt):
    """Fill what rows of each ratio miss of their target, and how far they are from the mean row."""
    miss, apart = rows.work[7], rows.work[8]
    lost = kept = total = 0.0
    for j in range(miss.size):
        lost += rows.weight[j] * rows.lost[j]
        kept += rows.weight[j] * (rows.seen[j] / rows.target[j])
        total += rows.weight[j]
    # Of what is lost and what is kept, which add up to one, the smaller keeps its digits.
    for j in range(miss.size):
        if lost < kept:
            apart[j] = rows.lost[j] - lost / total
            miss[j] = rows.target[j] * (left + learnt * rows.lost[j])
        else:
            apart[j] = kept / total - rows.seen[j] / rows.target[j]
            miss[j] = rows.target[j] - learnt * rows.seen[j]


@sum_kernel
def block_variance(rows, d0, floor, base, m1, m0, u1, u0, inflation, missed):
    """Design variance, and noise variance per unit of noise (eq-blocks-variance).

    A row misses `left` + `learnt` lost of its target; the quadratic form of that is a sum of
    squares, since v_b g_a - v_a g_b = g_a g_b (lost_a - lost_b).
    """
    unit, many = d0 / floor, rows.masks
    reach = 1.0 + inflation
    left, learnt = reach * missed.gap - inflation, reach * (1.0 - missed.gap)
    scatter = reach * reach * missed.scatter
    residuals(rows, left, learnt)
    x, miss, apart = rows.work[0], rows.work[7], rows.work[8]
    design = noise = 0.0
    for place in range(rows.power.size):
        theta, chance, loud = rows.power[place], rows.chance[place], rows.loud[place]
        if base == 0.0:
            if place > 0:
                break
            chance, loud = 1.0, 0.0
            for other in range(rows.power.size):
                loud += rows.chance[other] * rows.loud[other]
        ends = prepare(rows, unit, base * theta, m1, m0)
        for i in range(ends.steps):
            em, ex = rows.work[1 + i % 3], rows.work[4 + i % 3]
            t = ends.first * math.exp(i * STEP)
            gone = f_y = f_yy = f_by = f_bb = 0.0
            f_m = f_mm = f_g = f_gg = f_gl = f_ggl = f_ggll = 0.0
            for j in range(x.size):
                w = rows.weight[j] * rows.count
                low = em[j]
                gone += w * low
                e = w * ex[j]
                z = rows.seen[j] * x[j]
                y = rows.seen[j] * z
                b = rows.masked[j] * unit * x[j]
                f_y += e * y
                f_yy += e * y * y
                f_by += e * b * y
                f_bb += e * b * b
                zm, zg, off = z * miss[j], z * rows.target[j], apart[j]
                f_m += e * zm
                f_mm += e * zm * zm
                f_g += e * zg
                f_gg += e * zg * zg
                f_gl += e * zg * off
                f_ggl += e * zg * zg * off
                f_ggll += e * zg * zg * off * off
            _, p1, p2, p3 = others_of(gone, many)
            n0 = r0 = 0.0
            for j in range(x.size):
                e = rows.weight[j] * rows.count * ex[j]
                g, off = rows.target[j], apart[j]
                first = g * (off * f_g - f_gl)
                second = g * g * ((off * off * f_gg - 2.0 * off * f_ggl) + f_ggll)
                square = m1 * m1 * (p2 * max(second, 0.0) + p3 * first * first)
                load = e * rows.masked[j] * unit * x[j] * x[j]
                r0 += load * ((miss[j] * p1 + 2.0 * m1 * p2 * first) * miss[j] + square)
                n0 += load * ((g * p1 + 2.0 * m1 * p2 * first) * g + square)
                low = em[j] * (2.0 + em[j])
                em[j], ex[j] = low, 1.0 + low if low > -0.5 else ex[j] * ex[j]
            both = p1 + 2.0 * m1 * p2 * f_y + m1 * m1 * (p2 * f_yy + p3 * f_y * f_y)
            int2 = STEP * t * t + (TWO[i] * ends.first * ends.first if i < 4 else 0.0)
            int2 *= chance * math.exp(-t) * (many / rows.rows)
            a10 = f_by * p1
            a00 = f_bb * both + m1 * m1 * p2 * f_by * f_by
            residual = missed.signal * (f_mm * p1 + f_m * f_m * p2)
            residual += scatter * (f_yy * p1 + f_y * f_y * p2) + missed.power / unit * a10
            design += int2 * u1 * residual
            design += int2 * u0 * (missed.signal * r0 + scatter * a10 + missed.power / unit * a00)
            noise += int2 * loud * (u1 * (f_gg * p1 + f_g * f_g * p2) + u0 * n0)
    return design, noise
