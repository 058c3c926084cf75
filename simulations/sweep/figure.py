"""Figures: theory as lines, Monte Carlo as points."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.cli.files import replacing
from simulations.running.style import COLOURS, SHAPES, STYLE, levels, panels
from simulations.sweep.table import Row

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from simulations.sweep.settings import Cell

__all__ = ["plot_sweep"]

DASHED = (0, (4, 2))
DOTTED = (0, (1, 1.2))

GRID = np.linspace(0.01, 0.97, 193)


def plot_sweep(cells: Sequence[Cell], rows: Sequence[Row], path: Path) -> None:
    """Draw a panel per spectrum: risk against mask ratio, a colour per aspect ratio.

    A law of mask ratios has one risk and no place on the axis: it is a dashed line across the
    ratios it draws, with its Monte Carlo estimate as an open diamond near the middle.
    """
    import matplotlib as mpl

    names = list(dict.fromkeys(map(_panel, rows)))
    gammas = list(dict.fromkeys(row.aspect_ratio for row in rows))
    across = min(len(names), 2) if len(names) != 3 else 3
    with mpl.rc_context(STYLE):
        figure, axes = panels(len(names), across, 3.3, sharex=True)
        for axis, name in zip(axes.flat, names, strict=False):
            shown = [(c, r) for c, r in zip(cells, rows, strict=True) if _panel(r) == name]
            for number, gamma in enumerate(gammas):
                _draw(axis, [pair for pair in shown if pair[1].aspect_ratio == gamma], number)
            _finish(axis, [row for _, row in shown])
        for axis in axes[-1]:
            axis.set_xlabel("mask ratio  $p$")
        for axis in axes[:, 0]:
            axis.set_ylabel(r"test risk  $E\,(x'\beta - x'\hat\beta)^2$")
        knows_rows = any(row.theory_rows is not None for row in rows)
        _legend(figure, gammas, any(_ratios(c).size > 1 for c in cells), knows_rows)
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=160)


def _panel(row: Row) -> tuple[object, ...]:
    """Return all that tells two panels apart: everything but the two ratios."""
    return row.spectrum, row.design, row.dimension, row.snr, row.ridge, row.test_mask_ratio


def _ratios(cell: Cell) -> NDArray[np.float64]:
    """Return the mask ratios of a cell's law; one if it is fixed."""
    return cell.problem.sampling.masking.law.nodes(64)[0]


def _draw(axis: Axes, pairs: Sequence[tuple[Cell, Row]], number: int) -> None:
    """Draw one aspect ratio of one spectrum."""
    colour, shape = COLOURS[number % len(COLOURS)], SHAPES[number % len(SHAPES)]
    if not pairs:
        return
    curve = np.asarray(pairs[0][0].problem.theory(GRID).total)
    axis.plot(GRID, np.minimum(curve, 1e6), color=colour, zorder=2)
    known = [(_ratios(c)[0], r.theory_rows) for c, r in pairs if _ratios(c).size == 1]
    beside = np.array([pair for pair in sorted(known) if pair[1] is not None], dtype=float)
    if beside.size:
        # Known at these ratios only: a bar there, and dots to lead the eye.
        bar_there: dict[str, Any] = {"marker": "_", "markersize": 16, "markeredgewidth": 2.2}
        axis.plot(*beside.T, color=colour, linestyle=DOTTED, linewidth=1.2, zorder=2, **bar_there)
    for cell, row in pairs:
        mask = _ratios(cell)
        bar: dict[str, Any] = {
            "yerr": 2 * row.standard_error,
            "color": colour,
            "capsize": 2,
            "elinewidth": 1.2,
        }
        if mask.size > 1:
            ends = np.array([mask.min(), mask.max()])
            axis.plot(ends, [row.theory] * 2, color=colour, linestyle=DASHED, zorder=2)
            if row.theory_rows is not None:
                axis.plot(ends, [row.theory_rows] * 2, color=colour, linestyle=DOTTED, zorder=2)
            # Side by side, so that neighbours stay apart.
            place = ends[0] + np.ptp(ends) * (0.42 + 0.16 * (number % 2))
            bar |= {"fmt": "D", "markersize": 6.5, "mfc": "white", "mew": 1.6, "zorder": 4}
            axis.errorbar(place, row.monte_carlo, **bar)
        else:
            bar |= {"fmt": shape, "markersize": 6, "mec": "white", "mew": 0.7, "zorder": 3}
            axis.errorbar(mask[0], row.monte_carlo, **bar)


def _finish(axis: Axes, rows: Sequence[Row]) -> None:
    """Set the scale to the simulated risks; the curve may leave it at its peak."""
    null = max(row.null for row in rows)
    risks = [row.monte_carlo for row in rows] + [row.theory for row in rows] + [null]
    inside = [risk for risk in risks if 0 < risk < np.inf]
    highest = max(row.monte_carlo for row in rows)
    axis.set_yscale("log")
    levels(axis)
    if highest > 0:
        axis.set_ylim(0.6 * min(inside), 2.2 * highest)
    axis.set_xlim(0, 1)
    axis.axhline(null, color="0.55", linewidth=1, linestyle=":", zorder=1)
    real = "" if rows[0].design == "gaussian" else f", {rows[0].design}"
    axis.set_title(f"{rows[0].spectrum}  ($d = {rows[0].dimension}${real})")


def _legend(
    figure: Figure, gammas: Sequence[float], has_law: bool, knows_rows: bool = False
) -> None:
    from matplotlib.lines import Line2D

    def handle(label: str, **style: Any) -> Line2D:
        return Line2D([], [], label=label, **style)

    handles = [
        handle(rf"$d/n = {gamma:g}$", color=COLOURS[i % 6], marker=SHAPES[i % 6])
        for i, gamma in enumerate(gammas)
    ]
    handles.append(handle("theory", color="0.3"))
    if knows_rows:
        bars: dict[str, Any] = {
            "marker": "_",
            "markersize": 12,
            "markeredgewidth": 2.2,
            "linestyle": DOTTED,
        }
        handles.append(handle("theory of the rows", color="0.3", linewidth=1.2, **bars))
    handles.append(handle("Monte Carlo ± 2 s.e.", color="0.3", marker="o", linestyle=""))
    if has_law:
        diamond = {"marker": "D", "mfc": "white", "linestyle": DASHED}
        handles.append(handle("random ratio (R²MAE)", color="0.3", **diamond))
    handles.append(handle("predicting 0", color="0.55", linestyle=":"))
    figure.legend(handles=handles, loc="outside upper center", ncols=3)
