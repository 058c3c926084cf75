"""From a data matrix to a mask ratio."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.errors import DomainError, count, nonnegative_array, real_scalar
from ridgeless.estimation import SampleSpectrum, constant_columns, standardized, table_of
from ridgeless.optimal import OptimalMaskRatio, minimum, optimal_mask_ratio
from ridgeless.risk import Risk, risk
from ridgeless.spectrum import Spectrum
from ridgeless.target import LinearTarget, MaskedFeature, Target

__all__ = ["Recommendation", "recommend"]

Array = NDArray[np.float64]

CURVE = np.linspace(0.02, 0.98, 49)
# Where the diagnostics speak up. Gaussian rows of the estimated spectrum stay below all of them.
DOMINANT, UNEVEN, MOSTLY_ONE_VALUE, FEW_ROWS = 0.1, 3.0, 0.9, 0.2


@dataclass(frozen=True)
class Recommendation:
    """A mask ratio for a data set, what it rests on, and how far to trust it."""

    #: Ratio of smallest prediction error, with fresh masks every epoch unless asked otherwise.
    mask_ratio: float
    #: Connected range around it within 10% of the best risk: a reasonable range for R2MAE.
    low: float
    high: float
    #: Where the best ratio may lie given that the spectrum is estimated (parametric bootstrap).
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
    ratio, with an interval from a parametric bootstrap: Gaussian rows with the estimated
    spectrum, estimated again. Resampling rows would not do: duplicated rows shift the spectrum.

    Parameters
    ----------
    X : array_like or data frame, shape (n, d), finite, n at least 10
        Rows are samples. Constant columns are left out, and a diagnostic says so.
    target_column : int, optional
        Predict this column from the others on every row, instead of masked reconstruction.
    aspect_ratio : gamma = d/n, in (0, inf), optional
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
        If X has missing values, too few rows or fewer than two columns that vary, or an argument
        is outside its domain.

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
    repeats = count("replicates", replicates)
    table, column, notes = _varying(table, target_column)
    rows = standardized(table)
    sample = SampleSpectrum.of(rows)
    spectrum = Spectrum(*sample.population())
    gamma = rows.shape[1] / rows.shape[0]
    if aspect_ratio is not None:
        gamma = float(nonnegative_array("aspect_ratio", real_scalar("aspect_ratio", aspect_ratio),
                                        finite=True))  # fmt: skip
    task: Target = MaskedFeature()
    law = spectrum
    if column is not None:
        law, task = _column_task(sample, spectrum, rows, column)
    options: dict[str, Any] = {
        "aspect_ratio": gamma,
        "target": task,
        "ridge": ridge,
        "test_mask_ratio": test_mask_ratio,
    }
    many = options | {"masks_per_sample": masks_per_sample}
    best = optimal_mask_ratio(law, **many)
    once = optimal_mask_ratio(law, **options)
    again = _bootstrap(spectrum, rows.shape, many, repeats, np.random.default_rng(rng))
    if column is not None:
        # The task's own mass is kept; only the spectrum's uncertainty is propagated.
        again = again + (best.mask_ratio - np.median(again))
    tails = np.quantile(again, [(1 - level) / 2, (1 + level) / 2])
    # Reflected about the estimate: where the truth lies, not where estimates do.
    reach = np.clip(2 * best.mask_ratio - tails[::-1], 0, 1)
    interval = (min(float(reach[0]), best.mask_ratio), max(float(reach[1]), best.mask_ratio))
    return Recommendation(
        mask_ratio=best.mask_ratio,
        low=best.low,
        high=best.high,
        interval=interval,
        curve_ratios=CURVE.copy(),
        risk=risk(law, CURVE, **many),
        spectrum=spectrum,
        aspect_ratio=gamma,
        one_mask=once,
        diagnostics=(*notes, *_diagnostics(rows, table, spectrum)),
    )


def _varying(table: Array, target_column: int | None) -> tuple[Array, int | None, tuple[str, ...]]:
    """Drop constant columns; return the table, the target's new place and what to say."""
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
        raise DomainError("X must have at least two columns that vary")
    notes: tuple[str, ...] = ()
    if still.any():
        notes = (f"{int(still.sum())} of {still.size} columns are constant and were left out.",)
    return table[:, ~still], column, notes


def _column_task(
    sample: SampleSpectrum, spectrum: Spectrum, rows: Array, column: int
) -> tuple[Spectrum, LinearTarget]:
    """Return the task of predicting one column from the others (eq-masked-feature).

    As for a typical feature, with the spectrum as this one sees it in place of the average.
    """
    from scipy.linalg import eigh

    from ridgeless.interlacing import interlace

    # Entries [(S + l)^-1]_jj of the sample resolvent, from the smaller Gram matrix.

    samples = rows.shape[0]
    values, vectors = eigh(rows @ rows.T / samples) if samples < rows.shape[1] else (None, None)
    if values is None or vectors is None:
        values, vectors = eigh(rows.T @ rows / samples)
        mass = vectors[column] ** 2
    else:
        positive = np.maximum(values, 1e-300)
        mass = (vectors.T @ rows[:, column]) ** 2 / (samples * positive)
    kept = values > 1e-10 * values[-1]
    scaled, mass = values[kept] / sample.mean, mass[kept]
    unseen = max(1 - float(mass.sum()), 0.0)
    points = sample.points
    resolvent = (mass / (scaled + points[:, None])).sum(axis=1) + unseen / points
    s, weights = sample.seen_by(resolvent)
    if s.size == 1:
        return spectrum, LinearTarget(snr=1e-12)
    zeros, loads = np.empty(s.size - 1), np.empty(s.size - 1)
    interlace(s, weights, zeros, loads)
    variance, noise = float((loads / zeros).sum()), 1 / float((weights / s).sum())
    # Points without weight carry the signal and count for nothing else.
    law = Spectrum(np.append(spectrum.eigenvalues, zeros), np.append(spectrum.weights, 0 * zeros))
    masses = np.append(0 * spectrum.eigenvalues, loads / zeros**2)
    return law, LinearTarget(snr=variance / noise, alignment=masses, signal_variance=variance)


def _bootstrap(
    spectrum: Spectrum,
    shape: tuple[int, int],
    options: dict[str, Any],
    repeats: int,
    rng: np.random.Generator,
) -> Array:
    """Return best ratios of Gaussian data with the estimated spectrum, estimated again."""
    samples, features = shape
    steps = np.cumsum(spectrum.weights)
    typical = options | {"target": MaskedFeature()}
    found = []
    for _ in range(repeats):
        # As many eigenvalues as features, at quantiles with a random offset: an atom of half a
        # feature's weight is there half of the time.
        place = np.searchsorted(steps, (np.arange(features) + rng.random()) / features)
        values = spectrum.eigenvalues[np.minimum(place, len(spectrum) - 1)]
        rows = rng.standard_normal((samples, features)) * np.sqrt(values)
        law = Spectrum(*SampleSpectrum.of(rows - rows.mean(axis=0)).population())
        found.append(minimum(law, **typical)[0])
    return np.array(found)


def _diagnostics(rows: Array, table: Array, spectrum: Spectrum) -> list[str]:
    """Return sentences on how the data breaks the theory's assumptions."""
    samples, features = rows.shape
    said = []
    top = float(spectrum.eigenvalues[-1]) / features
    if top > DOMINANT:
        said.append(
            f"One factor carries {top:.0%} of the variance of all features. If its share stays "
            "when features are added, it is outside the theory: masks then act as noise with a "
            "different power in every sample."
        )
    power = np.mean(rows**2, axis=1)
    gaussian = 2 * float(spectrum.weights @ spectrum.eigenvalues**2) / features
    uneven = float(np.var(power)) / gaussian
    if uneven > UNEVEN:
        said.append(
            f"Samples differ in overall size: the variance of their mean square is {uneven:.1f} "
            "times that of Gaussian rows. Heavy tails or rows of unequal power are outside the "
            "theory."
        )
    blank = np.mean([np.unique(c, return_counts=True)[1].max() for c in table.T] >= np.float64(
        MOSTLY_ONE_VALUE * samples))  # fmt: skip
    if blank > 0.05:
        said.append(
            f"{blank:.0%} of the features have one value in at least {MOSTLY_ONE_VALUE:.0%} of the "
            "samples; small training sets will not see them vary."
        )
    if samples < FEW_ROWS * features:
        said.append(
            f"{samples} rows are few for {features} features: small eigenvalues are hardly "
            "determined, and with them the noise level."
        )
    return said
