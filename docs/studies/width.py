"""How wide a model, and which ratio: python docs/studies/width.py.

Rewrites the tables of docs/studies/width.md and the results behind them, from the theory of random
features alone; about a minute.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless.cli.files import write_text
from simulations.running import pages

__all__ = ["main"]

DOCS = Path(__file__).parents[1]
Array = NDArray[np.float64]

#: Features of the spectrum s_i ~ 1/i.
FEATURES = 200
RATIOS = np.linspace(0.02, 0.96, 48)
RIDGES = np.geomspace(1e-7, 1e2, 28)
WEAK = 1e-6
#: Random features per training sample; no threshold of all rows among them.
WIDTHS = (0.1, 0.3, 0.9, 3.0, 10.0, 100.0)
ASPECT_RATIOS = (0.3, 3.0)
FILLS = ("zero", "rescale", "normalise")
MASKS = (1.0, math.inf)
#: Task: target and test mask ratio.
TASKS: dict[str, tuple[Any, float]] = {
    "linear task": (rl.LinearTarget(snr=4.0), 0.0),
    "masked feature": (rl.MaskedFeature(), 0.5),
}
R2MAE = rl.UniformRatio(0.1, 0.9)
TESTS = 6  # nodes of the law of test ratios


class Setting(NamedTuple):
    """One problem at all widths."""

    task: str
    aspect_ratio: float
    masks: float
    fill: str
    tuned: bool
    best: Array  #: best ratio, by width
    spread: Array  #: worst over best risk for ratios from .1 to .9

    @property
    def trend(self) -> str:
        """Whether wider models want higher ratios, from 3 features per sample on."""
        change = self.best[-1] - self.best[WIDTHS.index(3.0)]
        return "rises" if change > 0.05 else "falls" if change < -0.05 else "stays"


def risks(ratio: Any, masks: float, fill: str, aspect_ratio: float, **named: Any) -> Array:
    """Return totals of relu features of every width; the last axis is that of the widths."""
    widths = np.array(WIDTHS) / aspect_ratio
    named |= {"fill": fill, "masks_per_sample": masks}
    spectrum = rl.Spectrum.power_law(1.0, FEATURES)
    named |= {"width_ratio": widths, "aspect_ratio": aspect_ratio}
    found = rl.random_features_risk(spectrum, ratio, **named)
    return np.asarray(found.total)


def settings(quick: bool) -> Iterator[Setting]:
    """Yield best ratios with a weak ridge and with the best one."""
    some = FILLS[:1] if quick else FILLS
    for (task, (target, p_t)), gamma, masks, fill in product(
        TASKS.items(), ASPECT_RATIOS, MASKS, some
    ):
        named: dict[str, Any] = {"target": target, "test_mask_ratio": p_t}
        ridges = np.append(WEAK, RIDGES[::9] if quick else RIDGES)[:, None, None]
        totals = risks(RATIOS[:, None], masks, fill, gamma, ridge=ridges, **named)
        for tuned in (False, True):
            curve = totals[1:].min(axis=0) if tuned else totals[0]
            inner = curve[(RATIOS >= 0.1) & (RATIOS <= 0.9)]
            best = RATIOS[curve.argmin(axis=0)]
            spread = inner.max(axis=0) / inner.min(axis=0)
            yield Setting(task, gamma, masks, fill, tuned, best, spread)


def regrets(quick: bool) -> Iterator[tuple[str, list[float]]]:
    """Yield how much the law U(.1, .9) costs beside the best fixed ratio, by width, in percent.

    Both averaged over test ratios of the same law.
    """
    rule = R2MAE.quadrature(TESTS)
    ridges = np.append(WEAK, RIDGES[::9] if quick else RIDGES)[:, None, None]
    target = TASKS["linear task"][0]
    for gamma, masks, fill in product(ASPECT_RATIOS, MASKS, FILLS[:1] if quick else FILLS):
        named: dict[str, Any] = {"ridge": ridges, "target": target}
        named["test_mask_ratio"] = rule.mask[:, None]
        law = np.einsum("rtw,t->rw", risks(R2MAE, masks, fill, gamma, **named), rule.weight)
        named["ridge"], named["test_mask_ratio"] = ridges[..., None], rule.mask[:, None, None]
        fixed = risks(RATIOS[1::3, None], masks, fill, gamma, **named)
        fixed = np.einsum("rtpw,t->rpw", fixed, rule.weight)
        for tuned in (False, True):
            one = fixed[1:].min(axis=(0, 1)) if tuned else fixed[0].min(axis=0)
            random = law[1:].min(axis=0) if tuned else law[0]
            name = f"{gamma:g} | {shown(masks)} | {fill} | {'tuned' if tuned else 'weak'}"
            yield name, (100 * (random / one - 1)).tolist()


def shown(masks: float) -> str:
    """Name a number of masks."""
    return "1" if masks == 1 else "inf"


def table(head: str, rows: Sequence[str]) -> str:
    """Return a table with a column for each width."""
    columns = f"| {head} | {' | '.join(f'P/n {w:g}' for w in WIDTHS)} |"
    return "\n".join((columns, "| --- " * (columns.count("|") - 1) + "|", *rows))


def best_table(found: Sequence[Setting]) -> str:
    """Show best ratios by width."""
    rows = [
        f"| {x.task} | {x.aspect_ratio:g} | {shown(x.masks)} | {x.fill} | "
        f"{'tuned' if x.tuned else 'weak'} | {' | '.join(f'{p:.2f}' for p in x.best)} |"
        for x in found
    ]
    return table("target | d/n | K | fill | ridge", rows)


def spread_table(found: Sequence[Setting]) -> str:
    """Show how much the ratio matters by width."""
    rows = [
        f"| {x.task} | {x.aspect_ratio:g} | {shown(x.masks)} | {x.fill} | "
        f"{' | '.join(f'{r:.3g}' for r in x.spread)} |"
        for x in found
        if x.tuned
    ]
    return table("target | d/n | K | fill", rows)


def trend_table(found: Sequence[Setting]) -> str:
    """Count in how many settings the best ratio rises with width above P = 3 n."""
    lines = [
        "| target | K | ridge | rises | stays | falls |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for task, masks, tuned in product(TASKS, MASKS, (False, True)):
        trends = [x.trend for x in found if (x.task, x.masks, x.tuned) == (task, masks, tuned)]
        counts = " | ".join(str(trends.count(name)) for name in ("rises", "stays", "falls"))
        lines.append(f"| {task} | {shown(masks)} | {'tuned' if tuned else 'weak'} | {counts} |")
    return "\n".join(lines)


def write_results(found: Sequence[Setting], path: Path) -> None:
    """Write every best ratio as CSV."""
    lines = ["task,aspect_ratio,masks,fill,ridge,width_per_sample,mask_ratio,spread"]
    for x in found:
        ridge = "tuned" if x.tuned else "weak"
        start = f"{x.task},{x.aspect_ratio:g},{shown(x.masks)},{x.fill},{ridge}"
        lines += [
            f"{start},{w:g},{p:.4g},{r:.6g}"
            for w, p, r in zip(WIDTHS, x.best, x.spread, strict=True)
        ]
    write_text(path, "\n".join(lines) + "\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """Compute and rewrite the page."""
    parser = argparse.ArgumentParser(prog="python docs/studies/width.py", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="zeros only, few ridges")
    parser.add_argument("--docs", type=Path, default=DOCS, help="folder of the page")
    options = parser.parse_args(arguments)
    found = list(settings(options.quick))
    write_results(found, options.docs / "results" / "width.csv")
    page = options.docs / "studies" / "width.md"
    pages.rewrite(page, trend_table(found), "trend")
    pages.rewrite(page, best_table(found), "best")
    pages.rewrite(page, spread_table(found), "spread")
    rows = [
        f"| {name} | {' | '.join(f'{x:+.2f}' for x in costs)} |"
        for name, costs in regrets(options.quick)
    ]
    pages.rewrite(page, table("d/n | K | fill | ridge", rows), "r2mae")


if __name__ == "__main__":
    main()
