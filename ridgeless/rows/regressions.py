"""The regressions that one population of rows poses: one per target, or one for all labels."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import DomainError
from ridgeless.mask_ratio import RatioLaw
from ridgeless.rows.draws import Drawn, Scheme, draw, fill_scale
from ridgeless.rows.dual import KernelRows
from ridgeless.rows.infinitely_many import MarginalRows
from ridgeless.rows.primal import FeatureRows
from ridgeless.rows.question import MANY, Question
from ridgeless.rows.system import System

__all__ = ["Masks", "Regression", "regressions"]

Array = NDArray[np.float64]
Places = NDArray[np.intp]

#: Nodes that stand for a law of ratios; its moments are polynomials, which they have exactly.
NODES = 64
#: Share of the squares below which masks of a sample do not differ.
SAME = 1e-12


@dataclass(frozen=True)
class Masks:
    """How training rows and test rows are masked."""

    scheme: Scheme
    ratio: float | RatioLaw
    per_sample: float  #: K
    test_ratio: float
    seed: np.random.SeedSequence

    @property
    def law(self) -> RatioLaw | None:
        """The law of ratios, None if it is one number."""
        return self.ratio if isinstance(self.ratio, RatioLaw) else None

    def training(self, X: Array, number: int) -> tuple[Drawn, Array]:
        """Return the masks of that number on each sample, and roots of their loss weights."""
        drawn = draw(self.scheme, self.ratio, X, self._seed(number))
        weight = (
            np.ones_like(drawn.ratios) if self.law is None else self.law.loss_weight(drawn.ratios)
        )
        return drawn, np.sqrt(weight)

    def tests(self, X: Array) -> Array:
        """Return what is seen of test rows."""
        if self.test_ratio == 0:
            return X
        seed = np.random.SeedSequence(self.seed.entropy, spawn_key=(*self.seed.spawn_key, 1 << 20))
        return draw(self.scheme, self.test_ratio, X, seed).inputs(X, self.scheme.fill)

    def _seed(self, number: int) -> np.random.SeedSequence:
        key = (*self.seed.spawn_key, number)
        return np.random.SeedSequence(self.seed.entropy, spawn_key=key)


class Regression(NamedTuple):
    """A system, and which rows of the population it is made of."""

    system: System
    samples: Places  #: row of the population behind each block of the system, shape (B,)
    tests: Places  #: and behind each test; of the test set where there is one, shape (T,)


def regressions(
    question: Question, X: Array, y: Array | None, masks: Masks
) -> Iterator[Regression]:
    """Yield the regressions on the rows X of a population, with labels y or features as targets."""
    population = _Population(question, X, masks)
    if y is not None:
        yield population.regression(None, y)
        return
    for column in question.columns:
        yield population.regression(column, X[:, [column]])


class _Population:
    """The rows of a population under their masks, which all targets share."""

    def __init__(self, question: Question, X: Array, masks: Masks) -> None:
        self.marginal = math.isinf(masks.per_sample) and _is_linear(question, masks)
        if self.marginal and moments(masks, question.masked_only)[2] == 0:
            masks, self.marginal = replace(masks, per_sample=1), False  # all masks are one
        self.question, self.X, self.masks = question, X, masks
        self.many = 0
        if not self.marginal:
            self.many = MANY if math.isinf(masks.per_sample) else int(masks.per_sample)
        self.drawn = [masks.training(X, number) for number in range(self.many)]
        self.seen = [drawn.inputs(X, masks.scheme.fill) for drawn, _ in self.drawn]
        given = question.tests
        self.test_X = X if given is None else given.X
        self.test_seen = masks.tests(self.test_X)

    def regression(self, column: int | None, values: Array) -> Regression:
        """Return the regression of values, shape (M, t), hiding the column that they are."""
        question, tests = self.question, self.question.tests
        gone = self._hidden_with(column)
        answers = values if tests is None else tests.y
        if answers is None:
            answers = self.test_X[:, [column]]  # type: ignore[index]
        seen = without(self.test_seen, gone)
        if self.marginal:
            return self._marginalised(values, answers, gone, seen)
        counted = np.ones((self.X.shape[0], self.many), dtype=bool)
        if question.masked_only:
            counted = np.stack([drawn.hidden[:, column] for drawn, _ in self.drawn], axis=1)
        used = np.flatnonzero(counted.any(axis=1))
        order = np.arange(seen.shape[0])
        if tests is None:  # the sample of a test is the block of its number
            order = np.concatenate([used, np.setdiff1d(order, used)])
        left_out = used.size if tests is None else 0
        case = _Case(used, counted[used], values[used], seen[order], answers[order], left_out, gone)
        share, rows = float(counted.mean()), counted.sum(axis=1)
        if not used.size:
            system = nothing(case.answers, self.X.shape[0])
        elif question.kernel is not None:
            system = self._by_kernel(case, share)
        elif math.isinf(self.masks.per_sample):
            system = self._by_many_masks(case, share)
        else:
            system = self._by_features(case, share)
        scatter = float(rows.var() / rows.mean() ** 2) if share > 0 else 0.0
        return Regression(replace(system, scatter=scatter), used, order)

    def _hidden_with(self, column: int | None) -> Places:
        """Return the features that a target takes with it."""
        if column is None:
            return np.zeros(0, dtype=np.intp)
        if self.question.masked_only and self.masks.scheme.has_units:
            units = self.masks.scheme.units
            return np.flatnonzero(units == units[column])
        return np.array([column])

    def _rows(self, case: _Case, number: int) -> tuple[Array, Array]:
        """Return the inputs of the masks of that number, and roots of weights, zero if unused."""
        root = self.drawn[number][1][case.used] * case.counted[:, number]
        return without(self.seen[number][case.used], case.gone), root

    def _by_features(self, case: _Case, share: float) -> System:
        rows, targets = [], []
        for number in range(self.many):
            inputs, root = self._rows(case, number)
            root = root[:, None] / math.sqrt(self.many)
            rows.append(self.question.featured(inputs) * root)
            targets.append(case.values * root)
        tests = self.question.featured(case.tests)
        if rows and rows[0].shape[1] != tests.shape[1]:
            raise DomainError(
                f"features must return as many columns for every input, got {rows[0].shape[1]} "
                f"and {tests.shape[1]}"
            )
        space = FeatureRows(np.stack(rows, axis=1), tests, case.left_out)
        return System(space, np.stack(targets, axis=1), case.answers, self.X.shape[0], share)

    def _by_kernel(self, case: _Case, share: float) -> System:
        size = case.used.size
        parts = [self._rows(case, number) for number in range(self.many)]
        inputs = np.stack([inputs for inputs, _ in parts], axis=1).reshape(size * self.many, -1)
        root = np.stack([root for _, root in parts], axis=1) / math.sqrt(self.many)
        gram = checked_kernel(self.question.kernels(inputs, inputs))
        gram = gram * root.ravel()[:, None] * root.ravel()
        cross = self.question.kernels(case.tests, inputs) * root.ravel()
        shape = size, self.many
        space = KernelRows(gram.reshape(*shape, *shape), cross.reshape(-1, *shape), case.left_out)
        targets = case.values[:, None, :] * root[:, :, None]
        return System(space, targets, case.answers, self.X.shape[0], share)

    def _by_many_masks(self, case: _Case, share: float) -> System:
        """Return the mean row of each sample; what masks add to it is a penalty (eq-rows-mean)."""
        mean, weight, square = None, np.zeros(case.used.size), None
        for number in range(self.many):
            inputs, root = self._rows(case, number)
            rows = self.question.featured(inputs) * root[:, None]
            weight += root**2
            if mean is None or square is None:
                mean, square = np.zeros_like(rows), np.zeros((rows.shape[1],) * 2)
            mean += rows * root[:, None]
            square += rows.T @ rows
        assert mean is not None
        assert square is not None
        root = np.sqrt(weight)
        mean = np.divide(mean, root[:, None], out=np.zeros_like(mean), where=root[:, None] > 0)
        rest = (square - mean.T @ mean) / (self.X.shape[0] * self.many)
        apart = np.trace(rest) > SAME * np.trace(square) / (self.X.shape[0] * self.many)
        scale = 1 / math.sqrt(self.many)
        space = FeatureRows(
            mean[:, None, :] * scale,
            self.question.featured(case.tests),
            case.left_out,
            rest if apart else None,
        )
        targets = (case.values * root[:, None])[:, None, :] * scale
        return System(space, targets, case.answers, self.X.shape[0], share)

    def _marginalised(self, values: Array, answers: Array, gone: Places, seen: Array) -> Regression:
        """Return the system of all masks at once (eq-rows-marginal)."""
        square, cross, own = moments(self.masks, self.question.masked_only)
        X = without(self.X, gone)
        kept = X.any(axis=0)
        labels = np.unique(self.masks.scheme.units[kept], return_inverse=True)[1]
        X, seen = X[:, kept], seen[:, kept]
        every, tests = np.arange(X.shape[0]), np.arange(seen.shape[0])
        if not kept.any():
            return Regression(nothing(answers, X.shape[0]), every[:0], tests)
        left_out = X.shape[0] if self.question.tests is None else 0
        scale = cross / square if square > 0 else 0.0
        space = MarginalRows(math.sqrt(square) * X, math.sqrt(own) * X, labels, seen, left_out)
        targets = np.zeros((space.norms.shape[0], 1, values.shape[1]))
        targets[: X.shape[0], 0] = math.sqrt(square) * scale * values
        system = System(space, targets, answers, X.shape[0])
        return Regression(system, np.concatenate([every, np.repeat(every, space.groups)]), tests)


class _Case(NamedTuple):
    """One target: the samples that have rows, which masks count, and tests."""

    used: Places
    counted: NDArray[np.bool_]  #: shape (B, K)
    values: Array  #: shape (B, t)
    tests: Array
    answers: Array
    left_out: int
    gone: Places  #: features that nobody sees


def nothing(answers: Array, size: int) -> System:
    """Return the regression on no rows, which predicts 0."""
    space = FeatureRows(np.zeros((0, 1, 1)), np.zeros((answers.shape[0], 1)), 0)
    return System(space, np.zeros((0, 1, answers.shape[1])), answers, size)


def _is_linear(question: Question, masks: Masks) -> bool:
    linear = question.features is None and question.kernel is None
    return linear and masks.scheme.has_units


def moments(masks: Masks, masked_only: bool) -> tuple[float, float, float]:
    """Return the means over rows of the square and the mean of a kept entry's factor, and its rest.

    With s what multiplies kept entries: E'[w q^2 s^2], E'[w q s] and E'[w q p s^2], over rows that
    count.
    """
    if masks.law is None:
        mask, loss = np.array([masks.ratio], dtype=float), np.ones(1)
    else:
        rule = masks.law.quadrature(NODES)
        mask = rule.mask
        tilted = rule.weight * (mask if masked_only else 1.0)
        loss = tilted / max(tilted.sum(), np.finfo(float).tiny) * masks.law.loss_weight(mask)
    keep = 1 - mask
    scale = fill_scale(mask, masks.scheme.fill)
    values = (keep * scale) ** 2, keep * scale, keep * mask * scale**2
    square, cross, own = (float(loss @ x) for x in values)
    return square, cross, own


def without(inputs: Array, gone: Places) -> Array:
    """Return inputs in which some features are zero."""
    if not gone.size:
        return inputs
    inputs = inputs.copy()
    inputs[:, gone] = 0.0
    return inputs


def checked_kernel(gram: Array) -> Array:
    """Return a kernel matrix that is symmetric and positive, to rounding."""
    from scipy.linalg import LinAlgError, cholesky

    scale = float(np.abs(gram).max())
    if np.abs(gram - gram.T).max() > 1e-8 * scale:
        raise DomainError(
            "kernel must be symmetric, got values that differ by "
            f"{np.abs(gram - gram.T).max():.1e} when the two rows are exchanged"
        )
    gram = (gram + gram.T) / 2
    lifted = gram.copy()
    lifted[np.diag_indices_from(lifted)] += 1e-8 * scale
    try:
        cholesky(lifted, lower=True, overwrite_a=True, check_finite=False)
    except LinAlgError:
        raise DomainError(
            "kernel must be positive, got a matrix with a negative eigenvalue"
        ) from None
    return gram
