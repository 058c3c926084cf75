"""Is a random mask ratio better than a fixed one? python docs/studies/r2mae.py.

Rewrites the tables of docs/studies/r2mae.md, its figures and the results behind them. The tables of
trained networks come from docs/results/validation/*/report.json, where there are any.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from joblib import Parallel, delayed
from random_ratios import adaptive, batches, law_table, schedules, trained

from ridgeless.cli.files import replacing, write_text
from simulations.running import pages
from simulations.running.style import COLOURS, STYLE, panels

__all__ = ["PARTS", "main"]

DOCS = Path(__file__).parents[1]


def laws(docs: Path, quick: bool, jobs: int) -> str:
    """Return the best laws, with Monte Carlo beside those that matter."""
    asked = law_table.questions(quick)
    answers = Parallel(n_jobs=jobs, verbose=0 if quick else 5)(
        delayed(law_table.answer)(question) for question in asked
    )
    write_laws(answers, docs / "results" / "r2mae.csv")
    single = [a for a in answers if a.question.unknown == "nothing"]
    several = [a for a in answers if a.question.unknown != "nothing"]
    several.sort(key=lambda a: -a.gain)
    checked = [single[0]] if quick else [single[0], single[2], several[0]]
    largest = max(max(a.gain, a.weighted_gain) for a in single)
    lowest = min(a.slope for a in single)
    said = (
        "Largest gain of a law, with loss weights or without, over the best fixed ratio of one "
        f"task: {largest:.1e}. Steepest descent of one task's risk from its best fixed ratio "
        f"towards any law near it: {lowest:.1e} of the risk per share of the rows."
    )
    masks = law_table.masks_table([a.question for a in single])
    simulated = law_table.simulated_table(checked, 3 if quick else 24)
    return "\n\n".join(
        [
            law_table.table(answers),
            said,
            "Risks by masks per sample:",
            masks,
            "Theory and Monte Carlo, in units of each task's best fixed ratio:",
            simulated,
        ]
    )


def write_laws(answers: Sequence[law_table.Answer], path: Path) -> None:
    """Write every answer as CSV."""
    lines = ["unknown,measure,case,aspect_ratio,rows,best_fixed,value,best_law,law_value,"
             "weighted_law,weighted_value,best_range,range_value,r2mae_value,slope,"
             "endless_fixed,endless_value,endless_r2mae_value"]  # fmt: skip
    for a in answers:
        q = a.question
        cells = [
            q.unknown, "worst" if q.worst else "mean", q.case,
            "/".join(f"{x:g}" for x in sorted({own.aspect_ratio for own in q.tasks})),
            q.tasks[0].rows, law_table.law_name(a.fixed.law), f"{a.fixed.value:.9g}",
            law_table.law_name(a.law.law), f"{a.law.value:.9g}",
            law_table.law_name(a.weighted.law), f"{a.weighted.value:.9g}",
            law_table.law_name(a.range.law), f"{a.range.value:.9g}", f"{a.r2mae:.9g}",
            f"{a.slope:.3g}", law_table.law_name(a.every_mask[0].law),
            f"{a.every_mask[0].value:.9g}", f"{a.every_mask[1]:.9g}",
        ]  # fmt: skip
        lines.append(",".join(cell.replace(", ", " ") for cell in cells))
    write_text(path, "\n".join(lines) + "\n")


def batch_sizes(docs: Path, quick: bool, jobs: int) -> str:
    """Return the risk with a ratio per batch."""
    size, trials = (40, 3) if quick else (160, 48)
    return batches.table(batches.batches(size, trials))


def test_ratios(docs: Path, quick: bool, jobs: int) -> str:
    """Return the risks by test ratio and draw them."""
    wanted = adaptive.SETTINGS[5:7] if quick else adaptive.SETTINGS
    goals = ["linear"] if quick else ["feature", "linear"]
    found = [adaptive.curves(goal, *setting) for goal in goals for setting in wanted]
    shown = [c for c in found if (c.goal, c.masks, c.aspect_ratio) in adaptive.SHOWN]
    _draw(
        docs / "figures" / "r2mae.png",
        [partial(adaptive.draw_curves, c=c) for c in shown],
    )
    lines = ["target,masks_per_sample,aspect_ratio,test_ratio,best_for_it,best_on_average,plain,"
             + ",".join(f"degree_{n}" for n in adaptive.DEGREES)]  # fmt: skip
    for c in found:
        left = [np.full(c.tests.size, np.nan)] * (len(adaptive.DEGREES) - len(c.aware))
        columns = (c.tests, c.envelope, c.fixed[c.one], c.plain, *c.aware, *left)
        for row in zip(*columns, strict=True):
            cells = [c.goal, f"{c.masks:g}", f"{c.aspect_ratio:g}", *(f"{x:.6g}" for x in row)]
            lines.append(",".join(cells))
    write_text(docs / "results" / "r2mae_test_ratios.csv", "\n".join(lines) + "\n")
    monte_carlo = adaptive.simulated(3, 40) if quick else adaptive.simulated(8)
    return (
        f"{adaptive.table(found)}\n\nRisk of the linear task, averaged over the test ratios:\n\n"
        f"{adaptive.simulated_table(monte_carlo)}"
    )


def sweeps(docs: Path, quick: bool, jobs: int) -> str:
    """Return what schedules leave behind in the linear bridge."""
    return schedules.table(schedules.compare(8, 40) if quick else schedules.compare(24, 1500))


def networks(docs: Path, quick: bool, jobs: int) -> str:
    """Return the same comparison in trained networks."""
    found = trained.groups(trained.read_reports(docs / "results" / "validation"))
    if not found:
        return trained.summary(found)
    largest: dict[tuple[str, str], trained.Group] = {}
    for g in found:  # sorted by width, and by n within it
        largest[g.dataset, g.model] = g
    shown = [partial(trained.draw, g=g, colours=COLOURS) for g in largest.values()]
    _draw(docs / "figures" / "r2mae_trained.png", shown)
    figure = (
        "![Error against test mask ratio for the largest model of each kind: R2MAE, schedules and "
        "fixed ratios.](../figures/r2mae_trained.png)"
    )
    return f"{figure}\n\n{trained.summary(found)}"


#: Each writes the block of its name on the page.
PARTS: dict[str, Callable[[Path, bool, int], str]] = {
    "laws": laws,
    "batches": batch_sizes,
    "test ratios": test_ratios,
    "schedules": sweeps,
    "networks": networks,
}


def _draw(path: Path, drawn: Sequence[Callable[[Any], None]]) -> None:
    with mpl.rc_context(STYLE):
        figure, axes = panels(len(drawn), min(3, len(drawn)), 3.4, sharey=True)
        for axis, draw in zip(axes.flat, drawn, strict=False):
            draw(axis)
        for axis in axes[:, 0]:
            axis.set_ylabel("error / that of the mean")
        handles, labels = axes[0, 0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside upper center", ncols=3)
        with replacing(path) as temporary:
            figure.savefig(temporary, dpi=130)


def main(arguments: Sequence[str] | None = None) -> None:
    """Compute, draw and rewrite the page."""
    parser = argparse.ArgumentParser(prog="python docs/studies/r2mae.py", description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--quick", action="store_true", help="little of everything")
    parser.add_argument("--jobs", type=int, default=1, help="processes for the search over laws")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the page and figures")
    options = parser.parse_args(arguments)
    page = options.docs / "studies" / "r2mae.md"
    for part in options.only:
        text = PARTS[part](options.docs, options.quick, options.jobs)
        pages.rewrite(page, text, part)


if __name__ == "__main__":
    main()
