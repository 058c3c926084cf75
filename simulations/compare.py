r"""Whether simulation approaches theory as the dimension grows.

Theory is exact as :math:`d \to \infty`; at finite d the relative difference is fitted by

.. math:: r(d) = a + c/d,

with a the gap that would remain and c the finite-size slope, by least squares weighted with the
standard errors. A cell at one d has a z-score only.
"""

from __future__ import annotations

import csv
import itertools
import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import NamedTuple

import numpy as np

from simulations.command import command
from simulations.files import replacing
from simulations.sweep import load, table
from simulations.table import Row, aligned

__all__ = ["Comparison", "Slope", "compare", "fit_slope", "main"]

#: Standard errors within which theory and simulation agree; one cell in 370 fails by chance.
AGREES = 3.0
#: A gap that extrapolates to this share of its largest is called finite size, noise apart.
REMAINS = 0.1
#: The largest |c| that a cell at one d may blame on finite size.
STEEPEST = 15.0
#: Half width of a 95 % interval, in standard errors.
HALF_WIDTH = 1.96

DESCRIPTION = """Say for each cell of a sweep, finished or running, whether simulation agrees with
theory: agrees (within 3 standard errors), finite-size (the gap vanishes as the dimension grows;
with one dimension, it is below 15/d) or disagrees. Writes compare.csv beside the sweep.

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
            rows[i] for i in indices if np.isfinite(rows[i].theory) and rows[i].standard_error > 0
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
    ratios = row.mask_ratio, row.aspect_ratio
    # The noise of a masked feature depends a little on d: its snr is not a setting.
    return row.spectrum, row.design, *ratios, row.ridge, row.test_mask_ratio, round(row.snr, 1)


def _comparison(row: Row, slope: Slope | None, widest: float) -> Comparison:
    if abs(row.z) <= AGREES:
        verdict = "agrees"
    elif slope is None:
        small = abs(row.relative_difference) <= STEEPEST / row.dimension
        verdict = "finite-size" if small else "disagrees"
    else:
        vanishes = abs(slope.limit) <= AGREES * slope.limit_error + REMAINS * widest
        verdict = "finite-size" if vanishes else "disagrees"
    low, high = (None, None) if slope is None else slope.interval
    return Comparison(
        row.spectrum,
        row.design,
        row.mask_ratio,
        row.aspect_ratio,
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
        verdict,
    )


@dataclass(frozen=True)
class Compare:
    """Settings of the command."""

    output: Path = Path("results/sweep")
    """Folder of the sweep."""


def run_compare(settings: Compare) -> int:
    """Print and write the comparison of a store."""
    _, cells, ledger = load(settings.output)
    comparisons = compare(table(cells, ledger))
    names = [field.name for field in fields(Comparison)]
    path = settings.output / "compare.csv"
    with replacing(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names)
        for c in comparisons:
            values = (getattr(c, name) for name in names)
            writer.writerow(f"{v:.10g}" if isinstance(v, float) else v for v in values)
    lines: list[Sequence[str]] = [
        ("spectrum", "design", "mask ratio", "d/n", "d", "z", "slope in 1/d", "verdict")
    ]
    for c in comparisons:
        interval = ""
        if c.slope is not None and c.slope_low is not None and c.slope_high is not None:
            interval = f"{c.slope:.2g} ({c.slope_low:.2g} to {c.slope_high:.2g})"
        place = f"{c.aspect_ratio:g}", str(c.dimension), f"{c.z:+.1f}"
        lines.append((c.spectrum, c.design, c.mask_ratio, *place, interval, c.verdict))
    print(aligned(lines, 3))
    counts = [
        f"{sum(c.verdict == verdict for c in comparisons)} {verdict}"
        for verdict in ("agrees", "finite-size", "disagrees")
    ]
    print(f"\n{', '.join(counts)}; wrote {path}")
    return 0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    return command(Compare, run_compare, "python -m simulations compare", DESCRIPTION, arguments)


if __name__ == "__main__":
    sys.exit(main())
