"""Sentences on rows that are no independent draws, and on answers that are close to no answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ridgeless.rows.question import MANY

__all__ = ["said_of_answers", "said_of_rows"]

Array = NDArray[np.float64]

#: Largest eigenvalue of the map between residuals from which on the risk is hardly determined.
NEAR = 0.9
#: Rows in a row resemble each other when the likeness of neighbours exceeds so many of
#: its standard errors, and so much.
CLEAR, ALIKE = 5.0, 0.05
#: Populations and samples per sample below which an error is a guess.
FEW, SPARE = 4, 4
#: Samples below which it shows that each has a scatter of its own under its masks.
SCATTERED = 200


def said_of_rows(X: Array) -> list[str]:
    """Return sentences on duplicates and on neighbouring rows that resemble each other."""
    said = []
    distinct = np.unique(X, axis=0).shape[0]
    if distinct < X.shape[0]:
        said.append(
            f"{X.shape[0] - distinct} of {X.shape[0]} rows repeat another: a row that is left out "
            "is then still there, and the risk comes out too low. Drop the duplicates."
        )
    likeness, error = neighbours(X)
    if likeness > max(ALIKE, CLEAR * error):
        said.append(
            f"Neighbouring rows resemble each other (a correlation of {likeness:.2f} in the order "
            "of the table): the theory is for independent rows, and series or sorted groups are "
            "not. If the order means nothing, this is about the table's order alone."
        )
    return said


def neighbours(X: Array) -> tuple[float, float]:
    """Return how alike neighbouring rows are, and the standard error of that.

    By their directions and by their sizes, whichever says more; neither is ruled by large rows.
    """
    rows = X - X.mean(axis=0)
    size = np.linalg.norm(rows, axis=1, keepdims=True)
    unit = np.divide(rows, size, out=np.zeros_like(rows), where=size > 0)
    unit -= unit.mean(axis=0)
    logarithm = np.log(np.maximum(size, 1e-12 * size.max(initial=np.finfo(float).tiny)))
    logarithm = (logarithm - logarithm.mean()) / (logarithm.std() or 1.0)
    found = []
    for values in (unit, logarithm):
        products = np.einsum("ij,ij->i", values[1:], values[:-1])
        found.append((float(products.mean()), float(products.std()) / len(products) ** 0.5))
    return max(found, key=lambda x: x[0] / x[1] if x[1] > 0 else 0.0)


def said_of_answers(
    gain: float,
    replicates: int,
    random: bool,
    size: int,
    samples: NDArray[np.intp],
    diverges: bool,
    sampled: bool,
) -> list[str]:
    """Return sentences on a threshold that is near, and on populations that are few or small.

    `sampled` says whether a few masks of each sample stand for infinitely many.
    """
    said = []
    if diverges:
        said.append("The risk is infinite where there are as many rows as directions and no ridge.")
    elif gain > NEAR:
        said.append(
            f"Near the threshold of as many rows as directions: residuals amplify each other by "
            f"{gain:.2f} (1 diverges), and the risk at few rows is off by more than its error "
            "says. A ridge, or other samples, moves away from it."
        )
    if random and replicates < FEW:
        said.append(f"{replicates} populations say little about their own spread; take {FEW}.")
    if size < SPARE * samples.max():
        said.append(
            f"A population of {size} rows for {samples.max()} samples is unbiased but noisy: "
            f"{SPARE} times as many would be better."
        )
    if sampled and samples.min() < SCATTERED:
        said.append(
            f"{MANY} masks of each sample stand for infinitely many, and the mean scatter under "
            "them for the scatter of each: too low by some percent at tens of samples, here "
            f"{samples.min()}. A finite masks_per_sample has no such step."
        )
    return said
