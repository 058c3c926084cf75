"""Draws docs/figures/architecture.png: `python docs/figures/architecture.py`.

Left: the way of a mask ratio from the call to a `Risk`. Right: the rooms, one floor above another.
"""

from __future__ import annotations

import sys
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch

FIGURE = Path(__file__).with_suffix(".png")

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "0.35"
#: From the top: what is at hand, which file makes it, and what it is.
WAY = [
    ("rl.risk(spectrum, 0.5)", "risk, covariance, ratio_aware", "a front poses a problem"),
    ("Masking", "masking", "ratio or law, masks per sample, rows, groups"),
    ("Grid", "engine/grid", "arguments checked, broadcast, flattened to cells"),
    ("row classes", "row_classes", "$w, a, b, f$ of every scheme; a law by its nodes"),
    (
        "Family",
        "engine/spectral, dense, ratio_aware/",
        "features of one kind, known to a resolvent $H$",
    ),
    (
        "kernel",
        "engine/fixed_point, sums, distance",
        "Newton for $m_1, m_0$, from moments of $H$",
    ),
    ("read-out", "engine/readout", "bias and variances, from loads and signal of $H$"),
    ("Risk", "parts", "bias + design variance + noise variance"),
]
#: From the top: package, colour, and its rooms; each may import what is below it.
FLOORS = [
    ("docs/studies/, benchmarks/", GREY, ["not installed: a study writes the page beside it"]),
    (
        "validation/",
        GREEN,
        ["report/", "training: experiment, pretrain, evaluate, bridge",
         "models, masking, adapters/, datasets/"],
    ),
    (
        "simulations/",
        ORANGE,
        ["sweep/: the command", "collection/: ledger, store, runner",
         "trials/: one trial; estimators/", "populations/: rows",
         "running/: files, signals, seeds, style"],
    ),
    (
        "ridgeless/",
        BLUE,
        ["cli/, explorer/, symbolic/: leaves", "recommend/, then estimation/, rows/: from data",
         "fronts: risk, covariance, ratio_aware, learned, optimal", "engine/",
         "nouns: spectrum, target, mask_ratio, masking, row_classes",
         "numerics/, checks, errors"],
    ),
]  # fmt: skip


def box(axis: Axes, x: float, y: float, width: float, height: float, colour: str) -> None:
    """Draw a box with round corners from its lower left corner."""
    axis.add_patch(
        FancyBboxPatch(
            (x, y), width, height, boxstyle="round,pad=0,rounding_size=0.012",
            facecolor=colour, alpha=0.13, edgecolor="none",
        )
    )  # fmt: skip
    axis.add_patch(
        FancyBboxPatch(
            (x, y), width, height, boxstyle="round,pad=0,rounding_size=0.012",
            facecolor="none", edgecolor=colour, linewidth=1.4,
        )
    )  # fmt: skip


def arrow(axis: Axes, x: float, top: float, bottom: float) -> None:
    """Draw an arrow that goes down."""
    axis.annotate(
        "", (x, bottom), (x, top), arrowprops={"arrowstyle": "-|>", "color": "0.25", "lw": 1.6}
    )


def draw_way(axis: Axes) -> None:
    """Draw what a mask ratio becomes, from the call to the risk."""
    step, height = 1 / len(WAY), 0.078
    for number, (name, files, meaning) in enumerate(WAY):
        y = 1 - (number + 1) * step + 0.02
        box(axis, 0.0, y, 1.0, height, ORANGE if number in (0, len(WAY) - 1) else BLUE)
        axis.text(0.03, y + 0.68 * height, name, va="center", weight="bold", fontsize=12)
        axis.text(0.97, y + 0.68 * height, files, va="center", ha="right", fontsize=9.5, color=GREY)
        axis.text(0.03, y + 0.26 * height, meaning, va="center", fontsize=10.5)
        if number + 1 < len(WAY):
            arrow(axis, 0.5, y - 0.004, y - (step - height) + 0.004)


def draw_floors(axis: Axes) -> None:
    """Draw the packages as floors, their rooms as lines."""
    line, gap, head = 0.038, 0.034, 0.044
    y = 1.0
    for number, (package, colour, rooms) in enumerate(FLOORS):
        height = head + line * len(rooms) + 0.012
        y -= height
        box(axis, 0.0, y, 1.0, height, colour)
        top = y + height
        axis.text(0.03, top - 0.028, package, weight="bold", fontsize=12, va="center")
        for place, room in enumerate(rooms):
            axis.text(0.06, top - head - line * (place + 0.45), room, fontsize=10.5, va="center")
        if number + 1 < len(FLOORS):
            arrow(axis, 0.5, y - 0.003, y - gap + 0.003)
            y -= gap
    axis.text(
        0.5, y - 0.03, "Arrows are imports. None goes up.", ha="center", fontsize=11, style="italic"
    )


def draw(path: Path) -> None:
    """Draw both halves."""
    figure = Figure(figsize=(12.5, 9), layout="constrained")
    left, right = figure.subplots(1, 2)
    for axis, title in ((left, "The way of a mask ratio"), (right, "Rooms and floors")):
        axis.set(xlim=(-0.02, 1.02), ylim=(-0.01, 1.01))
        axis.axis("off")
        axis.set_title(title, fontsize=14, weight="bold")
    draw_way(left)
    draw_floors(right)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if len(sys.argv) > 1 else FIGURE)
