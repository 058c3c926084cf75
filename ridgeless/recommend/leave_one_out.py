r"""The error on rows that were left out, one by one, of all targets at once.

With Z the standardised rows, a = n/(n - 1) and lambda a scheme's penalty, dropping row z, and with
it its part in means, variances and the penalty, turns n(S + lambda) into

.. math:: n G^{-1} - a z z' - a \lambda W , \qquad G = (S + \lambda (n - a)/n)^{-1},\;
   W = \mathrm{diag}(z_k^2 - 1)

(eq-recommend-left-out). The part of rank one is exact; W is taken to first order, and rows that are
large in one feature are fitted again without themselves, in `refit`. No matrix is inverted
per row or per target: the residual of feature j is (ZG)_ij/G_jj over its own leverage.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ridgeless.recommend.scheme import Scheme

__all__ = ["Errors", "by_columns", "by_rows", "exact_for"]

Array = NDArray[np.float64]
Labels = NDArray[np.intp]

CHUNK = 512  # rows or columns at once: what they take stays in the cache
#: Columns up to which the part of the correction that costs n d^2 is taken for d > n.
MOST_COLUMNS = 2000


@dataclass
class Errors:
    """Squared errors by scheme: means over targets for each row, and over rows for each target."""

    rows: Array  # shape (schemes, n)
    targets: Array  # shape (schemes, targets)
    null: Array = field(default_factory=lambda: np.empty(0))  # of the column means, shape (n,)

    @classmethod
    def empty(cls, schemes: int, rows: int, targets: int) -> Errors:
        """Return errors to be added up."""
        return cls(np.zeros((schemes, rows)), np.zeros((schemes, targets)))


def by_rows(
    Z: Array, schemes: Sequence[Scheme], targets: Labels, fills: int
) -> Iterator[tuple[int, Errors]]:
    """Yield the place of every scheme and its errors, for at most as many columns as rows.

    `schemes` come in lots of `fills` with one penalty: only their factors differ.
    """
    from scipy.linalg import eigh

    n, d = Z.shape
    a = n / (n - 1)
    values, vectors = eigh(Z.T @ Z / n)
    values = np.maximum(values, 0.0)
    every = targets.size == d
    for place in range(0, len(schemes), fills):
        lot = schemes[place : place + fills]
        lam = lot[0].penalty
        G = (vectors / (values + lam * (n - a) / n)) @ vectors.T
        own = G if every else np.ascontiguousarray(G[:, targets])
        diagonal, squared = G.diagonal()[targets], own * own
        masked = any(one.hidden > 0 for one in lot)
        found = [Errors.empty(1, n, targets.size) for _ in lot]
        for start in range(0, n, CHUNK):
            z = Z[start : start + CHUNK]
            u = z @ G
            y = z if every else z[:, targets]
            W = z * z - 1.0
            Wu = W * u
            part = _Part(
                y=y,
                u=u if every else u[:, targets],
                gain=np.einsum("ij,ij->i", z, u),
                diagonal=diagonal,
                Wu=Wu @ own,
                WG=W @ squared,
                uWu=np.einsum("ij,ij->i", Wu, u),
            )
            if masked:
                part.z2 = _Spread(
                    zzu=((Wu + u) @ own),
                    zzG=part.WG + squared.sum(axis=0),
                    uzzu=part.uWu + np.einsum("ij,ij->i", u, u),
                )
            part.add(lot, found, lam, n, slice(start, start + len(z)))
        for step, errors in enumerate(found):
            errors.targets /= n
            errors.rows /= targets.size
            yield place + step, errors


def by_columns(
    Z: Array, schemes: Sequence[Scheme], targets: Labels, fills: int
) -> Iterator[tuple[int, Errors]]:
    """Yield the same for more columns than rows: no matrix of columns by columns is made.

    Above `MOST_COLUMNS` of them the correction leaves out what other columns than the target add to
    its part in WG.
    """
    n, d = Z.shape
    a = n / (n - 1)
    K = Z @ Z.T / n
    kept = np.zeros(d, dtype=bool)
    kept[targets] = True
    whole = exact_for(d, targets.size)
    if not whole and any(one.hidden > 0 for one in schemes):
        raise NotImplementedError(
            f"test_mask_ratio above 0 is for at most {MOST_COLUMNS} columns where there are fewer "
            f"rows, or for a single target_column, got {d} columns"
        )
    for place in range(0, len(schemes), fills):
        lot = schemes[place : place + fills]
        lam = lot[0].penalty
        own = lam * (n - a) / n
        A = np.linalg.inv(K + own * np.eye(n))
        gain = n * np.einsum("ij,ji->i", A, K)
        # Sums over all columns first: u'Wu, and (W o u) Z' for the correction.
        uWu, uu, WuZ, uZ = np.zeros(n), np.zeros(n), np.zeros((n, n)), np.zeros((n, n))
        masked = any(one.hidden > 0 for one in lot)
        for start in range(0, d, CHUNK):
            z = Z[:, start : start + CHUNK]
            u = A @ z
            Wu = (z * z - 1.0) * u
            uWu += np.einsum("ij,ij->i", Wu, u)
            WuZ += Wu @ z.T
            if masked:
                uu += np.einsum("ij,ij->i", u, u)
                uZ += u @ z.T
        found = [Errors.empty(1, n, targets.size) for _ in lot]
        done = 0
        for start in range(0, d, CHUNK):
            held = kept[start : start + CHUNK]
            if not held.any():
                continue
            z = Z[:, start : start + CHUNK][:, held]
            u = A @ z
            diagonal = (1.0 - np.einsum("ij,ij->j", z, u) / n) / own
            W = z * z - 1.0
            Wu = (W * u - WuZ @ u / n) / own
            if whole:
                block = -(Z.T @ u) / (n * own)
                block[np.flatnonzero(held) + start, np.arange(z.shape[1])] += 1 / own
                squared = block * block
                WG = np.square(Z) @ squared - squared.sum(axis=0)
            else:
                WG = W * diagonal**2
            part = _Part(z, u, gain, diagonal, Wu, WG, uWu)
            if masked:
                zzu = Wu + (u - uZ @ u / n) / own
                part.z2 = _Spread(zzu, WG + squared.sum(axis=0), uWu + uu)
            columns = slice(done, done + z.shape[1])
            part.add(lot, found, lam, n, slice(0, n), columns)
            done = columns.stop
        for step, errors in enumerate(found):
            errors.targets /= n
            errors.rows /= targets.size
            yield place + step, errors


def exact_for(columns: int, targets: int) -> bool:
    """Whether the correction of `by_columns` is taken with all its parts."""
    return columns * targets <= MOST_COLUMNS**2


@dataclass
class _Spread:
    """Sums as in `_Part` with z^2 in place of W = z^2 - 1."""

    zzu: Array
    zzG: Array
    uzzu: Array


@dataclass
class _Part:
    """What the residuals of some rows and targets are made of."""

    y: Array  # z_ij
    u: Array  # (ZG)_ij
    gain: Array  # z'Gz
    diagonal: Array  # G_jj
    Wu: Array  # u'W G_j
    WG: Array  # G_j'W G_j
    uWu: Array  # u'W u
    z2: _Spread | None = None

    def add(
        self,
        lot: Sequence[Scheme],
        found: list[Errors],
        lam: float,
        n: int,
        rows: slice,
        columns: slice = slice(None),
    ) -> None:
        """Add squared errors up by row and by target."""
        a = n / (n - 1)
        R = self.u / self.diagonal
        apart = 1.0 - (a / n) * (self.gain[:, None] - self.u * R)
        e = R / apart
        tilt = (self.Wu - R * self.WG) / self.diagonal
        bend = self.uWu[:, None] - R * (2.0 * self.Wu - R * self.WG)
        e += (a * lam / n) / apart * (tilt + (a / n) * e * bend)
        y = a * self.y
        fitted = y - a * e
        spread = None
        if self.z2 is not None:
            step = (a / n) * e
            tilt = (self.z2.zzu - R * self.z2.zzG) / self.diagonal
            bend = self.z2.uzzu[:, None] - R * (2.0 * self.z2.zzu - R * self.z2.zzG)
            own = self.z2.zzG / self.diagonal**2 - self.y**2
            spread = a * a * np.maximum(own + step * (2.0 * tilt + step * bend), 0.0)
        for scheme, errors in zip(lot, found, strict=True):
            squares = scheme.squared_error(y, fitted, spread)
            errors.rows[0, rows] += squares.sum(axis=1)
            errors.targets[0, columns] += squares.sum(axis=0)
