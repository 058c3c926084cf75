"""A slow, many-digit reference for ratio-aware regression; it shares nothing with the package.

One mask: one unknown g_k per class of rows, raw Legendre polynomials, Newton's method on
g = ridge + Phi(g) from above, where it cannot fail. No ridge means a ridge of 1e-90, with digits to
spare: no case is special, whatever the ratios span and however the rows are shared out.

Infinitely many masks: a matrix-valued leave-one-out of all coefficients at once, without the
coordinates in which they part.
"""

import math
from collections.abc import Sequence
from typing import Any

from mpmath import legendre, mp, mpf

Number = Any
Law = Sequence[tuple[Number, Number]]

DIGITS = 330
TINY = mpf(10) ** -90


def features(keep: Number, degree: int) -> Any:
    """Return P_j(2q - 1) as a column."""
    return mp.matrix([legendre(j, 2 * mpf(keep) - 1) for j in range(degree + 1)])


def risk(
    eigenvalues: Sequence[Number],
    law: Law,
    *,
    degree: int,
    weights: Sequence[Number],
    masses: Sequence[Number],
    noise: Number,
    rows: str,
    aspect_ratio: Number = 2,
    ridge: Number = 0,
    masks_per_sample: Number = 1,
    test_mask_ratio: Number = 0,
) -> dict[str, mpf]:
    """Return bias, design_variance, noise_variance and total.

    `law` lists ratios and weights, `masses` beta's squared mass at each eigenvalue.
    """
    with mp.workdps(DIGITS):
        s, h, b2 = ([mpf(x) for x in y] for y in (eigenvalues, weights, masses))
        h = [x / mp.fsum(h) for x in h]
        share = mp.fsum(mpf(w) for _, w in law)
        law = [(mpf(p), mpf(w) / share) for p, w in law]
        per_sample = mpf(1)
        if rows == "masked":
            per_sample = mp.fsum(w * p for p, w in law)
            law = [(p, w * p / per_sample) for p, w in law if p > 0]
        q_t = 1 - mpf(test_mask_ratio)
        data = (s, h, b2, mpf(noise), features(q_t, degree), q_t)
        lam = mpf(ridge) if ridge else TINY
        if masks_per_sample == math.inf:
            parts = _every_mask(law, degree, mpf(aspect_ratio), lam, *data)
        else:
            parts = _one_mask(law, degree, mpf(aspect_ratio) / per_sample, lam, *data)
        names = ("bias", "design_variance", "noise_variance")
        return dict(zip(names, parts, strict=True)) | {"total": mp.fsum(parts)}


def _one_mask(law, degree, psi, ridge, s, h, b2, noise, phi_t, q_t):
    d0 = mp.fdot(h, s)
    w = [x for _, x in law]
    keep = [1 - p for p, _ in law]
    phi = [features(q, degree) for q in keep]
    energy = [[q * q * x + q * (1 - q) * d0 for x in s] for q in keep]
    classes, atoms = range(len(law)), range(len(s))
    identity = mp.eye(degree + 1)

    def resolvents(g):
        found = []
        for i in atoms:
            inverse = identity.copy()
            for k in classes:
                inverse += (w[k] / g[k] * energy[k][i]) * (phi[k] * phi[k].T)
            found.append(inverse**-1)
        return found

    g = [ridge + psi * mp.fdot(h, energy[k]) * (phi[k].T * phi[k])[0] for k in classes]
    change = mpf(1)
    while change > mpf(10) ** -100:
        res = resolvents(g)
        forms = [[[(phi[k].T * r * phi[j])[0] for r in res] for j in classes] for k in classes]
        gap = mp.matrix(
            [
                g[k] - ridge - psi * mp.fsum(h[i] * energy[k][i] * forms[k][k][i] for i in atoms)
                for k in classes
            ]
        )
        a = mp.matrix(len(law))
        for k in classes:
            for j in classes:
                a[k, j] = psi * mp.fsum(
                    h[i] * energy[k][i] * energy[j][i] * forms[k][j][i] ** 2 for i in atoms
                )
                a[k, j] *= w[j] / g[j] ** 2
        step = mp.lu_solve(mp.eye(len(law)) - a, gap)
        change = max(abs(step[k] / g[k]) for k in classes)
        g = [g[k] - step[k] for k in classes]
    res = resolvents(g)
    load = mp.matrix(degree + 1, 1)
    for k in classes:
        load += w[k] * keep[k] / g[k] * phi[k]
    mean = [s[i] * (res[i] * load) for i in atoms]

    def learned(vector):
        return [(vector.T * m)[0] for m in mean]

    def error(q, vector):
        b = learned(vector)
        own = mp.fsum(b2[i] * s[i] * (1 - q * b[i]) ** 2 for i in atoms)
        return own + q * (1 - q) * d0 * mp.fsum(b2[i] * b[i] ** 2 for i in atoms)

    tested = [q_t**2 * x + q_t * (1 - q_t) * d0 for x in s]
    seen = [
        psi * mp.fsum(
            h[i] * energy[k][i] * tested[i] * (phi[k].T * res[i] * phi_t)[0] ** 2 for i in atoms
        )
        for k in classes
    ]  # fmt: skip
    u = mp.lu_solve(mp.eye(len(law)) - a, mp.matrix(seen))
    share = [w[k] / g[k] ** 2 * u[k] for k in classes]
    design = mp.fsum(share[k] * error(keep[k], phi[k]) for k in classes)
    return error(q_t, phi_t), design, noise * mp.fsum(share)


def _every_mask(law, degree, psi, ridge, s, h, b2, noise, phi_t, q_t):
    d0, size, atoms = mp.fdot(h, s), degree + 1, range(len(s))
    gram, penalty, cross = mp.matrix(size), ridge * mp.eye(size), mp.matrix(size, 1)
    for p, weight in law:
        phi = features(1 - p, degree)
        gram += weight * (1 - p) ** 2 * (phi * phi.T)
        penalty += weight * (1 - p) * p * d0 * (phi * phi.T)
        cross += weight * (1 - p) * phi
    identity = mp.eye(size)
    spread = psi * d0 * penalty**-1  # M = psi <s H>, from above
    change, volume = mpf(1), mpf(1)  # the determinant sees every direction, however small
    while change > mpf(10) ** -55:
        filled = (identity + gram * spread) ** -1
        change, volume = abs(volume / mp.det(filled) - 1), mp.det(filled)
        res = [(penalty + x * (filled * gram)) ** -1 for x in s]
        image = mp.matrix(size)
        for i in atoms:
            image += psi * h[i] * s[i] * res[i]
        spread = image
    mean = [s[i] * (res[i] * (filled * cross)) for i in atoms]
    left = [cross - gram * m for m in mean]
    bare = noise * (cross * cross.T), mp.matrix(size)
    for i in atoms:
        bare = bare[0], bare[1] + b2[i] * s[i] * (left[i] * left[i].T)
    tested = [q_t**2 * x + q_t * (1 - q_t) * d0 for x in s]
    parts = []
    for own in bare:
        # Second moments C of the residuals: C = Y (own + G psi <s^2 H C H> G) Y'.
        pairs = [(i, j) for i in range(size) for j in range(size)]
        system = mp.eye(size * size)
        for column, (i, j) in enumerate(pairs):
            unit = mp.matrix(size)
            unit[i, j] = 1
            moved = mp.matrix(size)
            for k in atoms:
                moved += psi * h[k] * s[k] ** 2 * (res[k] * unit * res[k].T)
            moved = filled * gram * moved * gram * filled.T
            for row, (a, b) in enumerate(pairs):
                system[row, column] -= moved[a, b]
        right = filled * own * filled.T
        flat = mp.lu_solve(system, mp.matrix([right[i, j] for i, j in pairs]))
        second = mp.matrix(size)
        for value, (i, j) in zip(flat, pairs, strict=True):
            second[i, j] = value
        parts.append(
            mp.fsum(
                psi * h[i] * s[i] * tested[i] * (phi_t.T * res[i] * second * res[i].T * phi_t)[0]
                for i in atoms
            )
        )
    learned = [(phi_t.T * m)[0] for m in mean]
    bias = mp.fsum(b2[i] * s[i] * (1 - q_t * learned[i]) ** 2 for i in atoms)
    bias += q_t * (1 - q_t) * d0 * mp.fsum(b2[i] * learned[i] ** 2 for i in atoms)
    return bias, parts[1], parts[0]
