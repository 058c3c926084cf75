r"""Leave-one-out errors where features are masked in groups.

Inside a group rows are whitened, so that its diagonal block of S is the unit matrix; then all is
as in `leave_one_out`, with blocks in place of diagonal entries: the residual of group J is
G_JJ^-1 (Gz)_J over its own leverage, and W = blockdiag(z_L z_L' - 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from ridgeless.recommend.leave_one_out import Errors
from ridgeless.recommend.refit import Fit
from ridgeless.recommend.scheme import Scheme

__all__ = ["by_groups"]

Array = NDArray[np.float64]
Labels = NDArray[np.intp]


def by_groups(
    Z: Array, schemes: Sequence[Scheme], targets: Labels, fills: int, labels: Labels
) -> Iterator[tuple[int, Errors]]:
    """Yield the place of every scheme and its errors; `labels` count groups from 0."""
    n = len(Z)
    a = n / (n - 1)
    fit = Fit.of(Z, labels)
    white = np.hstack(
        [
            Z[:, own] @ np.linalg.pinv(unit).T
            for own, unit in zip(fit.members, fit.units, strict=True)
        ]
    )
    starts = np.array([place.start for place in fit.places])
    sizes = np.array([place.stop - place.start for place in fit.places])
    wanted = [np.isin(own, targets) for own in fit.members]
    where = {int(j): k for k, j in enumerate(targets)}
    for place in range(0, len(schemes), fills):
        lot = schemes[place : place + fills]
        lam = lot[0].penalty
        own_lam = lam * (n - a) / n
        weights = 1.0 / (fit.values + own_lam) - 1.0 / own_lam
        G = (fit.vectors * weights) @ fit.vectors.T
        G[np.diag_indices_from(G)] += 1.0 / own_lam
        u = white @ G
        gain = np.einsum("ij,ij->i", white, u)
        found = [Errors.empty(1, n, targets.size) for _ in lot]
        for group, taken in enumerate(wanted):
            if not taken.any():
                continue
            own, unit = fit.places[group], fit.units[group][taken]
            gamma = G[:, own] @ np.linalg.inv(G[own, own])  # G_.J G_JJ^-1
            R = np.linalg.solve(G[own, own], u[:, own].T).T
            apart = 1.0 - (a / n) * (gain - np.einsum("ij,ij->i", u[:, own], R))
            e = R / apart[:, None]
            w = u - R @ G[own]
            # W w by groups: z_L (z_L' w_L) - w_L.
            across = np.repeat(np.add.reduceat(white * w, starts, axis=1), sizes, axis=1)
            Ww = white * across - w
            bend = np.einsum("ij,ij->i", w, Ww)[:, None]
            e = e + (a * lam / n) / apart[:, None] * (Ww @ gamma + (a / n) * e * bend)
            y = a * Z[:, fit.members[group][taken]]
            fitted = y - a * e @ unit.T
            spread = None
            if any(one.hidden > 0 for one in lot):
                spread = _spread(white, gamma, w, e, unit, (starts, group), a, n)
            columns = [where[int(j)] for j in fit.members[group][taken]]
            for scheme, errors in zip(lot, found, strict=True):
                squares = scheme.squared_error(y, fitted, spread)
                errors.rows[0] += squares.sum(axis=1)
                errors.targets[0, columns] += squares.sum(axis=0)
        for step, errors in enumerate(found):
            errors.targets /= n
            errors.rows /= targets.size
            yield place + step, errors


def _spread(
    white: Array,
    gamma: Array,
    w: Array,
    e: Array,
    unit: Array,
    groups: tuple[Labels, int],
    a: float,
    n: int,
) -> Array:
    """Return the sum over other groups of their squared contributions, shape (n, features)."""
    starts, own = groups
    across = np.add.reduceat(white * w, starts, axis=1)  # z_L' w_L, shape (n, groups)
    other = np.arange(starts.size) != own
    total = np.empty((len(white), len(unit)))
    for k, direction in enumerate(unit):
        plain = np.add.reduceat(white * (gamma @ direction), starts, axis=1)
        parts = plain + (a / n) * (e @ direction)[:, None] * across
        total[:, k] = a * a * np.square(parts[:, other]).sum(axis=1)
    return total
