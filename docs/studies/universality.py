"""Where the theory holds and where it does not: python docs/studies/universality.py.

Rewrites the tables of docs/studies/universality.md and its figure, in some minutes on two cores.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import ridgeless as rl
from ridgeless.cli.files import replacing
from simulations.collection.runner import simulate_risks
from simulations.populations import catalogue
from simulations.running import pages
from simulations.running.progress import under_way
from simulations.running.style import COLOURS, SHAPES, STYLE, levels
from simulations.sweep.compare import Comparison, compare, fit_slope
from simulations.sweep.settings import Cell
from simulations.sweep.table import Row
from simulations.trials.problem import Problem

__all__ = ["main"]

DOCS = Path(__file__).parents[1]

#: Trials per dimension: errors of about the same size for the same time.
TRIALS = {200: 64, 400: 32, 800: 12, 1600: 8}
LAWS = ("gaussian", "rademacher", "student:5", "student:3", "elliptical:5", "elliptical:3")
ASPECT_RATIOS = (0.25, 2.0)
RATIO = "0.5"
#: The spike over d: one factor behind all features, with half of the variance.
SPIKE = 1.0
DATASETS = ("digits", "mnist", "pbmc")
RATIOS = ("0.1", "0.3", "0.5", "0.7")
REAL_TRIALS = 16
GRID = np.linspace(0.05, 0.75, 71)


class Measured(NamedTuple):
    """One cell on real rows, or on their Gaussian twins."""

    target: str
    cell: Cell
    row: Row


def law_cells(dimension: int) -> list[Cell]:
    """Return a linear task on a power law, for every law of rows; and the spike."""
    target = rl.LinearTarget(snr=4.0)
    spectra = [("power_law:0.7", law) for law in LAWS]
    spectra.append((f"spike {SPIKE:g} d", "gaussian"))
    cells = []
    for (name, law), gamma in itertools.product(spectra, ASPECT_RATIOS):
        if name.startswith("spike"):
            spectrum = rl.Spectrum.spiked([SPIKE * dimension], dimension)
        else:
            spectrum = catalogue.spectrum(name, dimension, law)[0]
        problem = Problem(
            spectrum,
            float(RATIO),
            aspect_ratio=gamma,
            target=target,
            dimension=dimension,
            design=catalogue.design(law),
        )
        cells.append(Cell(name, RATIO, gamma, problem))
    return cells


def real_cells(names: Sequence[str], target: Any) -> list[Cell]:
    """Return real rows, and Gaussian rows with the same spectrum to compare them with."""
    cells = []
    for name in names:
        spectrum, dimension, real = catalogue.spectrum(name, 0, "gaussian")
        for ratio, design in itertools.product(RATIOS, (real, catalogue.design("gaussian"))):
            problem = Problem(
                spectrum,
                float(ratio),
                aspect_ratio=2.0,
                target=target,
                dimension=dimension,
                design=design,
            )
            cells.append(Cell(name, ratio, 2.0, problem))
    return cells


def measure(cells: Sequence[Cell], trials: int, jobs: int) -> list[Row]:
    """Return theory beside Monte Carlo."""
    problems = [cell.problem for cell in cells]
    with under_way(f"{trials} trials of {len(problems)} problems"):
        estimates = simulate_risks(problems, trials=trials, rng=0, jobs=jobs)
    return [Row.of(c, c.problem.theory(), e) for c, e in zip(cells, estimates, strict=True)]


def law_table(rows: Sequence[Row]) -> str:
    """Return the relative differences by dimension, the fit and a verdict, in Markdown."""
    comparisons = compare(rows)
    sizes = sorted({row.dimension for row in rows})
    head = ["rows", "d/n", *(f"d = {d}" for d in sizes), "slope in 1/d", "left as d → ∞", "verdict"]
    lines = []
    keys = dict.fromkeys((c.spectrum, c.design, c.aspect_ratio) for c in comparisons)
    for key in keys:
        own = [
            (row, c)
            for row, c in zip(rows, comparisons, strict=True)
            if (c.spectrum, c.design, c.aspect_ratio) == key
        ]
        name = key[1] if key[0].startswith("power") else f"{key[0]}, {key[1]}"
        gaps = [f"{r.relative_difference:+.1%} ({c.z:+.1f})" for r, c in own]
        last = own[-1][1]
        lines.append([name, f"{key[2]:g}", *gaps, _slope(last), _limit(last), last.verdict])
    return pages.table(head, lines)


def _slope(c: Comparison) -> str:
    if c.slope is None or c.slope_low is None or c.slope_high is None:
        return ""
    return f"{c.slope:.1f} ({c.slope_low:.1f} to {c.slope_high:.1f})"


def _limit(c: Comparison) -> str:
    if c.limit is None or c.limit_error is None:
        return ""
    return f"{c.limit:+.1%} ± {c.limit_error:.1%}"


def real_table(measured: Sequence[Measured]) -> str:
    """Return theory, real rows and Gaussian rows of the same spectrum, in Markdown."""
    head = ["data", "d", "target", "mask ratio", "theory", "real rows", "Gaussian rows"]
    lines = []
    for (target, _, real), (_, _, twin) in zip(measured[::2], measured[1::2], strict=True):
        gaps = [f"{r.relative_difference:+.1%} ({r.z:+.1f})" for r in (real, twin)]
        names = real.spectrum, str(real.dimension), target, real.mask_ratio
        lines.append([*names, f"{real.theory:.3g}", *gaps])
    return pages.table(head, lines)


def draw(rows: Sequence[Row], real: Sequence[Measured], path: Path) -> None:
    """Draw the gaps against 1/d, and the risks on real rows."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(11, 7.2), layout="constrained")
        axes = figure.subplots(2, 3)
        names = dict.fromkeys((row.spectrum, row.design) for row in rows)
        for axis, gamma in zip(axes[0], ASPECT_RATIOS, strict=False):
            for number, (spectrum, design) in enumerate(names):
                shown = [
                    r
                    for r in rows
                    if (r.spectrum, r.design, r.aspect_ratio) == (spectrum, design, gamma)
                ]
                label = design if spectrum.startswith("power") else spectrum
                _draw_gaps(axis, shown, number, label)
            axis.axhline(0, color="0.3", linewidth=1)
            axis.set(xlabel="$1/d$", title=f"linear task, $d/n = {gamma:g}$")
            axis.set_yscale("symlog", linthresh=0.1, linscale=2)
            levels(axis, (0, 0.02, 0.05, 0.1, 0.2, 0.5), lambda level, _: f"{100 * level:g} %")
            axis.set_xlim(0, None)
            axis.set_ylim(-0.015, 0.8)
        axes[0, 0].set_ylabel("simulation / theory − 1")
        key = axes[0, 2]
        key.axis("off")
        key.legend(*axes[0, 0].get_legend_handles_labels(), loc="center", title="rows")
        for axis in axes[1]:
            axis.set_visible(False)
        for axis, name in zip(axes[1], dict.fromkeys(m.row.spectrum for m in real), strict=False):
            axis.set_visible(True)
            _draw_real(axis, [m for m in real if m.row.spectrum == name])
        axes[1, 0].set_ylabel("test risk / predicting 0")
        axes[1, 0].legend(fontsize=8)
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=130)


def _draw_gaps(axis: Any, rows: Sequence[Row], number: int, label: str) -> None:
    sizes = np.array([row.dimension for row in rows])
    gaps = np.array([row.relative_difference for row in rows])
    errors = np.array([row.standard_error / row.theory for row in rows])
    # Seven series: the last takes the first colour again, in black.
    colour = "black" if number == len(COLOURS) else COLOURS[number]
    shape = SHAPES[number % len(SHAPES)]
    bar = {"color": colour, "capsize": 2, "elinewidth": 1.2}
    axis.errorbar(1 / sizes, gaps, yerr=2 * errors, fmt=shape, label=label, **bar)
    if sizes.size > 1:
        fit = fit_slope(sizes.tolist(), gaps.tolist(), errors.tolist())
        x = np.linspace(0, 1 / sizes.min(), 50)
        axis.plot(x, fit.limit + fit.slope * x, color=colour, linewidth=1)


def _draw_real(axis: Any, measured: Sequence[Measured]) -> None:
    for number, target in enumerate(dict.fromkeys(m.target for m in measured)):
        own = [m for m in measured if m.target == target]
        colour = COLOURS[number]
        null = own[0].row.null
        curve = np.asarray(own[0].cell.problem.theory(GRID).total)
        axis.plot(GRID, curve / null, color=colour, label=f"{target}, theory")
        for shown, shape, shift, face in (
            (own[::2], "o", 0.01, colour),
            (own[1::2], "s", -0.01, "w"),
        ):
            axis.errorbar(
                [float(m.row.mask_ratio) + shift for m in shown],
                [m.row.monte_carlo / null for m in shown],
                yerr=[2 * m.row.standard_error / null for m in shown],
                fmt=shape,
                color=colour,
                mfc=face,
                label=f"{target}, {'Gaussian' if face == 'w' else 'real'} rows",
            )
    row = measured[0].row
    axis.set(xlabel="mask ratio", yscale="log", title=f"{row.spectrum} ($d = {row.dimension}$)")
    levels(axis, (0.5, 1, 2, 4))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, draw and rewrite the page."""
    parser = argparse.ArgumentParser(
        prog="python docs/studies/universality.py", description=__doc__
    )
    parser.add_argument("--largest", type=int, default=max(TRIALS), help="largest dimension")
    parser.add_argument("--datasets", nargs="*", default=list(DATASETS))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the page and the figure")
    options = parser.parse_args(arguments)
    rows = []
    for dimension, trials in TRIALS.items():
        if dimension <= options.largest:
            rows += measure(law_cells(dimension), trials, options.jobs)
    real: list[Measured] = []
    for name, target in (("feature", rl.MaskedFeature()), ("linear", rl.LinearTarget(snr=4.0))):
        cells = real_cells(options.datasets, target)
        rows_of_cells = measure(cells, REAL_TRIALS, options.jobs)
        real += [Measured(name, *pair) for pair in zip(cells, rows_of_cells, strict=True)]
    draw(rows, real, options.docs / "figures" / "universality.png")
    page = options.docs / "studies" / "universality.md"
    text = (
        f"{law_table(rows)}\n\nReal rows beside Gaussian rows with the same spectrum, d/n = 2:\n\n"
        f"{real_table(real)}"
    )
    pages.rewrite(page, text)


if __name__ == "__main__":
    main()
