"""Some rows left out together, and the others fitted again: exact, one decomposition each time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.recommend.leave_one_out import Errors
from ridgeless.recommend.scheme import Scheme

__all__ = ["Fit", "held_out"]

Array = NDArray[np.float64]
Labels = NDArray[np.intp]

COLLINEAR = 1e-10  # singular values below this share of the largest are rounding
STILL = 1e-12  # the same of standard deviations: a column that does not vary in these rows


@dataclass(frozen=True)
class Fit:
    """Rows in their own units, and the directions of their covariance.

    A unit is a standard deviation, or whitens a group of features that are masked together.
    """

    mean: Array
    units: tuple[Array, ...]  # per group: loadings, shape (size, directions)
    members: tuple[Labels, ...]
    places: tuple[slice, ...]  # of the groups' directions
    values: Array  # eigenvalues
    vectors: Array  # shape (directions, rank)
    deviation: Array | None  # where every feature is a group of its own

    @classmethod
    def of(cls, rows: Array, labels: Labels | None) -> Fit:
        """Fit rows whose features are masked one by one, or by labels counted from 0."""
        mean = rows.mean(axis=0)
        centred = rows - mean
        if labels is None:
            deviation = np.sqrt(np.einsum("ij,ij->j", centred, centred) / len(rows))
            deviation = np.where(deviation > STILL, deviation, np.inf)
            centred /= deviation
            return cls(mean, (), (), (), *_directions(centred), deviation)
        members = tuple(np.flatnonzero(labels == g) for g in range(int(labels.max()) + 1))
        units, places, pieces, start = [], [], [], 0
        for own in members:
            left, singular, right = np.linalg.svd(centred[:, own], full_matrices=False)
            kept = singular > COLLINEAR * max(float(singular[0]), STILL)
            units.append(right[kept].T * singular[kept] / np.sqrt(len(rows)))
            pieces.append(left[:, kept] * np.sqrt(len(rows)))
            places.append(slice(start, start + int(kept.sum())))
            start = places[-1].stop
        return cls(
            mean, tuple(units), members, tuple(places), *_directions(np.hstack(pieces)), None
        )

    def errors(
        self, test: Array, schemes: Sequence[Scheme], targets: Labels
    ) -> Iterator[tuple[int, Array]]:
        """Yield the place of every scheme and squared errors on test rows, by row and target."""
        x = test - self.mean
        if self.deviation is not None:
            return self._single(x, schemes, targets)
        return self._grouped(x, schemes, targets)

    def _single(
        self, x: Array, schemes: Sequence[Scheme], targets: Labels
    ) -> Iterator[tuple[int, Array]]:
        deviation = self.deviation
        assert deviation is not None
        scaled = x / deviation
        score, squared = scaled @ self.vectors, np.square(self.vectors[targets])
        own = np.where(np.isfinite(deviation[targets]), deviation[targets], 0.0)
        y = x[:, targets]
        last, fitted, spread = np.nan, np.empty(0), None
        for k, scheme in enumerate(schemes):
            if scheme.penalty != last:
                # G = 1/penalty + V w V'
                last = scheme.penalty
                weights = 1.0 / (self.values + last) - 1.0 / last
                diagonal = 1.0 / last + squared @ weights
                residual = scaled[:, targets] / last + (score * weights) @ self.vectors[targets].T
                fitted = np.where(own > 0, y - residual / diagonal * own, 0.0)
                if scheme.hidden > 0:
                    columns = (self.vectors * weights) @ self.vectors[targets].T
                    columns[targets, np.arange(targets.size)] += 1.0 / last
                    columns /= diagonal
                    spread = np.square(scaled) @ np.square(columns)
                    spread = (spread - np.square(scaled[:, targets])) * own**2
            yield k, scheme.squared_error(y, fitted, spread)

    def _grouped(
        self, x: Array, schemes: Sequence[Scheme], targets: Labels
    ) -> Iterator[tuple[int, Array]]:
        groups = list(zip(self.members, self.units, self.places, strict=True))
        scaled = np.hstack([x[:, own] @ np.linalg.pinv(unit).T for own, unit, _ in groups])
        score = scaled @ self.vectors
        where = {int(j): k for k, j in enumerate(targets)}
        for k, scheme in enumerate(schemes):
            weights = 1.0 / (self.values + scheme.penalty) - 1.0 / scheme.penalty
            u = scaled / scheme.penalty + (score * weights) @ self.vectors.T
            out = np.empty((len(x), targets.size))
            for own, unit, place in groups:
                taken = np.isin(own, targets)
                if not taken.any():
                    continue
                seen = self.vectors[place]
                block = (seen * weights) @ seen.T + np.eye(len(seen)) / scheme.penalty
                residual = np.linalg.solve(block, u[:, place].T).T
                y = x[:, own[taken]]
                fitted = (scaled[:, place] - residual) @ unit[taken].T
                spread = None
                if scheme.hidden > 0:
                    columns = np.linalg.solve(block, (seen * weights) @ self.vectors.T)
                    columns[:, place] += np.linalg.inv(block) / scheme.penalty
                    spread = self._spread(scaled, columns, place, unit[taken])
                squares = scheme.squared_error(y, fitted, spread)
                out[:, [where[int(j)] for j in own[taken]]] = squares
            yield k, out

    def _spread(self, scaled: Array, columns: Any, own: slice, unit: Array) -> Array:
        """Return the sum over other groups of their squared contributions."""
        total = np.zeros((len(scaled), len(unit)))
        for place in self.places:
            if place != own:
                total += np.square(scaled[:, place] @ columns[:, place].T @ unit.T)
        return total


def held_out(
    rows: Array,
    schemes: Sequence[Scheme],
    targets: Labels,
    labels: Labels | None,
    parts: Sequence[tuple[Labels, Labels]],
) -> tuple[Errors, NDArray[np.bool_]]:
    """Return errors on test rows of parts (training rows, test rows), and which rows were tested.

    A row that is tested twice counts by its mean.
    """
    n = len(rows)
    errors = Errors.empty(len(schemes), n, targets.size)
    errors.null = np.zeros(n)
    times = np.zeros(n)
    for train, test in parts:
        fit = Fit.of(rows[train], labels)
        for k, squares in fit.errors(rows[test], schemes, targets):
            errors.rows[k, test] += squares.mean(axis=1)
            errors.targets[k] += squares.sum(axis=0)
        errors.null[test] += np.mean((rows[test] - fit.mean)[:, targets] ** 2, axis=1)
        times[test] += 1
    seen = times > 0
    errors.rows[:, seen] /= times[seen]
    errors.null[seen] /= times[seen]
    errors.targets /= max(times.sum(), 1)
    return errors, seen


def _directions(scaled: Array) -> tuple[Array, Array]:
    """Return the eigenvalues and eigenvectors of S, as many as there are rows or columns."""
    from scipy.linalg import eigh

    n, d = scaled.shape
    if d <= n:
        values, vectors = eigh(scaled.T @ scaled / n)
        return np.maximum(values, 0.0), vectors
    values, left = eigh(scaled @ scaled.T / n)
    kept = values > COLLINEAR * values[-1]
    return values[kept], scaled.T @ (left[:, kept] / np.sqrt(n * values[kept]))
