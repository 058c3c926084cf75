"""Sentences on rows that are no independent draws, and on answers that are close to no answer."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["said_of_answers", "said_of_rows"]

Array = NDArray[np.float64]

#: Largest eigenvalue of the map between residuals from which on the risk is hardly determined.
NEAR = 0.9
#: Rows in a row resemble each other when the mean correlation of neighbours exceeds so many of
#: its standard errors, and so much.
CLEAR, ALIKE = 5.0, 0.05
#: Populations and samples per sample below which an error is a guess.
FEW, SPARE = 4, 4


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
            f"Neighbouring rows resemble each other (mean correlation {likeness:.2f} in the order "
            "of the table): the theory is for independent rows, and series or sorted groups are "
            "not. If the order means nothing, this is about the table's order alone."
        )
    return said


def neighbours(X: Array) -> tuple[float, float]:
    """Return the correlation of neighbouring rows, and its standard error.

    By the products of neighbouring rows, and of their squares, whichever says more.
    """
    found = []
    for values in (X, X**2):
        scale = values.std(axis=0)
        used = scale > 1e-12 * np.abs(values).max(axis=0, initial=0.0)
        rows = (values[:, used] - values[:, used].mean(axis=0)) / scale[used]
        products = np.einsum("ij,ij->i", rows[1:], rows[:-1]) / max(rows.shape[1], 1)
        error = float(products.std()) / max(len(products), 1) ** 0.5
        found.append((float(products.mean()), error))
    return max(found, key=lambda x: x[0] / x[1] if x[1] > 0 else 0.0)


def said_of_answers(
    gain: float, replicates: int, random: bool, size: int, samples: int, diverges: bool
) -> list[str]:
    """Return sentences on a threshold that is near, and on populations that are few or small."""
    said = []
    if diverges:
        said.append(
            "The risk is infinite where there are as many rows as directions and no ridge."
        )
    elif gain > NEAR:
        said.append(
            f"Near the threshold of as many rows as directions: residuals amplify each other by "
            f"{gain:.2f} (1 diverges), and the risk at few rows is off by more than its error "
            "says. A ridge, or other samples, moves away from it."
        )
    if random and replicates < FEW:
        said.append(f"{replicates} populations say little about their own spread; take {FEW}.")
    if size < SPARE * samples:
        said.append(
            f"A population of {size} rows for {samples} samples is unbiased but noisy: "
            f"{SPARE} times as many would be better."
        )
    return said
