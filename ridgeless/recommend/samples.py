"""The error with more or fewer training rows than the table has.

One seam: whoever knows the error at other sample sizes answers here. Fewer rows are drawn from the
table and the rest is predicted; for more, theory says by which factor the error shrinks.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import ridgeless.risk as risk_front
from ridgeless.errors import ConvergenceError, DomainError
from ridgeless.estimation.blocks import Blocks, task_of
from ridgeless.estimation.sample_spectrum import SampleSpectrum
from ridgeless.recommend.columns import Columns
from ridgeless.recommend.curve import left_out_together
from ridgeless.recommend.leave_one_out import Errors
from ridgeless.recommend.scheme import Scheme
from ridgeless.spectrum import Spectrum
from ridgeless.target import MaskedFeature, Rows, Target

__all__ = ["fewer", "growth", "population"]

Array = NDArray[np.float64]

#: Test rows of all draws together, beside the rows of the table; draws at least and at most.
COVER, LEAST_DRAWS, MOST_DRAWS, MOST_TESTED = 3.0, 4, 60, 2000
#: Rows per feature, from which on theory's factor holds.
ENOUGH = 2.0


def fewer(
    columns: Columns, schemes: Sequence[Scheme], samples: int, rng: np.random.Generator
) -> tuple[Errors, NDArray[np.bool_]]:
    """Return errors with `samples` rows, drawn from the table, on the others."""
    n = len(columns.rows)
    tested = min(n - samples, MOST_TESTED)
    draws = int(np.clip(np.ceil(COVER * n / tested), LEAST_DRAWS, MOST_DRAWS))
    parts = []
    for _ in range(draws):
        order = rng.permutation(n)
        parts.append((order[:samples], order[samples : samples + tested]))
    return left_out_together(columns, schemes, parts)


def population(columns: Columns) -> tuple[Spectrum, Target, int]:
    """Return the estimated spectrum, the task in it, and its dimension."""
    rows, labels = columns.rows, columns.groups
    if columns.labels is None and columns.target is None:
        sample = SampleSpectrum.of(rows)
        return Spectrum(*sample.population()), MaskedFeature(), rows.shape[1]
    blocks = Blocks.of(rows, labels)
    sample = SampleSpectrum.of(blocks.rows)
    named = None if columns.target is None else np.eye(1, labels.size, columns.target)[0]
    found, task = task_of(sample, blocks.schur(sample, named))
    return found, task, blocks.rows.shape[1]


def growth(
    columns: Columns, ratios: Array, samples: float, ridge: float, test_mask_ratio: float
) -> tuple[Array, str]:
    """Return by which factor the error at each ratio changes with more rows, and what to say."""
    n, d = columns.rows.shape
    rough = (
        f"With {samples:g} training rows, {n} are too few to say how the error shrinks: the ratio "
        f"is that of {n} rows, and so are the errors."
    )
    if n < ENOUGH * d:
        return np.ones(ratios.size), rough
    try:
        found, task, directions = population(columns)
        rows: Rows = "masked" if columns.target is None else "all"

        def theory(count: float) -> Array:
            risk = risk_front.risk(
                found,
                ratios,
                target=task,
                aspect_ratio=0.0 if np.isinf(count) else directions / count,
                masks_per_sample=np.inf,
                rows=rows,
                ridge=ridge,
                test_mask_ratio=test_mask_ratio,
            )
            return np.asarray(risk.prediction_error)

        factor = theory(samples) / theory(n - 1)
    except (DomainError, ConvergenceError, np.linalg.LinAlgError):
        return np.ones(ratios.size), rough
    if not np.isfinite(factor).all():
        return np.ones(ratios.size), rough
    return np.minimum(factor, 1.0), (
        f"Errors are those of {n} rows times what theory says of {samples:g} beside them."
    )
