"""What the conventions of masking do to the best ratio: python docs/studies/conventions.py.

Rewrites the tables of docs/studies/conventions.md, its figure and the results behind them. The
theory takes about two minutes, the Monte Carlo of the last table about ten on two cores.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import ridgeless as rl
from ridgeless.cli.files import replacing, write_text
from simulations import EllipticalRows, PowerRows
from simulations.collection.runner import simulate_risks
from simulations.populations import catalogue
from simulations.running import pages
from simulations.running.style import COLOURS, STYLE
from simulations.trials.problem import Problem

__all__ = ["main"]

DOCS = Path(__file__).parents[1]

FEATURES = 1000
#: Spectra of the study of the optimal ratio, and of real rows.
SPECTRA = ("power_law:0.5", "power_law:1", "power_law:2", "digits", "mnist", "pbmc")
TASKS: dict[str, Any] = {
    "masked feature": rl.MaskedFeature(),
    "linear task": rl.LinearTarget(snr=4.0),
}
ASPECT_RATIOS = (0.25, 1.0, 4.0)
MASKS = (1.0, 4.0, math.inf)
FILLS = ("zero", "rescale")
TESTS = (0.0, 0.5)
POWERS: dict[str, rl.RowPower | None] = {"equal": None, "student 5": rl.StudentPower(5.0)}
#: What people take.
USUAL = (0.15, 0.5, 0.75)
R2MAE = rl.UniformRatio(0.1, 0.9)


class Setting(NamedTuple):
    """One problem and one convention, with its best ratio and what others cost."""

    spectrum: str
    task: str
    aspect_ratio: float
    masks: float
    fill: str
    test_mask_ratio: float
    power: str
    mask_ratio: float
    low: float
    high: float
    risk: float
    null: float
    costs: tuple[float, ...]  #: risks at `USUAL` and under R2MAE, over the best one

    @property
    def learns(self) -> bool:
        """Whether anything is better than predicting the mean."""
        return self.risk < 0.999 * self.null


def settings(quick: bool) -> Iterator[Setting]:
    """Yield every setting of the study, or few."""
    spectra = SPECTRA[1:2] if quick else SPECTRA
    for name in spectra:
        spectrum, _, _ = catalogue.spectrum(name, FEATURES, "gaussian")
        for task, target in TASKS.items():
            for masks in MASKS[::2] if quick else MASKS:
                for fill in FILLS:
                    for test in TESTS[:1] if quick else TESTS:
                        for power, law in POWERS.items():
                            yield from _optima(
                                (name, task, masks, fill, test, power), spectrum, target, law
                            )


def _optima(
    named: tuple[str, str, float, str, float, str],
    spectrum: rl.Spectrum,
    target: Any,
    power: rl.RowPower | None,
) -> Iterator[Setting]:
    name, task, masks, fill, test, label = named
    gamma = np.array(ASPECT_RATIOS)
    known: dict[str, Any] = {
        "target": target, "masks_per_sample": masks, "fill": fill, "test_mask_ratio": test,
        "row_power": power,
    }  # fmt: skip
    best = rl.optimal_mask_ratio(spectrum, aspect_ratio=gamma, **known)
    optimum = np.array([best.mask_ratio, best.low, best.high, best.risk])
    fixed = rl.risk(spectrum, np.array(USUAL)[:, None], aspect_ratio=gamma, **known)
    law = rl.risk(spectrum, R2MAE, aspect_ratio=gamma, **known)
    others = np.vstack([fixed.total, law.total]) / optimum[3]
    null = np.broadcast_to(law.null, gamma.shape)
    for i, ratio in enumerate(ASPECT_RATIOS):
        at, low, high, lowest = map(float, optimum[:, i])
        costs = tuple(map(float, others[:, i]))
        level = float(null[i])
        yield Setting(
            name, task, ratio, masks, fill, test, label, at, low, high, lowest, level, costs
        )


# --- Monte Carlo ------------------------------------------------------------------------------

SPECTRUM = rl.Spectrum([0.2, 1.0, 3.0], weights=[0.5, 0.25, 0.25])
LINEAR = rl.LinearTarget(snr=2.0)
ATOMS = rl.DiscreteRatio([0.1, 0.5, 0.8])
DIMENSION, TRIALS = 320, 48


def problems(dimension: int) -> dict[str, Problem]:
    """Return the cells whose figures the theory page claims, by name."""
    found: dict[str, Problem] = {}

    def add(name: str, ratio: Any, gamma: float, **options: Any) -> None:
        found[f"{name}, gamma {gamma:g}"] = Problem(
            SPECTRUM, ratio, aspect_ratio=gamma, dimension=dimension,
            **{"target": LINEAR} | options,
        )  # fmt: skip

    for masks in (2, 4, 8):
        for law, name in ((R2MAE, "U(.1, .9)"), (ATOMS, "{.1, .5, .8}")):
            for gamma in (0.4 * masks, 2.0 * masks):
                add(f"K = {masks}, {name}", law, gamma, masks_per_sample=masks)
    feature = {"target": rl.MaskedFeature(), "masks_per_sample": 4}
    for gamma in (0.8, 4.0):
        add("K = 4, U, masked rows, feature", R2MAE, gamma, **feature)
    add("K = 4, U, rescaled", R2MAE, 1.6, masks_per_sample=4, fill="rescale")
    add("K = 4, atoms, rescaled", ATOMS, 8.0, masks_per_sample=4, fill="rescale")
    add("K = 2, atoms, ridge .2", ATOMS, 2.0, masks_per_sample=2, ridge=0.2)
    for gamma in (0.25, 2.0):
        add("rescaled U", R2MAE, gamma, fill="rescale")
        add("rescaled U, test .4 zeros", R2MAE, gamma, fill="rescale", test_mask_ratio=0.4,
            test_fill="zero")  # fmt: skip
        add("rescaled U, test .4", R2MAE, gamma, fill="rescale", test_mask_ratio=0.4)
        for degrees in (3.0, 5.0):
            add(f"student {degrees:g}", 0.5, gamma, design=EllipticalRows(degrees))
            add(f"student {degrees:g}, feature", 0.5, gamma, design=EllipticalRows(degrees),
                target=rl.MaskedFeature(), rows="all")  # fmt: skip
    add("student 5, K = 4, atoms", ATOMS, 1.6, design=EllipticalRows(5.0), masks_per_sample=4)
    add("lognormal 1, U", R2MAE, 0.5, design=PowerRows(rl.LognormalPower(1.0)))
    add("rescaled .2, all masks", 0.2, 0.5, fill="rescale", masks_per_sample=math.inf)
    return found


def agreement(trials: int, dimension: int) -> list[tuple[str, float, float, float]]:
    """Return name, theory, Monte Carlo mean and its standard error of every cell."""
    cells = problems(dimension)
    estimates = simulate_risks(list(cells.values()), trials=trials, rng=0)
    return [
        (name, float(problem.theory().total), found.mean, found.standard_error)
        for (name, problem), found in zip(cells.items(), estimates, strict=True)
    ]


# --- tables and the figure ----------------------------------------------------------------------


def best_table(found: Sequence[Setting]) -> str:
    """Return the best ratio of every problem, by fill and masks, at unmasked tests."""
    head = ["spectrum", "target", "d/n", *(f"{fill}, K = {k:g}" for fill in FILLS for k in MASKS)]
    groups: dict[tuple[str, str, float], dict[tuple[str, float], Setting]] = {}
    for x in found:
        if x.test_mask_ratio == 0 and x.power == "equal":
            key = x.spectrum, x.task, x.aspect_ratio
            groups.setdefault(key, {})[x.fill, x.masks] = x
    lines = []
    for (name, task, gamma), own in groups.items():
        cells = [own.get((fill, k)) for fill in FILLS for k in MASKS]
        shown = ["" if x is None else f"{x.mask_ratio:.2f}" if x.learns else "—" for x in cells]
        lines.append([name, task, f"{gamma:g}", *shown])
    return pages.table(head, lines)


def cost_table(found: Sequence[Setting]) -> str:
    """Return what usual ratios cost, in the median and the worst decile, by convention."""
    head = ["fill", "K", "test ratio", "best ratio", "best above .41",
            *(f"p = {p:g}" for p in USUAL), "U(.1, .9)"]  # fmt: skip
    lines = []
    for fill in FILLS:
        for k in MASKS:
            for test in TESTS:
                own = [
                    x for x in found
                    if (x.fill, x.masks, x.test_mask_ratio, x.power) == (fill, k, test, "equal")
                    and x.learns
                ]  # fmt: skip
                if not own:
                    continue
                ratios = np.array([x.mask_ratio for x in own])
                costs = np.array([x.costs for x in own])
                shown = [
                    f"{np.median(c):.2f} ({_short(np.quantile(c, 0.9, method='higher'))})"
                    for c in costs.T
                ]
                middle = f"{np.median(ratios):.2f} ({ratios.min():.2f} to {ratios.max():.2f})"
                above = f"{(ratios > 0.41).sum()} of {len(own)}"
                lines.append([fill, f"{k:g}", f"{test:g}", middle, above, *shown])
    return pages.table(head, lines)


def _short(value: float) -> str:
    return "∞" if math.isinf(value) else f"{value:.3g}"


def power_table(found: Sequence[Setting]) -> str:
    """Return how far row power moves the best ratio, and what the ratio without it costs."""
    head = ["target", "K", "fill", "moves by, median", "largest", "risk grows by, median"]
    by: dict[tuple[Any, ...], Setting] = {x[:7]: x for x in found if x.test_mask_ratio == 0}
    lines = []
    for task in TASKS:
        for k in MASKS:
            for fill in FILLS:
                pairs = [
                    (x, by[*x[:6], "student 5"])
                    for x in by.values()
                    if (x.task, x.masks, x.fill, x.power) == (task, k, fill, "equal") and x.learns
                ]
                pairs = [(x, y) for x, y in pairs if y.learns]
                if not pairs:
                    continue
                moves = np.array([y.mask_ratio - x.mask_ratio for x, y in pairs])
                grows = np.median([y.risk / x.risk for x, y in pairs]) - 1
                largest = moves[np.abs(moves).argmax()]
                lines.append(
                    [task, f"{k:g}", fill, f"{np.median(moves):+.2f}", f"{largest:+.2f}",
                     f"{100 * grows:.0f} %"]
                )  # fmt: skip
    return pages.table(head, lines)


def agreement_table(rows: Sequence[tuple[str, float, float, float]]) -> str:
    """Return theory beside Monte Carlo."""
    head = ["cell", "theory", "Monte Carlo", "difference"]
    return pages.table(
        head,
        [
            [
                name,
                f"{theory:.4f}",
                f"{mean:.4f} ± {error:.4f}",
                f"{100 * (mean / theory - 1):+.1f} %",
            ]
            for name, theory, mean, error in rows
        ],
    )


def draw(path: Path) -> None:
    """Draw risks against the ratio on one spectrum: both fills, masks of a sample, and powers."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    ratios = np.linspace(0.005, 0.95, 190)
    spectrum = rl.Spectrum.power_law(1.0, FEATURES)
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(12, 7), layout="constrained")
        axes = figure.subplots(2, 3, sharex=True)
        for row, (task, target) in enumerate(TASKS.items()):
            for column, masks in enumerate(MASKS):
                panel = axes[row, column]
                for number, fill in enumerate(FILLS):
                    for law in POWERS.values():
                        found = rl.risk(
                            spectrum, ratios, aspect_ratio=0.5, target=target, fill=fill,  # type: ignore[arg-type]
                            masks_per_sample=masks, row_power=law,
                        )  # fmt: skip
                        level = np.asarray(found.total) / np.asarray(found.null)
                        dashes = "-" if law is None else ":"
                        panel.plot(ratios, level, color=COLOURS[number], ls=dashes, lw=2)
                panel.axhline(1, color="0.6", lw=1)
                panel.set(yscale="log", ylim=(0.05, 20))
                if row == 0:
                    panel.set_title("one mask" if masks == 1 else f"{masks:g} masks per sample"
                                    if masks < math.inf else "infinitely many masks")  # fmt: skip
                else:
                    panel.set_xlabel("mask ratio $p$")
                if column == 0:
                    panel.set_ylabel(f"risk / null risk, {task}")
        for number, fill in enumerate(FILLS):
            label = "zeros" if fill == "zero" else "rescaled"
            axes[0, 0].plot([], [], color=COLOURS[number], lw=2, label=label)
        axes[0, 0].plot([], [], color="0.3", lw=2, label="rows of equal power")
        axes[0, 0].plot([], [], color="0.3", lw=2, ls=":", label="Student power, 5 degrees")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=4)
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=120)


def write_results(found: Sequence[Setting], path: Path) -> None:
    """Write every setting as CSV."""
    costs = [*(f"cost_{p:g}" for p in USUAL), "cost_r2mae"]
    lines = [",".join((*Setting._fields[:-1], *costs))]
    for x in found:
        values = (*x[:-1], *x.costs)
        lines.append(",".join(v if isinstance(v, str) else f"{v:.6g}" for v in values))
    write_text(path, "\n".join(lines) + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Compute, draw and rewrite the page."""
    parser = argparse.ArgumentParser(prog="python docs/studies/conventions.py", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one spectrum, small simulations")
    parser.add_argument("--theory", action="store_true", help="leave the Monte Carlo as it is")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the page and the figure")
    options = parser.parse_args(arguments)
    found = list(settings(options.quick))
    write_results(found, options.docs / "results" / "conventions.csv")
    draw(options.docs / "figures" / "conventions.png")
    page = options.docs / "studies" / "conventions.md"
    pages.rewrite(page, best_table(found), "best")
    pages.rewrite(page, cost_table(found), "cost")
    pages.rewrite(page, power_table(found), "power")
    if not options.theory:
        small = (2, 40) if options.quick else (TRIALS, DIMENSION)
        pages.rewrite(page, agreement_table(agreement(*small)), "agreement")


if __name__ == "__main__":
    main()
