"""Regression on rows as pencil and paper would do it, to compare the engine of rows with."""

from typing import Any

import numpy as np

from ridgeless.rows.dual import KernelRows, kernel_of
from ridgeless.rows.primal import FeatureRows
from ridgeless.rows.system import System


def fit(rows, targets, penalty):
    """Coefficients with a sum of squares and a penalty; the smallest ones without."""
    if penalty == 0:
        return np.linalg.lstsq(rows, targets, rcond=1e-12)[0]
    gram = rows.T @ rows + penalty * np.eye(rows.shape[1])
    return np.linalg.solve(gram, rows.T @ targets)


def left_out_errors(blocks, targets, tests, answers, penalty):
    """Squared errors of tests, each by a fit without the block of its number."""
    errors = np.empty(answers.shape)
    for i in range(len(answers)):
        kept = np.arange(len(blocks)) != i
        rows = blocks[kept].reshape(-1, blocks.shape[-1])
        b = fit(rows, targets[kept].reshape(len(rows), -1), penalty)
        errors[i] = (answers[i] - tests[i] @ b) ** 2
    return errors


def subset_risk(
    blocks: Any, targets: Any, tests: Any, answers: Any, *,
    samples: int, penalty: float, trials: int, seed: int,
) -> tuple[Any, Any]:  # fmt: skip
    """Mean risk of fits on random subsets of the blocks, tested outside, and its error."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(trials):
        order = rng.permutation(len(blocks))
        inside, outside = order[:samples], order[samples:]
        rows = blocks[inside].reshape(-1, blocks.shape[-1])
        b = fit(rows, targets[inside].reshape(len(rows), -1), penalty)
        found.append(((answers[outside] - tests[outside] @ b) ** 2).mean(axis=0))
    return np.mean(found, axis=0), np.std(found, axis=0) / trials**0.5


def blocks(seed, samples=60, masks=1, features=25, targets=2) -> Any:
    """Uneven rows in blocks, targets that they say something about, tests and their answers."""
    rng = np.random.default_rng(seed)
    whole = rng.normal(size=(samples, features)) * rng.gamma(2.0, 0.5, size=(samples, 1))
    whole *= np.linspace(0.3, 2.0, features)
    answers = whole @ rng.normal(size=(features, targets)) + rng.normal(size=(samples, targets))
    keep = rng.random((samples, masks, features)) < 0.6
    rows = keep * whole[:, None, :] / masks**0.5
    return rows, np.repeat(answers[:, None, :], masks, axis=1) / masks**0.5, whole, answers


def system(
    rows: Any, targets: Any, tests: Any, answers: Any, *, left_out: bool = True, dual: bool = False
) -> System:
    """The same as the engine takes it."""
    space: FeatureRows | KernelRows = FeatureRows(rows, tests, len(rows) if left_out else 0)
    return System(kernel_of(space) if dual else space, targets, answers, len(rows))


class Recorder:
    """A callable mask that hides each feature with chance p, and keeps what it has drawn."""

    def __init__(self, ratio):
        self.ratio, self.drawn = ratio, []

    def __call__(self, rng, X):
        self.drawn.append(rng.random(X.shape) < self.ratio)
        return self.drawn[-1]


def by_content(rng, X, turn=0.0):
    """A mask that a row's own content decides, whatever its place and scale."""
    turned = np.sin(1e4 * X / np.abs(X).max(axis=1, keepdims=True) + turn)
    return turned > 0.1


class TwoByContent:
    """Two masks in turn, each decided by the content of a row."""

    def __init__(self):
        self.calls = 0

    def __call__(self, rng, X):
        self.calls += 1
        return by_content(rng, X, turn=self.calls % 2)
