r"""What the linear theory says of a data set: the risk curve, its minimum, what is learned.

Nothing is fitted to trained networks. The covariance is the correlation of the training pool, with
tokens as groups that are masked together (`ridgeless.estimation.blocks`); symbols are indicators,
in groups by token. Each column is predicted linearly from all other tokens by the limit of
infinitely many masks per sample, from rows in which it is hidden (eq-classes-K-inf), and tested at
the same ratios as the networks. Risks are relative to predicting the mean, like the measured ones.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless import LinearTarget, RatioLaw, Spectrum
from ridgeless.estimation.blocks import Blocks, task_of
from ridgeless.estimation.diagnostics import diagnostics
from ridgeless.estimation.sample_spectrum import SampleSpectrum, standardized
from validation.datasets.tokens import Tokens
from validation.target_groups import SAMPLES, column_groups

__all__ = ["ASSUMPTIONS", "GRID", "Theory", "theory_of"]

Array = NDArray[np.float64]

#: Ratios among which the best one is looked for.
GRID = np.linspace(0.005, 0.995, 199)

ASSUMPTIONS = (
    "The learner is linear and trained to convergence: no width, no early stopping.",
    "The covariance is the correlation of the whole training pool; each run sees n samples of it.",
    "Every sample gets infinitely many masks. The runs give it as many as they have epochs.",
    "Tokens are hidden independently. The runs hide exactly pL of L tokens, so that beside a "
    "hidden token a share (pL - 1)/(L - 1) of the others is hidden, somewhat less than p.",
    "Features are many and share their variance out among directions (a Gaussian-like limit).",
    "Symbols are indicators predicted by squared error; the networks minimise cross-entropy.",
    "Every column varies often in n samples. Symbols that are rare in them break this: on "
    "Shakespeare with n = 2000 and ratio 0.5 the linear learner itself has risk 1.55 on real rows "
    "where theory says 1.12 (and 1.10 if it knows the variances within tokens).",
)


@dataclass(frozen=True)
class Theory:
    """The linear theory of one data set."""

    bulk: Spectrum
    directions: int  # of the covariance that are masked, at most the number of columns
    #: Spectrum and task of a typical column: of all, of the easy and of the hard ones.
    tasks: dict[str, tuple[Spectrum, LinearTarget]]
    notes: tuple[str, ...]  # on how the data meets the assumptions

    def risk(
        self, ratio: RatioLaw | float | Array, n: int, test_ratio: str, target: str = "all"
    ) -> Array:
        """Return the risk relative to the null risk at a named test ratio ("0.3" or "0.3-0.7")."""
        law, task = self.tasks[target]
        tests, weights = _tested(test_ratio)
        found = rl.risk(
            law,
            ratio if isinstance(ratio, RatioLaw) else np.asarray(ratio)[..., None],
            aspect_ratio=self.directions / n,
            target=task,
            rows="masked",
            masks_per_sample=math.inf,
            test_mask_ratio=tests,
        )
        return np.asarray((found.prediction_error / (found.null + found.noise)) @ weights)

    def best(self, n: int, test_ratio: str, target: str = "all") -> tuple[float, float]:
        """Return the ratio on `GRID` of smallest risk, and that risk."""
        curve = self.risk(GRID, n, test_ratio, target)
        lowest = int(np.argmin(curve))
        return float(GRID[lowest]), float(curve[lowest])

    def learned(
        self, ratio: RatioLaw | float, n: int, parts: Sequence[tuple[int, int]]
    ) -> list[float]:
        """Return the learned fraction of principal components first to last, counted from 1."""
        law = self.bulk
        fractions = rl.learned_fraction(
            law,
            ratio,
            aspect_ratio=self.directions / n,
            rows="masked",
            masks_per_sample=math.inf,
        )[::-1]
        values, share = law.eigenvalues[::-1], np.cumsum(law.weights[::-1])
        number = parts[-1][1]
        place = np.searchsorted(share, (np.arange(number) + 0.5) / number * share[-1])
        power, learned = values[place], fractions[place]
        return [
            float(power[a - 1 : b] @ learned[a - 1 : b] / max(power[a - 1 : b].sum(), 1e-300))
            for a, b in parts
        ]


@lru_cache(maxsize=8)
def theory_of(data: Tokens) -> Theory:
    """Estimate the theory's spectrum and tasks from the training pool of a data set."""
    columns = data.columns(data.train[:SAMPLES]).astype(np.float64)
    shape = columns.shape[1:]
    table = columns.reshape(len(columns), -1)
    variance = table.var(axis=0)
    used = data.counted.ravel() & (variance > 0)
    labels = np.unique(np.repeat(np.arange(data.length), shape[1])[used], return_inverse=True)[1]
    rows = standardized(table[:, used], name=data.name)
    blocks = Blocks.of(rows, labels)
    sample = SampleSpectrum.of(blocks.rows)
    bulk = Spectrum(*sample.population())
    parts: dict[str, Any] = {"all": np.ones(shape, dtype=bool), **column_groups(data)}
    # A column counts by its share of the null risk: all alike for values, which have variance 1.
    shares = {
        name: variance[used] * np.broadcast_to(part, shape).ravel()[used]
        for name, part in parts.items()
    }
    return Theory(
        bulk=bulk,
        directions=blocks.rows.shape[1],
        tasks={name: task_of(sample, blocks.schur(sample, w)) for name, w in shares.items()},
        notes=tuple(diagnostics(rows, table[:, used], bulk)),
    )


def _tested(name: str) -> tuple[Array, Array]:
    """Return test ratios and their weights: a range counts by its hidden tokens."""
    low, *high = map(float, name.split("-"))
    if not high:
        return np.array([low]), np.ones(1)
    nodes, weights = np.polynomial.legendre.leggauss(4)  # exact: the integrand is a cubic
    ratios = low + (high[0] - low) * (nodes + 1) / 2
    return ratios, weights * ratios / (weights @ ratios)
