"""What the optimal mask ratio depends on: python docs/studies/optimal_ratio.py.

Rewrites the figure and the table of docs/studies/optimal_ratio.md and the results behind them.
Theory only; about a minute.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless.cli.files import replacing, write_text
from simulations.running import pages
from simulations.running.style import COLOURS, STYLE

__all__ = ["main"]

Array = NDArray[np.float64]

DOCS = Path(__file__).parents[1]

LOWEST, HIGHEST = 0.1, 0.9
FEATURES, SAMPLES = 1000, 500
EPOCHS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, math.inf)
FEW = (1.0, 4.0, math.inf)
DECAY = 1.0
SNR, ALIGNMENT = 4.0, 0.0
TASKS = ("masked feature", "linear task")


class Point(NamedTuple):
    """A setting and its optimum."""

    axis: str
    task: str
    epochs: float
    value: float
    mask_ratio: float
    low: float
    high: float
    risk: float
    worst: float  # the largest risk at ratios from 0.1 to 0.9
    null: float

    @property
    def sensitivity(self) -> float:
        """The worst risk over the best."""
        return self.worst / self.risk if self.risk > 0 else math.inf


class Axis(NamedTuple):
    """Something that is varied while the rest stays."""

    label: str
    values: Callable[[int], Sequence[float]]
    tasks: tuple[str, ...] = TASKS
    log: bool = True


AXES = {
    "features": Axis("features $d$ ($n = 500$)", lambda n: _whole(50, 20_000, n)),
    "samples": Axis("samples $n$ ($d = 1000$)", lambda n: _whole(50, 20_000, n)),
    "decay": Axis("decay $a$ of $s_i ∝ i^{-a}$", lambda n: _plain(0.2, 2.0, n), log=False),
    "snr": Axis("signal-to-noise ratio", lambda n: np.geomspace(0.1, 100, n).tolist(), TASKS[1:]),
    "alignment": Axis(
        "alignment $τ$, $β_i^2 ∝ s_i^τ$", lambda n: _plain(-1.0, 2.0, n), TASKS[1:], log=False
    ),
    "epochs": Axis("epochs with fresh masks $K$", lambda _n: EPOCHS),
}


def _whole(low: float, high: float, number: int) -> list[float]:
    return [float(x) for x in np.unique(np.geomspace(low, high, number).round())]


def _plain(low: float, high: float, number: int) -> list[float]:
    return [float(x) for x in np.linspace(low, high, number)]


def point(axis: str, task: str, epochs: float, value: float) -> Point:
    """Return the optimum where `axis` has the given value and the rest is as by default."""
    given = {"features": FEATURES, "samples": SAMPLES, "decay": DECAY, "snr": SNR,
             "alignment": ALIGNMENT} | {axis: value}  # fmt: skip
    features = int(given["features"])
    gamma = features / given["samples"]
    target: Any = rl.MaskedFeature()
    if task == TASKS[1]:
        target = rl.LinearTarget(snr=given["snr"], alignment=float(given["alignment"]))
    spectrum = rl.Spectrum.power_law(given["decay"], features)
    options = {"aspect_ratio": gamma, "target": target, "masks_per_sample": epochs}
    best = rl.optimal_mask_ratio(spectrum, **options)
    ratios = np.linspace(LOWEST, HIGHEST, 161)
    threshold = gamma / epochs  # as many rows with a masked target as features
    if task == TASKS[0] and LOWEST <= threshold <= HIGHEST:
        ratios = np.append(ratios, threshold)
    found = rl.risk(spectrum, ratios, **options)
    worst, null = float(np.max(found.total)), float(np.max(found.null))
    ratio, low, high, lowest = map(float, (best.mask_ratio, best.low, best.high, best.risk))
    return Point(axis, task, epochs, value, ratio, low, high, lowest, worst, null)


def measure(number: int) -> list[Point]:
    """Return the optima along every axis, at `number` values each."""
    points = []
    for name, axis in AXES.items():
        for task in axis.tasks:
            if name == "epochs":
                points += [point(name, task, epochs, epochs) for epochs in EPOCHS]
                continue
            for epochs in FEW:
                points += [point(name, task, epochs, value) for value in axis.values(number)]
    return points


def series(points: Sequence[Point], axis: str, task: str, epochs: float | None) -> list[Point]:
    """Return the points of one line of the figure."""
    return [p for p in points if p.axis == axis and p.task == task and epochs in (None, p.epochs)]


def table(points: Sequence[Point]) -> str:
    """Return the ends, the extremes and the direction of every line, in Markdown."""
    head = ["varied", "target", "K", "best ratio: first → last", "lowest to highest", "it",
            "sensitivity: first → last", "lowest to highest"]  # fmt: skip
    lines = []
    for name, axis in AXES.items():
        for task in axis.tasks:
            for epochs in (None,) if name == "epochs" else FEW:
                own = series(points, name, task, epochs)
                ratios = [p.mask_ratio for p in own]
                worst = [p.sensitivity for p in own]
                lines.append(
                    [
                        f"{name} {own[0].value:g} → {own[-1].value:g}",
                        task,
                        "" if epochs is None else f"{epochs:g}",
                        f"{ratios[0]:.3f} → {ratios[-1]:.3f}",
                        f"{min(ratios):.3f} to {max(ratios):.3f}",
                        direction(ratios),
                        f"{worst[0]:.3g} → {worst[-1]:.3g}",
                        f"{min(worst):.3g} to {max(worst):.3g}",
                    ]
                )
    return pages.table(head, lines)


def direction(values: Sequence[float], least: float = 0.005) -> str:
    """Say whether values rise, fall or turn, steps below `least` of no account.

    Examples
    --------
    >>> direction([0.1, 0.2, 0.3]), direction([0.1, 0.4, 0.2]), direction([0.1, 0.1])
    ('rises', 'turns', 'stays')
    """
    kept = [values[0]]
    for value in values[1:]:
        if abs(value - kept[-1]) > least:
            kept.append(value)
    steps = np.sign(np.diff(kept))
    if steps.size == 0:
        return "stays"
    if np.ptp(steps) > 0:
        return "turns"
    return "rises" if steps[0] > 0 else "falls"


def write_results(points: Sequence[Point], path: Path) -> None:
    """Write every point as CSV."""
    lines = [",".join((*Point._fields, "sensitivity"))]
    for p in points:
        numbers = (*p[2:], p.sensitivity)
        lines.append(",".join((p.axis, p.task, *(f"{x:.6g}" for x in numbers))))
    write_text(path, "\n".join(lines) + "\n")


def draw(points: Sequence[Point], path: Path) -> None:
    """Draw the best ratio and the sensitivity along every axis."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(13, 10.5), layout="constrained")
        axes = figure.subplots(4, 3)
        for number, (name, axis) in enumerate(AXES.items()):
            row, column = 2 * (number // 3), number % 3
            above, below = axes[row, column], axes[row + 1, column]
            _draw_lines(above, below, points, name)
            above.set(ylim=(-0.03, 1.03), title=axis.label)
            below.set(yscale="log", ylim=(1, 3000), xlabel=axis.label)
            for panel in (above, below):
                if axis.log:
                    panel.set_xscale("log")
                if name == "epochs":
                    ticks = (1, 4, 16, 64, 256)
                    panel.set_xticks(ticks, ["1", "4", "16", "64", "∞"])
                    panel.minorticks_off()
            if column == 0:
                above.set_ylabel("best mask ratio")
                below.set_ylabel("worst (0.1 to 0.9) / best risk")
        for k, epochs in enumerate(FEW):
            text = f"$K = {epochs:g}$" if math.isfinite(epochs) else "$K = ∞$"
            figure.axes[0].plot([], [], color=COLOURS[k], label=text)
        for task, style in zip(TASKS, ("-", "--"), strict=True):
            figure.axes[0].plot([], [], color="0.2", linestyle=style, label=task)
        handles, labels = figure.axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=5)
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=120)


def _draw_lines(above: Any, below: Any, points: Sequence[Point], name: str) -> None:
    """Draw the best ratio and the sensitivity along one axis, a line per task and epochs."""
    for task, style in zip(TASKS, ("-", "--"), strict=True):
        if task not in AXES[name].tasks:
            continue
        for k, epochs in enumerate((None,) if name == "epochs" else FEW):
            own = series(points, name, task, epochs)
            line: dict[str, Any] = {"linestyle": style, "ms": 4, "lw": 2.8 - 0.7 * k}
            if epochs is None:
                x = [p.value if p.value < math.inf else 256.0 for p in own]
                line |= {"color": "0.2", "marker": "o"}
            else:
                x = [p.value for p in own]
                line |= {"color": COLOURS[k], "marker": ""}
            above.plot(x, [p.mask_ratio for p in own], **line)
            level = np.array([p.sensitivity for p in own])
            # Where the peak lies inside, the worst risk is infinite: off the panel.
            below.plot(x, np.where(np.isfinite(level), level, 1e6), **line)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compute, draw and rewrite the page."""
    parser = argparse.ArgumentParser(
        prog="python docs/studies/optimal_ratio.py", description=__doc__
    )
    parser.add_argument("--points", type=int, default=101, help="values along each axis")
    parser.add_argument("--quick", action="store_true", help="three values along each axis")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the page and the figure")
    options = parser.parse_args(arguments)
    points = measure(3 if options.quick else options.points)
    write_results(points, options.docs / "results" / "optimal_ratio.csv")
    draw(points, options.docs / "figures" / "optimal_ratio.png")
    page = options.docs / "studies" / "optimal_ratio.md"
    pages.rewrite(page, table(points))


if __name__ == "__main__":
    main()
