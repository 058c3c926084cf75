r"""Infinitely many masks of each sample, marginalised: exact for linear features.

Averaged over masks the loss of a sample is that of one row with its mean, and of one row for each
group g of features that are masked together, with target 0 (eq-rows-marginal),

.. math:: E'(y - \tilde x'b)^2 = (\bar y - \bar a x'b)^2 + \bar c\sum_g (x_g'b_g)^2 + \dots

The rows of groups see their own features only. To leading order they are rows like all others,
each a block of its own; where a sample is left out, it goes with all of its rows.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgeless.lazy import lazy
from ridgeless.rows.primal import LEAST

__all__ = ["MarginalMedium", "MarginalRows"]

Array = NDArray[np.float64]

STEPS, TOLERANCE = 200, 1e-12


@dataclass(frozen=True)
class MarginalRows:
    """Samples under all of their masks at once: B mean rows, then B G rows of groups.

    A feature that is zero in every sample must have been left out.
    """

    rows: Array  #: mean rows, shape (B, d)
    spread: Array  #: the samples times the root of c, shape (B, d)
    labels: NDArray[np.intp]  #: group of each feature, from 0, shape (d,)
    tests: Array  #: shape (T, d)
    left_out: int  #: of so many tests, from the first on, the sample of the same number is left out

    def at(self, noise: Array, e: float) -> MarginalMedium:
        """Return the medium in which the rows have this noise N, shape (B + B G, 1, 1)."""
        return MarginalMedium(self, noise.ravel(), e)

    @lazy
    def norms(self) -> Array:
        """Square of each row, shape (B + B G, 1, 1)."""
        own = self.per_group(self._squared)
        squares = np.concatenate([np.einsum("bd,bd->b", self.rows, self.rows), own.ravel()])
        return squares[:, None, None]

    @lazy
    def _squared(self) -> Array:
        return np.asarray(self.spread**2)

    @lazy
    def groups(self) -> int:
        """G."""
        return int(self.labels.max()) + 1

    @lazy
    def _together(self) -> Array | None:
        """Whether features share a group, shape (d, d); None if none do."""
        if self.groups == self.labels.size:
            return None
        return np.asarray(self.labels[:, None] == self.labels, dtype=np.float64)

    def per_group(self, values: Array) -> Array:
        """Return sums over the features of each group, (B, d) to (B, G)."""
        if self._together is None:
            return values[:, np.argsort(self.labels)]
        member = self.labels[:, None] == np.arange(self.groups)
        return np.asarray(values @ member.astype(float))

    def gram(self, weights: Array) -> Array:
        """Return the weighted Gram matrix of the rows of groups, (B, G) to (d, d)."""
        if self._together is None:
            return np.diag(np.einsum("bd,bd->d", weights[:, self.labels], self._squared))
        weighted = self.spread * weights[:, self.labels]
        return np.asarray((weighted.T @ self.spread) * self._together)

    def squares(self, matrix: Array) -> Array:
        """Return x_g' C x_g for the rows of groups, (d, d) to (B, G)."""
        if self._together is None:
            return self.per_group(self._squared * np.diag(matrix))
        return self.per_group(self.spread * (self.spread @ (matrix * self._together)))


class MarginalMedium:
    """The rows at one noise N: leverages, residuals, couplings."""

    def __init__(self, space: MarginalRows, noise: Array, e: float) -> None:
        from scipy.linalg import cholesky, lapack

        self.space, self.count = space, space.rows.shape[0]
        self.noise, self.own_noise = self._split(noise)
        weighted = space.rows / np.sqrt(self.noise)[:, None]
        gram = weighted.T @ weighted + space.gram(1 / self.own_noise)
        gram[np.diag_indices_from(gram)] += e
        lower = cholesky(gram, lower=True, overwrite_a=True, check_finite=False)
        self.inverse = np.tril(lapack.dtrtri(lower, lower=1)[0])  # L^-1
        self.z = weighted @ self.inverse.T
        leverage = np.einsum("bd,bd->b", self.z, self.z)
        own = space.squares(self.inverse.T @ self.inverse) / self.own_noise
        self.rest, self.own_rest = (np.maximum(1 - x, LEAST) for x in (leverage, own))
        odds = self._joined(leverage / self.rest, own / self.own_rest)
        self.cavity = (odds * noise)[:, None, None]  #: T, shape (B + B G, 1, 1)
        self.odds = odds
        self.inverse_medium = self.cavity + noise[:, None, None]  #: G = A_ii^-1

    def _split(self, values: Array) -> tuple[Array, Array]:
        """Return the values of mean rows, and of rows of groups, shape (B, G)."""
        return values[: self.count], values[self.count :].reshape(self.count, -1)

    @staticmethod
    def _joined(mean: Array, own: Array) -> Array:
        return np.concatenate([mean, own.ravel()])

    @lazy
    def q(self) -> Array:
        """Q of the mean rows, shape (B, d)."""
        return np.asarray(self.z / np.sqrt(self.rest)[:, None])

    @lazy
    def _scale(self) -> Array:
        """What Q^2 of a row of a group has beside x_g x_g', shape (B, G)."""
        return np.asarray(1 / (self.own_noise * self.own_rest))

    def residuals(self, targets: Array) -> Array:
        """Return the leave-one-out residuals in units of the medium, shape (B + B G, 1, t)."""
        values = targets[: self.count, 0]  # those of the rows of groups are zero
        scaled = values / np.sqrt(self.noise)[:, None]
        mean = self.z.T @ scaled
        found = (scaled - self.z @ mean) / np.sqrt(self.rest)[:, None]
        coefficients = self.inverse.T @ mean
        root = np.sqrt(self._scale)
        own = [-root * self.space.per_group(self.space.spread * b) for b in coefficients.T]
        columns = [self._joined(x, y) for x, y in zip(found.T, own, strict=True)]
        return np.stack(columns, axis=1)[:, None, :]

    def coupled(self, weights: Array) -> Array:
        """Return the sum over other rows i of A_ji W_i A_ij, in units, shape (B + B G, 1, 1)."""
        mean, own = self._split(weights.ravel())
        inner = self.inverse @ self.space.gram(own * self._scale) @ self.inverse.T
        found = self._sandwich((self.q * mean[:, None]).T @ self.q + inner)
        return found - self.odds[:, None, None] ** 2 * weights

    def _sandwich(self, matrix: Array) -> Array:
        """Return Q_j C Q_j' of all rows, shape (B + B G, 1, 1)."""
        mean = np.einsum("bd,bd->b", self.q @ matrix, self.q)
        own = self.space.squares(self.inverse.T @ matrix @ self.inverse) * self._scale
        return self._joined(mean, own)[:, None, None]

    @lazy
    def _tests(self) -> Array:
        """Test rows in the coordinates of L, seen past their own samples, shape (T, d)."""
        tests, many = self.space.tests @ self.inverse.T, self.space.left_out
        if many:
            z = self.z[:many]
            seen, row = self._past_groups(tests[:many]), self._past_groups(z)
            lever = np.einsum("td,td->t", z, seen) / (1 - np.einsum("td,td->t", z, row))
            tests[:many] = seen + lever[:, None] * row
        return np.asarray(tests)

    def _past_groups(self, values: Array) -> Array:
        """Solve with one minus the rows of groups of each sample, by conjugate gradients."""
        spread = self.space.spread[: values.shape[0]]
        weight = 1 / self.own_noise[: values.shape[0]]
        labels = self.space.labels

        def act(x: Array) -> Array:
            seen = self.space.per_group(spread * (x @ self.inverse)) * weight
            return np.asarray(x - (spread * seen[:, labels]) @ self.inverse.T)

        found, rest, direction = np.zeros_like(values), values, values
        size = first = np.einsum("td,td->t", rest, rest)
        for _ in range(STEPS):
            if (size <= TOLERANCE**2 * first).all():
                break
            moved = act(direction)
            length = np.einsum("td,td->t", direction, moved)
            step = np.divide(size, length, out=np.zeros_like(size), where=length > 0)[:, None]
            found = found + step * direction
            rest = rest - step * moved
            before, size = size, np.einsum("td,td->t", rest, rest)
            growth = np.divide(size, before, out=np.zeros_like(size), where=before > 0)
            direction = rest + growth[:, None] * direction
        return found

    def predictions(self, targets: Array, residuals: Array) -> Array:
        """Return what is predicted of the tests, their own samples left out, shape (T, t)."""
        many, tests = self.space.left_out, self._tests
        scaled = targets[: self.count, 0] / np.sqrt(self.noise)[:, None]
        found = tests @ (self.z.T @ scaled)
        lever = np.einsum("td,td->t", tests[:many], self.z[:many])
        found[:many] -= lever[:, None] * scaled[:many]
        return np.asarray(found)

    @lazy
    def exposure(self) -> Array:
        """How residuals weigh on the tests: mean of D_tj'D_tj, shape (B + B G, 1, 1)."""
        tests, many = self._tests, self.space.left_out
        found = self._sandwich(tests.T @ tests)
        if many:
            own = np.zeros((self.count, self.own_noise.shape[1]))
            seen = self.space.per_group(self.space.spread[:many] * (tests[:many] @ self.inverse))
            own[:many] = seen**2 * self._scale[:many]
            mean = np.zeros(self.count)
            mean[:many] = np.einsum("td,td->t", tests[:many], self.q[:many]) ** 2
            found -= self._joined(mean, own)[:, None, None]
        return np.asarray(found / tests.shape[0])
