r"""Whether simulation approaches theory as the dimension grows.

Theory is exact as :math:`d \to \infty`; at finite d the relative difference is fitted by

.. math:: r(d) = a + c/d,

with a the gap that would remain and c the finite-size slope, by least squares weighted with the
standard errors. A cell at one d has a z-score only.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulations.running.command import command
from simulations.running.progress import under_way
from simulations.sweep.run import load, table
from simulations.sweep.settings import Folder
from simulations.sweep.table import Row, aligned, named, names_of, write_csv

__all__ = ["Comparison", "Slope", "compare", "fit_slope", "main", "quantile"]

#: Standard errors within which theory and simulation agree: one cell in 370 fails by chance. With
#: few trials, whose standard error is itself uncertain, the quantile of Student's law instead.
AGREES = 3.0
VERDICTS = ("agrees", "finite-size", "disagrees", "undecided")
#: A gap that extrapolates to this share of its largest is called finite size, noise apart.
REMAINS = 0.1
#: The largest |c| that may be at work at one d, where it cannot be told.
STEEPEST = 15.0
#: Half width of a 95 % interval, in standard errors.
HALF_WIDTH = 1.96

DESCRIPTION = """Say for each cell of a sweep, finished or running, whether simulation agrees with
theory: agrees (within 3 standard errors, more with few trials), finite-size (the gap falls with
the dimension and vanishes in the limit), disagrees (it does not vanish; with one dimension, it is
above 15/d), or undecided. Writes compare.csv beside the sweep.

examples:
  python -m simulations compare
  python -m simulations compare --output results/tails
"""


class Slope(NamedTuple):
    """A fitted r(d) = a + c/d, with standard errors."""

    slope: float  #: c
    slope_error: float
    limit: float  #: a
    limit_error: float

    @property
    def interval(self) -> tuple[float, float]:
        """95 % interval of c."""
        half = HALF_WIDTH * self.slope_error
        return self.slope - half, self.slope + half


@dataclass(frozen=True)
class Comparison:
    """A line of compare.csv."""

    spectrum: str
    design: str
    mask_ratio: str
    aspect_ratio: float
    target: str
    snr: float
    ridge: float
    test_mask_ratio: float
    dimension: int
    z: float
    relative_difference: float
    slope: float | None  #: None with one dimension
    slope_low: float | None
    slope_high: float | None
    limit: float | None
    limit_error: float | None
    verdict: str


def fit_slope(dimensions: Sequence[float], gaps: Sequence[float], errors: Sequence[float]) -> Slope:
    """Fit relative gaps with known errors; three points or more widen them if they scatter more.

    Examples
    --------
    >>> fit_slope([100, 200, 400], [0.06, 0.035, 0.0225], [0.01] * 3).slope
    5.0
    """
    design = np.stack([np.ones(len(dimensions)), 1 / np.asarray(dimensions, dtype=float)], axis=1)
    weighted = design / np.asarray(errors)[:, None]
    covariance = np.linalg.inv(weighted.T @ weighted)
    found = covariance @ (weighted.T @ (np.asarray(gaps) / np.asarray(errors)))
    misses = (np.asarray(gaps) - design @ found) / np.asarray(errors)
    spare = len(gaps) - 2
    scatter = max(1.0, float(misses @ misses) / spare) if spare else 1.0
    limit_error, slope_error = np.sqrt(scatter * np.diag(covariance))
    return Slope(float(found[1]), float(slope_error), float(found[0]), float(limit_error))


def compare(rows: Sequence[Row]) -> list[Comparison]:
    """Return a verdict per cell; cells that differ in dimension only are fitted together."""
    order = sorted(range(len(rows)), key=lambda i: tuple(map(str, _family(rows[i]))))
    found: dict[int, Comparison] = {}
    for _, members in itertools.groupby(order, key=lambda i: _family(rows[i])):
        indices = list(members)
        usable = [
            rows[i] for i in indices if 0 < rows[i].theory < np.inf and rows[i].standard_error > 0
        ]
        slope = None
        if len({row.dimension for row in usable}) > 1:
            slope = fit_slope(
                [row.dimension for row in usable],
                [row.relative_difference for row in usable],
                [row.standard_error / row.theory for row in usable],
            )
        widest = max((abs(row.relative_difference) for row in usable), default=0.0)
        for i in indices:
            found[i] = _comparison(rows[i], slope, widest)
    return [found[i] for i in range(len(rows))]


def _family(row: Row) -> tuple[object, ...]:
    # The noise of a masked feature depends on d: its snr is not a setting.
    snr = f"{row.snr:.9g}" if row.target == "linear" else ""
    ratios = row.mask_ratio, row.aspect_ratio
    return row.spectrum, row.design, *ratios, row.target, snr, row.ridge, row.test_mask_ratio


def quantile(trials: int) -> float:
    """Return how many standard errors of so many trials are as improbable as 3 exact ones.

    Examples
    --------
    >>> quantile(16), quantile(10**6)
    (3.59, 3.0)
    """
    from scipy.stats import norm, t

    return float(t.isf(norm.sf(AGREES), trials - 1))


def _verdict(row: Row, slope: Slope | None, widest: float) -> str:
    if abs(row.z) <= quantile(row.trials):
        return "agrees"
    if not np.isfinite(row.theory):
        return "undecided"
    if slope is None:
        small = abs(row.relative_difference) <= STEEPEST / row.dimension
        return "undecided" if small else "disagrees"
    if abs(slope.limit) > AGREES * slope.limit_error + REMAINS * widest:
        return "disagrees"
    return "finite-size" if abs(slope.slope) > AGREES * slope.slope_error else "undecided"


def _comparison(row: Row, slope: Slope | None, widest: float) -> Comparison:
    low, high = (None, None) if slope is None else slope.interval
    return Comparison(
        row.spectrum,
        row.design,
        row.mask_ratio,
        row.aspect_ratio,
        row.target,
        row.snr,
        row.ridge,
        row.test_mask_ratio,
        row.dimension,
        row.z,
        row.relative_difference,
        None if slope is None else slope.slope,
        low,
        high,
        None if slope is None else slope.limit,
        None if slope is None else slope.limit_error,
        _verdict(row, slope, widest),
    )


def run_compare(settings: Folder) -> int:
    """Print and write the comparison of a store."""
    _, cells, ledger = load(settings.output)
    with under_way(f"theory of {len(cells)} cells"):
        comparisons = compare(table(cells, ledger))
    names = names_of(comparisons)
    lines: list[Sequence[str]] = [(*names.values(), "z", "slope in 1/d", "verdict")]
    for c in comparisons:
        interval = ""
        if c.slope is not None and c.slope_low is not None and c.slope_high is not None:
            interval = f"{c.slope:.2g} ({c.slope_low:.2g} to {c.slope_high:.2g})"
        lines.append((*named(c, names), f"{c.z:+.1f}", interval, c.verdict))
    print(aligned(lines, 2))
    counts = [f"{sum(c.verdict == verdict for c in comparisons)} {verdict}" for verdict in VERDICTS]
    print(f"\n{', '.join(counts)}")
    path = settings.output / "compare.csv"
    write_csv(Comparison, comparisons, path)
    print(f"wrote {path}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return command(Folder, run_compare, "python -m simulations compare", DESCRIPTION, arguments)


if __name__ == "__main__":
    sys.exit(main())
