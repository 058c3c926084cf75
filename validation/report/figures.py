"""Figures of a report, drawn from what report.json holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ridgeless.cli.files import replacing
from simulations.running.intervals import standard_error
from simulations.running.style import COLOURS, SHAPES, STYLE, levels
from validation.named_ratio import named_ratio
from validation.report.comparison import AVERAGE, Cell, Row, cells_of, middle_cell
from validation.report.verdicts import PRIMARY

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["draw"]

#: Test ratios of the rows of the first figure, if they were measured.
SHOWN = (PRIMARY, "0.5")
WIDE = 8  # risks over a wider range get a logarithmic scale
LAWS = {"random": "R²MAE", "linear": "linear schedule", "cosine": "cosine schedule"}
LINES = ("-", "--", "-.")
DASHES: dict[str, Any] = {"random": "-", "linear": (0, (6, 2)), "cosine": (0, (1, 1.5))}


def draw(report: Mapping[str, Any], folder: Path) -> dict[str, str]:
    """Write all figures and return their names and what they show."""
    import matplotlib as mpl

    captions = {}
    cells = cells_of(report["runs"])
    with mpl.rc_context(STYLE):
        for dataset in dict.fromkeys(cell.dataset for cell in cells):
            own = [cell for cell in cells if cell.dataset == dataset]
            parts = [r for r in report["components"] if r["dataset"] == dataset]
            name = Path(dataset).stem
            drawn = {
                f"risk-{name}.png": (_risk(own, report["theory"]), RISK),
                f"test-ratios-{name}.png": (_test_ratios(own), TEST_RATIOS),
            }
            beside = [row for row in report.get("beside", []) if row["dataset"] == dataset]
            if beside:
                drawn[f"theories-{name}.png"] = (_theories(beside), THEORIES)
            if parts:
                drawn[f"components-{name}.png"] = (_components(own, parts), COMPONENTS)
            for file, (figure, caption) in drawn.items():
                _save(figure, folder / file)
                captions[file] = f"{dataset}: {caption}"
        if report["bridge"]:
            _save(_bridge(report["bridge"]), folder / "bridge.png")
            captions["bridge.png"] = BRIDGE
    return captions


RISK = (
    "risk against mask ratio, a colour per width, bars of one standard error over seeds; open and "
    "dashed: the other sample size; black: linear theory. Horizontal marks at the right: laws of "
    "ratios (R²MAE and schedules) in the colours of their widths, with their theory in black."
)
TEST_RATIOS = (
    "risk of each training ratio over the test ratio, relative to the best fixed ratio at that "
    "test ratio; the last place is the risk averaged over test ratios. Middle width."
)
THEORIES = (
    "risk against mask ratio on a few hidden tokens: of the networks (dots) and by three theories "
    "of regression on real rows: on the tokens themselves (linear), on a frozen random layer of "
    "the network's width, and on the trained network's own last hidden layer."
)
COMPONENTS = (
    "risk along principal components, largest variance first, with half of the tokens hidden "
    "(lines), and the share of the signal that the mean predictor of the linear theory leaves "
    "then, (1 - b/2)² for a learned fraction b (dotted). Middle width."
)
BRIDGE = (
    "risk of the trained linear model over theory, with the tolerance as bars; crosses: over the "
    "formula of the other scheme."
)


def _panels(count: int, rows: int = 1) -> tuple[Figure, Any]:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(3.6 * count + 0.8, 3.2 * rows + 0.9), layout="constrained")
    return figure, figure.subplots(rows, count, squeeze=False)


def _save(figure: Figure, path: Path) -> None:
    with replacing(path) as file:
        figure.savefig(file, dpi=110, metadata={"Software": None})


def _models(cells: Sequence[Cell]) -> dict[str, list[Cell]]:
    return {m: [c for c in cells if c.model == m] for m in dict.fromkeys(c.model for c in cells)}


def _risk(cells: Sequence[Cell], theory: Mapping[str, Any]) -> Figure:
    """Draw risk against mask ratio: a row per test ratio, a panel per model."""
    models = _models(cells)
    tests = [test for test in SHOWN if test in cells[0].tests]
    figure, axes = _panels(len(models), len(tests))
    for test, line in zip(tests, axes, strict=True):
        for axis, (model, own) in zip(line, models.items(), strict=True):
            middle = middle_cell(own)
            widths = sorted({cell.width for cell in own})
            for cell in own:
                colour = COLOURS[widths.index(cell.width) % len(COLOURS)]
                _cell(axis, cell, test, colour, cell.n == middle.n)
            _theory(axis, middle, test, theory)
            axis.set_title(f"{model}, test ratio {test}")
            axis.set_xlim(0, 1.22)
            axis.set_xticks([0, 0.25, 0.5, 0.75, 1])
            axis.axhline(1, color="0.55", linewidth=1, linestyle=":", zorder=1)
        line[0].set_ylabel("risk / risk of the mean")
    for axis in axes[-1]:
        axis.set_xlabel("mask ratio in training")
        axis.legend(fontsize=8, loc="upper center", bbox_to_anchor=(0.5, -0.18))
    return figure


def _cell(axis: Axes, cell: Cell, test: str, colour: str, first: bool) -> None:
    """Draw one size: a curve of fixed ratios, and marks of laws at the right."""
    seeds = cell.seeds
    if not seeds:
        return
    risks = cell.risks(test, cell.fixed)
    mean = risks.mean(axis=0)
    error = standard_error(risks) if len(seeds) > 1 else None
    size = f"n = {cell.n}" if cell.width == 0 else f"width {cell.width}, n = {cell.n}"
    style = {"mfc": colour} if first else {"mfc": "white", "linestyle": "--", "linewidth": 1.2}
    places = [named_ratio(name).mean for name in cell.fixed]
    axis.errorbar(
        places, mean, error, color=colour, marker="o", markersize=4, capsize=2, label=size, **style
    )
    if first:
        for place, name in enumerate(cell.random + cell.schedules):
            own = cell.risks(test, [name])[:, 0]
            at = 1.02 + 0.06 * place
            axis.plot([at, at + 0.05], [own.mean()] * 2, color=colour, linewidth=2.4)


def _theory(axis: Axes, cell: Cell, test: str, theory: Mapping[str, Any]) -> None:
    """Draw the theory of the first sample size; the measured risks set the scale."""
    laws = cell.random + cell.schedules
    for place, name in enumerate(laws):
        at = 1.02 + 0.06 * place
        rows = cell.rows(test, name)
        if rows and "theory" in rows[0]:
            axis.plot([at, at + 0.05], [rows[0]["theory"]] * 2, color="black", linewidth=1.4)
        label = {"random": "R²", "linear": "lin", "cosine": "cos"}[named_ratio(name).shape]
        axis.annotate(
            label, (at + 0.025, 1.0), xycoords=("data", "axes fraction"), fontsize=7,
            ha="center", va="top",
        )  # fmt: skip
    low, high = axis.get_ylim()
    for curve in theory["curves"]:
        if (curve["dataset"], curve["n"], curve["test_ratio"]) == (cell.dataset, cell.n, test):
            axis.plot(theory["ratios"], curve["risk"], color="black", label="linear theory")
            lowest = min(curve["risk"])
            low, high = min(low, 0.95 * lowest), max(high, 1.05, 1.2 * lowest)
    if high > WIDE * max(low, 0.1):
        axis.set_yscale("log")
        levels(axis)
        low = max(low, 0.9 * min(float(v) for line in axis.lines for v in _inside(line)))
    axis.set_ylim(low, high)


def _inside(line: Any) -> list[float]:
    """Return the positive heights of a line."""
    return [float(y) for y in np.atleast_1d(line.get_ydata()) if 0 < y < np.inf]


def _shades(number: int) -> list[Any]:
    from matplotlib import colormaps

    return [colormaps["viridis"](x) for x in np.linspace(0.0, 0.92, max(number, 1))]


def _test_ratios(cells: Sequence[Cell]) -> Figure:
    """Draw, per model, each training ratio over all test ratios."""
    models = _models(cells)
    figure, axes = _panels(len(models))
    for axis, own in zip(axes[0], models.values(), strict=True):
        cell = middle_cell(own)
        tests = [*cell.fixed_tests, AVERAGE]
        best = [cell.risks(t, cell.fixed).mean(axis=0).min() for t in tests] if cell.seeds else []
        lines = dict(zip(cell.fixed, _shades(len(cell.fixed)), strict=True))
        for name in [*cell.fixed, *cell.random, *cell.schedules] if cell.seeds else []:
            fixed = name in lines
            means = np.array([cell.risks(test, [name]).mean() for test in tests]) / best
            style: dict[str, Any] = {"color": lines[name], "linewidth": 1.3} if fixed else {
                "color": COLOURS[1], "linewidth": 2.2, "linestyle": DASHES[named_ratio(name).shape]
            }  # fmt: skip
            label = name if fixed else LAWS[named_ratio(name).shape]
            axis.plot(range(len(tests) - 1), means[:-1], label=label, **style)
            axis.plot(len(tests) - 0.5, means[-1], marker="_", markersize=12, mew=2,
                      color=style["color"])  # fmt: skip
        axis.set_xticks([*range(len(tests) - 1), len(tests) - 0.5], [*tests[:-1], "mean"])
        axis.set_title(_size(cell))
        axis.set_xlabel("test ratio")
        low = min((v for line in axis.lines for v in _inside(line)), default=1.0)
        axis.set_ylim(0.97 * low, min(axis.get_ylim()[1], 2.0))
    axes[0][0].set_ylabel("risk / best fixed ratio")
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return figure


def _size(cell: Cell) -> str:
    return cell.model + (f", width {cell.width}" if cell.width else "")


def _components(cells: Sequence[Cell], parts: Sequence[Row]) -> Figure:
    """Draw, per model, risk along principal components, a shade per fixed ratio."""
    models = _models(cells)
    figure, axes = _panels(len(models))
    for axis, (model, own) in zip(axes[0], models.items(), strict=True):
        cell = middle_cell(own)
        for name, colour in zip(cell.fixed, _shades(len(cell.fixed)), strict=True):
            rows = [
                r for r in parts
                if (r["model"], r["width"], r["n"], r["ratio"])
                == (model, cell.width, cell.n, name)
            ]  # fmt: skip
            places = [np.sqrt(r["first"] * r["last"]) for r in rows]
            axis.plot(places, [r["risk"] for r in rows], color=colour, marker="o", markersize=3,
                      label=name)  # fmt: skip
            axis.plot(places, [r["unlearned"] for r in rows], color=colour, linestyle=":")
        axis.set_xscale("log", base=2)
        axis.set_title(_size(cell))
        axis.set_xlabel("principal component")
        axis.axhline(1, color="0.55", linewidth=1, linestyle=":", zorder=1)
    axes[0][0].set_ylabel("risk / variance of the component")
    figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return figure


def _theories(rows: Sequence[Row]) -> Figure:
    """Draw, per model and width, the measured curve and what three theories say."""
    sizes = list(dict.fromkeys((row["model"], row["width"]) for row in rows))
    figure, axes = _panels(len(sizes))
    for axis, size in zip(axes[0], sizes, strict=True):
        own = [row for row in rows if (row["model"], row["width"]) == size]
        curve = own[0]["curve"]
        fixed = [r for r in curve if named_ratio(r).kind == "fixed"]
        places = [float(r) for r in fixed]
        for number, row in enumerate(own):
            theory = [row["curve"][r]["theory"] for r in fixed]
            style: dict[str, Any] = {"color": COLOURS[number], "linestyle": LINES[number]}
            axis.plot(places, theory, label=row["source"], **style)
        axis.plot(places, [curve[r]["measured"] for r in fixed], "ko", label="measured")
        axis.set_yscale("log")
        levels(axis)
        axis.set_title(f"{size[0]}, width {size[1]}" if size[1] else size[0])
        axis.set_xlabel("mask ratio in training")
        axis.axhline(1, color="0.55", linewidth=1, linestyle=":", zorder=1)
    axes[0][0].set_ylabel("risk / risk of the mean")
    last = max(axes[0], key=lambda axis: len(axis.lines))
    figure.legend(*last.get_legend_handles_labels(), loc="outside right upper", fontsize=8)
    return figure


def _bridge(rows: Sequence[Row]) -> Figure:
    """Draw trained over theory, which must be flat, and over the wrong formula, which is not."""
    schemes = list(dict.fromkeys((row["scheme"], row["aspect_ratio"]) for row in rows))
    ratios = list(dict.fromkeys(row["ratio"] for row in rows))
    figure, axes = _panels(2)
    seen = [1.0]
    for number, (scheme, gamma) in enumerate(schemes):
        own = [row for row in rows if (row["scheme"], row["aspect_ratio"]) == (scheme, gamma)]
        place = np.array([ratios.index(row["ratio"]) for row in own]) + 0.1 * (number - 1.5)
        theory = np.array([row["theory"] for row in own])
        trained = np.array([row["trained"] for row in own]) / theory
        bars = [row["tolerance"] for row in own] / theory
        wrong = [row["trained"] / row["wrong_formula"] for row in own]
        seen += wrong
        colour, shape = COLOURS[number % len(COLOURS)], SHAPES[number % len(SHAPES)]
        axes[0][0].errorbar(place, trained, bars, color=colour, fmt=shape, capsize=2,
                            label=f"{scheme}, d/n = {gamma:g}")  # fmt: skip
        axes[0][1].plot(place, wrong, color=colour, marker="x", linestyle="")
    titles = ("trained / theory", "trained / formula of the other scheme")
    labels = [name if named_ratio(name).kind == "fixed" else "R²MAE" for name in ratios]
    for axis, title in zip(axes[0], titles, strict=True):
        axis.axhline(1, color="0.3", linewidth=1)
        axis.set_title(title)
        axis.set_xticks(range(len(ratios)), labels)
        axis.set_xlabel("mask ratio")
    axes[0][1].set_yscale("log")
    levels(axes[0][1])
    axes[0][1].set_ylim(0.8 * min(seen), 1.25 * max(seen))
    figure.legend(loc="outside lower center", ncols=2, fontsize=8)
    return figure
