"""A many-digit reference for samples whose masks differ in ratio: dense K x K blocks, enumerated.

Nothing here is shared with the package, and no sum of it: all K-tuples of ratios, the inverse of
every block, plain formulas with differences (eq-blocks). The fixed point is that of the two traces
m1 and m0, by a secant method in many digits.
"""

import itertools
from collections.abc import Sequence
from typing import Any

from mpmath import mp, mpf

Number = Any
DIGITS = 50


def blocks(law: Sequence[tuple[Number, Number]], rows: str, masks: int, fill: str) -> list[Any]:
    """Return (probability, v, b) of the rows of a sample that count; v and b are lists."""
    total = mp.fsum(w for _, w in law)
    found = []
    for ratios in itertools.product(law, repeat=masks):
        for used in itertools.product((0, 1), repeat=masks):
            chance, v, b = mpf(1), [], []
            for (p, w), counts in zip(ratios, used, strict=True):
                p = mpf(p)
                own = (1 if counts else 0) if rows == "all" else (p if counts else 1 - p)
                chance *= w / total * own
                if counts:
                    rescaled = fill == "rescale"
                    v.append(mpf(1) if rescaled else 1 - p)
                    b.append(p / (1 - p) if rescaled else p * (1 - p))
            if chance > 0 and v:
                found.append((chance, v, b))
    return found


def risk(
    eigenvalues: Sequence[Number],
    law: Sequence[tuple[Number, Number]],
    *,
    masses: Sequence[Number],
    noise: Number,
    aspect_ratio: Number,
    masks: int,
    rows: str = "all",
    fill: str = "zero",
    ridge: Number = 0,
    powers: Sequence[tuple[Number, Number]] = ((1, 1),),
    start: tuple[Number, Number] = (1, 1),
) -> dict[str, mpf]:
    """Return the parts of the risk of unmasked test inputs; directions weigh the same.

    `powers` have mean one, of a linear target.
    """
    with mp.workdps(DIGITS):
        s, beta2 = [mpf(x) for x in eigenvalues], [mpf(x) for x in masses]
        d0 = mp.fsum(s) / len(s)
        found = blocks(law, rows, masks, fill)
        per_sample = mp.fsum(c * len(v) for c, v, _ in found)
        psi, lam = mpf(aspect_ratio) / per_sample, mpf(ridge)
        below = psi < 1
        base, e = (mpf(1), lam) if below else (lam, mpf(1))
        of_all = mp.fsum(w for _, w in powers)
        samples = [
            (c * w / of_all / per_sample, 1 / mpf(x), mp.matrix(v), mp.diag(b))
            for c, v, b in found
            for x, w in powers
        ]

        def inverses(m1: mpf, m0: mpf) -> list[Any]:
            return [
                mp.inverse(rho * base * mp.eye(len(v)) + m1 * (v * v.T) + d0 * m0 * b)
                for _, rho, v, b in samples
            ]

        def trace(x: Any) -> mpf:
            return mp.fsum(x[i, i] for i in range(x.rows))

        def resolvent(m1: mpf, m0: mpf) -> tuple[list[mpf], mpf, mpf, list[Any]]:
            inv = inverses(m1, m0)
            pairs = list(zip(samples, inv, strict=True))
            alpha = mp.fsum(c * (v.T * g * v)[0] for (c, _, v, _), g in pairs)
            beta = d0 * mp.fsum(c * trace(b * g) for (c, _, _, b), g in pairs)
            return [1 / (e + alpha * x + beta) for x in s], alpha, beta, inv

        def gap(l1: mpf, l0: mpf) -> list[mpf]:
            m1, m0 = mp.exp(l1), mp.exp(l0)
            h, *_ = resolvent(m1, m0)
            size = len(s)
            first = psi * mp.fsum(x * y for x, y in zip(s, h, strict=True)) / size
            return [mp.log(first / m1), mp.log(psi * mp.fsum(h) / size / m0)]

        at = mp.findroot(gap, [mp.log(mpf(x)) for x in start], tol=mpf(10) ** -80, maxsteps=60)
        m1, m0 = mp.exp(at[0]), mp.exp(at[1])
        h, _, _, inv = resolvent(m1, m0)
        one = [mp.matrix([1] * v.rows) for _, _, v, _ in samples]
        carried = mp.fsum(
            c * (u.T * g * v)[0] for (c, _, v, _), u, g in zip(samples, one, inv, strict=True)
        )
        learnt = [carried * x * y for x, y in zip(s, h, strict=True)]
        bias = mp.fsum(m * x * (1 - b) ** 2 for m, x, b in zip(beta2, s, learnt, strict=True))
        t = [
            [
                psi * mp.fsum(x ** (i + j) * y * y for x, y in zip(s, h, strict=True)) / len(s)
                for j in (1, 0)
            ]
            for i in (1, 0)
        ]
        a = mp.zeros(2)
        pair = [(v * v.T, d0 * b) for _, _, v, b in samples]
        for (c, *_), g, seconds in zip(samples, inv, pair, strict=True):
            for i in range(2):
                for j in range(2):
                    a[i, j] += c * trace(g * seconds[i] * g * seconds[j])
        u = mp.lu_solve(mp.eye(2) - mp.matrix(t) * a, mp.matrix([t[0][0], t[1][0]]))
        design = spread = mpf(0)
        power = d0 * mp.fsum(m * b * b for m, b in zip(beta2, learnt, strict=True))
        for (c, rho, v, b), g, seconds, w in zip(samples, inv, pair, one, strict=True):
            weight = g * (u[0] * seconds[0] + u[1] * seconds[1]) * g
            spread += c * rho * (w.T * weight * w)[0]
            missed = power * b
            for m, x, y in zip(beta2, s, learnt, strict=True):
                left = w - y * v
                missed += m * x * (left * left.T)
            design += c * trace(weight * missed)
        parts = {"bias": bias, "design_variance": design, "noise_variance": mpf(noise) * spread}
        return parts | {"total": mp.fsum(parts.values())}
