"""The cells of a call: every mask ratio, number of samples and ridge, on one population."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import DomainError
from ridgeless.mask_ratio import RatioLaw
from ridgeless.masking import Masking
from ridgeless.rows.draws import Scheme
from ridgeless.rows.question import Question
from ridgeless.rows.regressions import Masks, regressions

__all__ = ["Answer", "Cells", "jackknife"]

Array = NDArray[np.float64]


class Answer(NamedTuple):
    """What one population says, a row per cell."""

    risks: Array  #: shape (cells, t)
    within: Array  #: variance over the rows, shape (cells,)
    ridges: Array  #: shape (cells,)
    weights: Array  #: shape (cells, N)
    null: float
    gain: float


class Cells:
    """The arguments that broadcast: mask ratios, samples and ridges."""

    def __init__(self, masking: Masking, samples: NDArray[np.intp], ridge: Array) -> None:
        ratio: Any = masking.ratio
        self.law = ratio if isinstance(ratio, RatioLaw) else None
        self.masks = masking.masks
        try:
            grid = np.broadcast_arrays(0.0 if self.law else ratio, samples, ridge)
        except ValueError:
            raise DomainError(
                f"mask_ratio, samples and ridge must broadcast, got shapes {masking.shape}, "
                f"{samples.shape} and {ridge.shape}"
            ) from None
        self.shape = grid[0].shape
        self.ratios, self._samples, self.ridges = (x.ravel() for x in grid)
        self.samples = int(samples) if self.shape == () else grid[1].copy()

    def random(self, scheme: Scheme) -> bool:
        """Whether masks are drawn, so that another draw says more."""
        if scheme.mask is not None and callable(scheme.mask):
            return True
        drawn = not (math.isinf(self.masks) and scheme.has_units)
        return drawn and (
            self.law is not None or bool(((self.ratios > 0) & (self.ratios < 1)).any())
        )

    def shaped(self, values: Array) -> float | Array:
        """Return a value per cell in the shape of the arguments."""
        return float(values[0]) if self.shape == () else values.reshape(self.shape)

    def answer(
        self,
        question: Question,
        table: Array,
        y: Array | None,
        rows: NDArray[np.intp],
        scheme: Scheme,
        test_ratio: float,
        seed: np.random.SeedSequence,
    ) -> Answer:
        """Return what one population of rows says on every cell."""
        X, labels = table[rows], None if y is None else y[rows]
        many = labels.shape[1] if labels is not None else len(question.columns)
        tested = len(rows) if question.tests is None else len(question.tests.X)
        count = len(self.ratios)
        risks, ridges = np.zeros((count, many)), np.zeros(count)
        losses, weights = np.zeros((count, tested)), np.zeros((count, len(rows)))
        gain, null = 0.0, 0.0
        for ratio in dict.fromkeys(self.ratios.tolist()):
            here = np.flatnonzero(self.ratios == ratio)
            masks = Masks(scheme, self.law or ratio, self.masks, test_ratio, seed)
            null = 0.0
            systems = 0
            for place, found in enumerate(regressions(question, X, labels, masks)):
                start = None
                columns = slice(None) if labels is not None else slice(place, place + 1)
                systems += 1
                null += float(np.mean(found.system.answers**2))
                for cell in here:
                    one = found.system.risk(self._samples[cell], self.ridges[cell], start)
                    start = one.logarithms
                    risks[cell, columns] = one.risk
                    ridges[cell] += one.effective_ridge
                    losses[cell, found.tests] += one.errors.mean(axis=1)
                    np.add.at(weights[cell], found.samples, one.shares.mean(axis=1))
                    gain = max(gain, one.gain)
            null /= systems
            for values in (ridges, losses, weights):
                values[here] /= systems
        within = jackknife(losses, weights, question.tests is None)
        placed = np.zeros((count, len(table)))
        placed[:, rows] = weights
        return Answer(risks, within, ridges, placed, null, gain)


def jackknife(losses: Array, weights: Array, paired: bool) -> Array:
    """Return the variance of a mean over rows, as tests and as training rows, shape (cells,)."""
    scaled = weights.shape[1] * weights
    finite = np.where(np.isfinite(losses), losses, 0.0)
    if paired:
        return np.asarray((finite + scaled).var(axis=1, ddof=1) / weights.shape[1])
    size = max(losses.shape[1] - 1, 1)
    return np.asarray(finite.var(axis=1) / size + scaled.var(axis=1, ddof=1) / weights.shape[1])
