"""What a data matrix says against the assumptions of the theory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ridgeless.spectrum import Spectrum

__all__ = ["diagnostics"]

Array = NDArray[np.float64]

# Where the sentences appear. Gaussian rows of the estimated spectrum stay below the first two.
DOMINANT, UNEVEN, MOSTLY_ONE_VALUE, FEW_ROWS = 0.1, 3.0, 0.9, 0.2
MANY_FEATURES = 50
EQUAL = 3.0  # times the share of one of equal eigenvalues, which of few features is large


def diagnostics(rows: Array, table: Array, spectrum: Spectrum) -> list[str]:
    """Return sentences on standardised `rows` of `table` with the estimated `spectrum`."""
    samples, features = rows.shape
    said = []
    top = float(spectrum.eigenvalues[-1]) / features
    if top > max(DOMINANT, EQUAL / features):
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
    commonest = [np.unique(c, return_counts=True)[1].max() for c in table.T]
    blank = float(np.mean(np.array(commonest) >= MOSTLY_ONE_VALUE * samples))
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
    if features < MANY_FEATURES:
        said.append(
            f"{features} features are few: the theory is for many, and counts on a mask leaving "
            "about the same share of them in every row."
        )
    return said
