"""From a data matrix to a mask ratio."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import count, nonnegative_array, real_scalar
from ridgeless.errors import DomainError
from ridgeless.estimation.blocks import Blocks, redrawn, task_of
from ridgeless.estimation.diagnostics import diagnostics, group_diagnostics
from ridgeless.estimation.sample_spectrum import (
    SampleSpectrum,
    constant_columns,
    standardized,
    table_of,
)
from ridgeless.optimal import OptimalMaskRatio, minimum, optimal_mask_ratio
from ridgeless.parts import Risk
from ridgeless.quantiles import systematic_sample
from ridgeless.risk import risk
from ridgeless.spectrum import Spectrum
from ridgeless.target import MaskedFeature, Target

__all__ = ["Recommendation", "recommend"]

Array = NDArray[np.float64]
Labels = NDArray[np.intp]

CURVE = np.linspace(0.02, 0.98, 49)


@dataclass(frozen=True)
class Recommendation:
    """A mask ratio for a data set, what it rests on, and how far to trust it."""

    #: Ratio of smallest prediction error, with fresh masks every epoch unless asked otherwise.
    mask_ratio: float
    #: Connected range around it within 10% of the best risk: a reasonable range for R2MAE.
    low: float
    high: float
    #: Where the best ratio may lie given that everything is estimated (parametric bootstrap).
    interval: tuple[float, float]
    curve_ratios: Array
    #: Risk along `curve_ratios`; its `prediction_error` is what held-out data would show.
    risk: Risk
    spectrum: Spectrum
    aspect_ratio: float
    #: The optimum with one mask per sample and the curve's peak that many masks dodge.
    one_mask: OptimalMaskRatio
    #: Sentences on how the data meets the assumptions; empty when nothing speaks against it.
    diagnostics: tuple[str, ...]


def recommend(
    X: ArrayLike,
    *,
    target_column: int | None = None,
    groups: ArrayLike | None = None,
    aspect_ratio: float | None = None,
    masks_per_sample: float = math.inf,
    ridge: float = 0.0,
    test_mask_ratio: float = 0.0,
    confidence: float = 0.9,
    replicates: int = 40,
    rng: Any = None,
) -> Recommendation:
    r"""Recommend a mask ratio for a data matrix.

    Estimates the population spectrum (`Spectrum.from_data`) and minimises the risk over the mask
    ratio, with an interval from a parametric bootstrap: Gaussian rows and targets as estimated,
    estimated again. Resampling rows would not do: duplicated rows shift the spectrum. Few rows
    say little about a single named column: with fewer rows than features its interval is wide,
    and covers less often than it aims at.

    Parameters
    ----------
    X : array_like or data frame, shape (n, d), finite, n at least 10
        Rows are samples. Constant columns are left out, and a diagnostic says so.
    target_column : int, optional
        Predict this column from the others on every row, instead of masked reconstruction.
    groups : int or array_like of labels, shape (d,), optional
        Features with the same label are masked together (patches, tokens), the target's group
        with the target; an int is a width of neighbouring columns. By default each feature on
        its own. See `ridgeless.estimation.blocks` for when this is exact.
    aspect_ratio : gamma = d/n, in [0, inf), optional
        Features per sample of the data to train on; by default that of X itself.
    masks_per_sample : K, 1, 2, ... or inf
        Epochs with fresh masks; inf by default, the limit of many.
    ridge, test_mask_ratio
        As in `risk`.
    confidence : float in (0, 1)
        Coverage aimed at by `interval`.
    replicates : int, at least 1
        Bootstrap replicates.
    rng : None, int, SeedSequence or numpy Generator
        Randomness of the bootstrap.

    Returns
    -------
    Recommendation

    Raises
    ------
    DomainError
        If X has missing values, too few rows or fewer than two columns that vary, if a group has
        as many features as X has rows or holds all features, or an argument is outside its
        domain.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(300, 60))
    >>> rows[:, 1:] += 2 * rows[:, [0]]  # a factor shared by all
    >>> advice = recommend(rows, rng=0, replicates=5)
    >>> 0 <= advice.low <= advice.mask_ratio <= advice.high <= 1
    True
    """
    table = table_of(X)
    level = real_scalar("confidence", confidence)
    if not 0 < level < 1:
        raise DomainError(f"confidence must lie in (0, 1), got {level!r}")
    repeats, generator = count("replicates", replicates), _generator(rng)
    labels = _labels(groups, table.shape[1])
    kept, column, notes = _varying(table, target_column)
    table, labels = table[:, kept], np.unique(labels[kept], return_inverse=True)[1]
    rows = standardized(table)
    gamma = rows.shape[1] / rows.shape[0]
    if aspect_ratio is not None:
        gamma = float(nonnegative_array("aspect_ratio", real_scalar("aspect_ratio", aspect_ratio),
                                        finite=True))  # fmt: skip
    notes += diagnostics(rows, table, Spectrum(*SampleSpectrum.of(rows).population()))
    if labels.max() + 1 < labels.size:
        _check_groups(labels, rows.shape[0])
        notes += group_diagnostics(labels, rows.shape[0])
    population, task, again, directions = _estimate(rows, labels, column)
    options: dict[str, Any] = {
        "aspect_ratio": gamma * directions / labels.size,
        "rows": "masked" if column is None else "all",
        "ridge": ridge,
        "test_mask_ratio": test_mask_ratio,
    }
    many = options | {"masks_per_sample": masks_per_sample}
    best = optimal_mask_ratio(population, target=task, **many)
    found = []
    for _ in range(repeats):
        other, same = again(generator)
        found.append(minimum(other, target=same, **many)[0])
    tails = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    # Where estimates lie, and that reflected about the estimate, which corrects a bias.
    reach = np.clip(np.append(tails, 2 * best.mask_ratio - tails), 0, 1)
    if best.mask_ratio == 1:
        notes.append(
            "Nothing to learn was found: predicting the mean is estimated to be best. With more "
            "rows there may be; the interval says nothing."
        )
        reach = np.array([0.0, 1.0])
    present = population.weights > 0
    return Recommendation(
        mask_ratio=float(best.mask_ratio),
        low=float(best.low),
        high=float(best.high),
        interval=(float(min(*reach, best.mask_ratio)), float(max(*reach, best.mask_ratio))),
        curve_ratios=CURVE.copy(),
        risk=risk(population, CURVE, target=task, **many),
        spectrum=Spectrum(population.eigenvalues[present], population.weights[present]),
        aspect_ratio=gamma,
        one_mask=optimal_mask_ratio(population, target=task, **options),
        diagnostics=tuple(notes),
    )


def _estimate(
    rows: Array, labels: Labels, column: int | None
) -> tuple[Spectrum, Target, Callable[[np.random.Generator], tuple[Spectrum, Target]], int]:
    """Return the spectrum, the task, how to draw and estimate them again, and its dimension."""
    if column is None and labels.max() + 1 == labels.size:
        population = Spectrum(*SampleSpectrum.of(rows).population())

        def typical(rng: np.random.Generator) -> tuple[Spectrum, Target]:
            values = systematic_sample(population, rows.shape[1], rng)
            drawn = rng.standard_normal(rows.shape) * np.sqrt(values)
            sample = SampleSpectrum.of(drawn - drawn.mean(axis=0))
            return Spectrum(*sample.population()), MaskedFeature()

        return population, MaskedFeature(), typical, rows.shape[1]
    blocks = Blocks.of(rows, labels)
    sample = SampleSpectrum.of(blocks.rows)
    named = None if column is None else np.eye(1, labels.size, column)[0]
    population, task = task_of(sample, blocks.schur(sample, named))
    targets = 1 if column is not None else int(labels.max()) + 1
    shape = blocks.rows.shape
    return population, task, lambda rng: redrawn(population, task, shape, targets, rng), shape[1]


def _generator(rng: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise DomainError(
            "rng must be None, an integer of at least 0, a SeedSequence or a Generator, got "
            f"{rng!r}"
        ) from None


def _check_groups(labels: Labels, samples: int) -> None:
    sizes = np.bincount(labels)
    if sizes.size == 1:
        raise DomainError("groups must be at least two, got one group that holds every feature")
    if sizes.max() >= samples:
        raise DomainError(
            f"groups must have fewer features than X has rows ({samples}), got a group of "
            f"{sizes.max()}"
        )


def _labels(groups: ArrayLike | None, features: int) -> Labels:
    """Return the number of each feature's group."""
    if groups is None:
        return np.arange(features)
    if np.ndim(groups) == 0 and not isinstance(groups, str):
        return np.arange(features) // count("groups", groups)
    given = np.asarray(groups)
    if given.shape != (features,):
        raise DomainError(
            f"groups must hold one label for each of the {features} columns of X, or be the width "
            f"of a patch, got shape {given.shape}"
        )
    try:
        return np.asarray(np.unique(given, return_inverse=True)[1])
    except TypeError:
        raise DomainError("groups must be labels of one kind, numbers or texts") from None


def _varying(
    table: Array, target_column: int | None
) -> tuple[NDArray[np.bool_], int | None, list[str]]:
    """Return the columns that vary, the target's place among them and what to say."""
    still = constant_columns(table)
    column = None
    if target_column is not None:
        column = count("target_column", target_column, least=0)
        if column >= still.size:
            raise DomainError(f"target_column must be below {still.size}, got {column}")
        if still[column]:
            raise DomainError(f"target_column must vary, got the constant column {column}")
        column -= int(still[:column].sum())
    if np.count_nonzero(~still) < 2:
        raise DomainError(
            f"X must have at least two columns that vary, got {np.count_nonzero(~still)}"
        )
    notes = []
    if still.any():
        notes = [f"{int(still.sum())} of {still.size} columns are constant and were left out."]
    return ~still, column, notes
