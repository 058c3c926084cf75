"""Error of every part of the risk against 40 digits: `python -m benchmarks.numerics_error`.

Draws docs/figures/numerics-error.png and rewrites the tables of docs/numerics.md.
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import numpy as np

import ridgeless as rl
from benchmarks.alternatives import Problem, damped, textbook
from benchmarks.cold_start import cold_start
from simulations.running.pages import rewrite, table
from simulations.running.style import COLOURS
from tests.reference import PARTS, reference, worst_error

DOCS = Path(__file__).parents[1] / "docs"
PAGE, FIGURE = DOCS / "numerics.md", DOCS / "figures" / "numerics-error.png"
PROMISE, CEILING, FLOOR = 1e-12, 1.0, 1e-17
MOST = 20_000  # damped steps
TWO_LEVELS = (1e-9, 1e-9, 1.0, 1.0)

OURS, SCHEMES = "ridgeless, one mask", "ridgeless, laws and several masks"
TEXTBOOK, DAMPED = "textbook formulas, exact root", "damped iteration, step 1e-10"


def power_law(count=12, condition=12.0):
    """Eigenvalues i^-a whose largest and smallest have the given ratio."""
    exponent = math.log(condition) / math.log(count)
    return tuple(float(i) ** -exponent for i in range(1, count + 1))


def cells(panel, x):
    """Return the problems (eigenvalues, p, gamma, ridge) of a panel at abscissa x."""
    s = power_law()
    if panel == "gap":
        return [(s, p, gamma, 0.0) for p in (0.3, 0.8) for gamma in (1 - x, 1 + x) if gamma > 0]
    if panel == "ridge":
        return [(s, 0.5, gamma, x) for gamma in (0.5, 1.0, 1 + 1e-8, 2.0)]
    if panel == "mask":
        return [(s, x, gamma, 0.0) for gamma in (0.5, 1 - 1e-4, 1 + 1e-4, 3.0)]
    if panel == "plateau":
        gammas = 2 * (1 - x), 2 * (1 + x)
        return [(TWO_LEVELS, p, gamma, 0.0) for p in (0.0, 1e-5) for gamma in gammas]
    return [(power_law(condition=x), p, gamma, 0.0) for p in (1e-3, 0.5) for gamma in (0.7, 1.7)]


def abscissae(panel, count):
    """Return the abscissae of a panel."""
    if panel in ("gap", "plateau"):
        return 10.0 ** np.linspace(-12, -0.05, count)
    if panel == "ridge":
        return 10.0 ** np.linspace(-14, 3, count)
    if panel == "mask":
        odds = 10.0 ** np.linspace(-8, 8, count)
        return odds / (1 + odds)
    return 10.0 ** np.linspace(0.3, 12, count)


def error(parts, exact):
    """Return the largest relative error of a part; nan counts as no digit at all."""
    numbers = [float(np.ravel(part)[0]) for part in parts]
    if not np.isfinite(numbers).all():
        return math.inf
    return worst_error(rl.Risk(*numbers, 1.0, 1.0), exact)


def one_mask(cell, snr=4.0, alignment=0.5):
    """Return the errors of the package and of both alternatives with one mask per sample."""
    s, p, gamma, ridge = cell
    problem = Problem(s, p, snr, alignment)
    target = problem.target
    exact = reference(s, p, target, aspect_ratio=gamma, ridge=ridge, rows="all")
    ours = problem.risk(gamma, ridge)
    return {
        OURS: worst_error(ours, exact),
        TEXTBOOK: error(textbook(problem, gamma, ridge), exact),
        DAMPED: error(damped(problem, gamma, ridge, most=MOST), exact),
    }


def schemes(cell):
    """Return the error of the package under other masking schemes, without noise as well."""
    s, p, gamma, ridge = cell
    law = rl.DiscreteRatio([p, 0.6, 0.2], [2, 1, 1])
    worst = 0.0
    for ratio, masks in ((law, 1), (p, 4), (p, math.inf)):
        rows = masks if masks < math.inf else 1
        options = {"aspect_ratio": gamma * rows, "ridge": ridge, "masks_per_sample": masks}
        for target in (rl.LinearTarget(snr=4.0, alignment=0.5), rl.LinearTarget(snr=math.inf)):
            exact = reference(s, ratio, target, rows="all", **options)
            risk = rl.risk(s, ratio, target=target, rows="all", **options)
            worst = max(worst, worst_error(risk, exact))
    return worst


def measure(panel, count):
    """Return the abscissae and the worst errors by curve."""
    xs = abscissae(panel, count)
    curves = {name: [] for name in (OURS, SCHEMES, TEXTBOOK, DAMPED)}
    for x in xs:
        found = [one_mask(cell) for cell in cells(panel, float(x))]
        for name in (OURS, TEXTBOOK, DAMPED):
            curves[name].append(max(errors[name] for errors in found))
        curves[SCHEMES].append(max(schemes(cell) for cell in cells(panel, float(x))))
    return xs, {name: np.array(values) for name, values in curves.items()}


STYLE = {  # a colour and a marker each
    DAMPED: {"color": COLOURS[1], "marker": "^"},
    TEXTBOOK: {"color": COLOURS[4], "marker": "s"},
    SCHEMES: {"color": COLOURS[5], "marker": "D"},
    OURS: {"color": COLOURS[0], "marker": "o"},
}
LABELS = {  # abscissa, and what else varies
    "gap": (r"distance to the threshold, $|\gamma - 1|$", r"$\lambda = 0$, $p = 0.3$ and $0.8$"),
    "ridge": (r"ridge $\lambda$", r"$\gamma = 0.5,\ 1,\ 1 + 10^{-8},\ 2$, $p = 0.5$"),
    "mask": (r"mask ratio $p$", r"$\lambda = 0$, $\gamma = 0.5,\ 1 \pm 10^{-4},\ 3$"),
    "condition": (
        "condition number",
        r"$\lambda = 0$, $\gamma = 0.7$ and $1.7$, $p = 10^{-3}$ and $0.5$",
    ),
    "plateau": (
        r"distance to the plateau, $|\gamma/2 - 1|$",
        r"half of the eigenvalues $10^{-9}$, $\lambda = 0$, $p = 0$ and $10^{-5}$",
    ),
}
RATIO_TICKS = {
    1e-8: "$10^{-8}$", 1e-6: "", 1e-4: "$10^{-4}$", 1e-2: "", 0.5: "0.5",
    1 - 1e-2: "", 1 - 1e-4: "$1 - 10^{-4}$", 1 - 1e-6: "", 1 - 1e-8: "$1 - 10^{-8}$",
}  # fmt: skip


def draw_panel(axis, panel, xs, curves):
    """Draw the curves of one panel."""
    axis.set_xscale("logit" if panel == "mask" else "log")
    axis.set_yscale("log")
    for name, style in STYLE.items():
        shown = np.clip(curves[name], FLOOR, CEILING)
        axis.plot(xs, shown, label=name, markersize=4, linewidth=1.4, **style)
    axis.axhline(PROMISE, color="0.3", linestyle="--", linewidth=1, label="required")
    label, title = LABELS[panel]
    axis.set_xlabel(label)
    axis.set_title(title, fontsize=10)
    axis.grid(alpha=0.25)
    axis.spines[["top", "right"]].set_visible(False)
    axis.set_ylim(FLOOR / 2, 4 * CEILING)
    if panel == "mask":
        axis.set_xticks(list(RATIO_TICKS), list(RATIO_TICKS.values()), fontsize=9)
        axis.minorticks_off()


def draw(results, path):
    """Draw one panel for each result, and the legend in the place of one more."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(13, 7), layout="constrained")
    axes = figure.subplots(2, 3, sharey=True)
    for axis, (panel, (xs, curves)) in zip(axes.flat, results.items(), strict=False):
        draw_panel(axis, panel, xs, curves)
    for axis in axes[:, 0]:
        axis.set_ylabel("worst relative error of any part")
    axes[1, 2].axis("off")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    axes[1, 2].legend(handles, labels, loc="center", frameon=False, fontsize=11)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=140)


CLEAN, NOISY = rl.LinearTarget(snr=math.inf, alignment=1.0), rl.LinearTarget(snr=1.0)
LIMITS = {  # what limits the digits: an example (eigenvalues, mask ratio, target, options)
    "atom at $p = 1$: $\\gamma = 0.9999$": (
        power_law(), rl.DiscreteRatio([0.2, 0.9, 1.0], [1, 1, 1e-6]), NOISY,
        {"aspect_ratio": 0.9999},
    ),
    "$1 - b_w \\approx 0$: $p = 0.5$, $K = \\infty$": (
        (1e-9, 1.0), 0.5, CLEAN, {"aspect_ratio": 1.99999998, "masks_per_sample": math.inf},
    ),
    "$1 - b_w \\approx 0$: $p = 1 - 10^{-5}$": (
        (1e-9, 1.0), 0.99999, CLEAN, {"aspect_ratio": 2.0},
    ),
    "plateau in rows: $p = 10^{-5}$, $K = 16$": (
        (1.0,), 1e-5, CLEAN, {"aspect_ratio": 1 + 1e-8, "masks_per_sample": 16},
    ),
    "plateau in rows and columns: law on 0, 0.75": (
        (1e-9, 1.0), rl.DiscreteRatio([0.0, 0.75]), CLEAN, {"aspect_ratio": 1.0001},
    ),
}  # fmt: skip


def limit_row(name, example):
    """Return a row of the table of limits: the error of each part."""
    s, ratio, target, options = example
    options = {"rows": "all", **options}
    exact = reference(s, ratio, target, **options)
    risk = rl.risk(s, ratio, target=target, **options)
    errors = []
    for part in PARTS:
        right = exact[part]
        errors.append(f"{float(abs(getattr(risk, part) - right) / right):.0e}" if right else "0")
    return [name, *errors]


def report(results):
    """Return the Markdown between the markers of docs/numerics.md."""
    worst = [
        [LABELS[panel][0].replace("|", r"\vert "), *(f"{curves[name].max():.0e}" for name in STYLE)]
        for panel, (_, curves) in results.items()
    ]
    _, compiling, warm = cold_start(repeats=3)
    return "\n\n".join(
        [
            "The worst error in each panel:",
            table(["panel", *STYLE], worst),
            "Problems made to show the limits below, with the relative error of each part:",
            table(
                ["limit", *(part.replace("_", " ") for part in PARTS)],
                [limit_row(name, example) for name, example in LIMITS.items()],
            ),
            f"A process that compiles everything answers after {compiling:.1f} s, the next one "
            f"after {warm:.1f} s.",
        ]
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=33, help="abscissae in each panel")
    parser.add_argument("--dry-run", action="store_true", help="print only, write nothing")
    chosen = parser.parse_args(arguments)
    results = {panel: measure(panel, chosen.points) for panel in LABELS}
    text = report(results)
    print(text)
    if not chosen.dry_run:
        rewrite(PAGE, text)
        draw(results, FIGURE)


if __name__ == "__main__":
    main()
