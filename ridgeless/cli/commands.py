"""The commands: what each computes and says."""

from __future__ import annotations

import argparse
import sys
import tempfile
import webbrowser
from pathlib import Path
from typing import Any

import numpy as np

import ridgeless as rl
from ridgeless import names
from ridgeless.cli import advice, probe, progress, report, runs, tables

__all__ = ["curve", "explore", "pilot", "recommend", "risk"]


def risk(chosen: argparse.Namespace) -> None:
    """Print the parts of the risk at one mask ratio."""
    problem = _problem(chosen)
    found = rl.risk(mask_ratio=names.mask_ratio(chosen.mask_ratio), **problem)
    parts = {name: float(getattr(found, name)) for name in report.PARTS}
    if chosen.json:
        print(report.as_json(chosen, parts))
        return
    for name, value in parts.items():
        print(f"{name.replace('_', ' '):18} {value:.6g}")


def curve(chosen: argparse.Namespace) -> None:
    """Report the risk against the mask ratio, and its lowest place."""
    problem = _problem(chosen)
    found = rl.risk(mask_ratio=np.array(chosen.mask_ratios), **problem)
    best = rl.optimal_mask_ratio(**problem)
    columns = report.columns(np.array(chosen.mask_ratios), found)
    summary = {
        "optimal_mask_ratio": best.mask_ratio,
        "optimal_risk": best.risk,
        "limit": best.limit,
        "within_10_percent": [best.low, best.high],
    }
    said = [
        f"best mask ratio {best.mask_ratio:.3f}, risk {best.risk:.4g}; within 10% of it from "
        f"{best.low:.3f} to {best.high:.3f}"
    ]
    if best.mask_ratio == 1:
        said.append("a mask ratio of 1 means that predicting 0 is best: nothing can be learnt")
    if best.limit:
        said.append("0 stands for very small mask ratios: with no masks at all the risk is larger")
    shown = report.bars(columns["mask_ratio"], columns["total"], "risk")
    report.tell(chosen, columns, summary, shown + said)
    if chosen.plot:
        marks = (float(best.mask_ratio), float(best.low), float(best.high))
        report.plot(chosen.plot, report.curve_on(columns["mask_ratio"], columns["total"], marks))


def recommend(chosen: argparse.Namespace) -> None:
    """Report a mask ratio for the rows of a table."""
    probe.check(chosen)
    table = tables.read(chosen.data, tables.chosen(chosen))
    if not chosen.json:
        print(table.understood, flush=True)
    groups = tables.labels(chosen.groups, table)
    if chosen.task == "probe":
        probe.recommend(chosen, table, groups)
        return
    with progress.shown() as bar:
        given: Any = table  # with the names of its columns
        found = rl.recommend(
            given,
            target_column=table.column(chosen.target),
            groups=groups,
            samples=chosen.samples,
            aspect_ratio=chosen.aspect_ratio,
            masks_per_sample=chosen.masks_per_sample,
            fill=chosen.fill,
            ridge=chosen.ridge,
            test_mask_ratio=chosen.test_mask_ratio,
            confidence=chosen.confidence,
            dependence=not chosen.independent_rows,
            draws=chosen.draws,
            rng=chosen.rng,
            progress=bar,
        )
    curve = {
        "mask_ratio": found.curve_ratios.tolist(),
        "prediction_error": found.prediction_error.tolist(),
        "standard_error": found.standard_error.tolist(),
    }
    said = advice.words(found, "feature" if groups is None else "group")
    report.tell(chosen, curve, advice.summary(found, table), said)
    if chosen.plot:
        report.plot(chosen.plot, lambda axes: advice.draw(axes, found))


def pilot(chosen: argparse.Namespace) -> None:
    """Report which ratio to run next, and whether to stop."""
    listed = runs.read(chosen.runs)
    theory = None
    if chosen.data:
        table = tables.read(*tables.inline(chosen.data))
        print(table.understood, file=sys.stderr)
        theory = rl.recommend(table.values, test_mask_ratio=chosen.test_ratio, rng=0)
    found = rl.pilot(
        listed.ratios,
        listed.values,
        seeds=listed.seeds,
        theory=theory,
        higher_is_better=chosen.higher_is_better,
        tolerance=chosen.tolerance,
        candidates=chosen.candidates,
    )
    ratio, value = found.best_measured
    if chosen.json:
        told = {
            "next_ratio": found.next_ratio,
            "stop": found.stop,
            "best_measured": {"ratio": ratio, "value": value},
            "best_predicted": found.best_predicted,
            "interval": list(found.interval),
            "within_noise": list(found.within_noise),
            "seeds_needed": found.seeds_needed,
            "regret": {f"{p:g}": list(band) for p, band in found.regret.items()},
            "candidates": found.candidates.tolist(),
            "predicted": found.predicted.tolist(),
            "warnings": list(found.warnings),
        }
        print(report.as_json(chosen, told))
        return
    print(f"stop: use {ratio:g}" if found.stop else f"run next: {found.next_ratio:g}")
    print(f"best so far: {ratio:g} ({value:g}); its loss above the best of all: at most "
          f"{found.regret[ratio][2]:.1%} (95%)")  # fmt: skip
    low, high = found.interval
    print(f"the best of all is predicted at {found.best_predicted:g}, between {low:g} and {high:g}")
    print("noise does not tell {:g} to {:g} apart".format(*found.within_noise))
    if found.seeds_needed is not None:
        print(f"{found.seeds_needed} seeds per ratio would tell the best from the second best")
    print(*(f"note: {sentence}" for sentence in found.warnings), sep="\n")


def explore(chosen: argparse.Namespace) -> None:
    """Write the page of the explorer, and open it unless told where to write it."""
    from ridgeless import explorer

    page = explorer.write(Path(chosen.output or tempfile.mkdtemp(prefix="ridgeless-")))
    print(page)
    if not chosen.output and not webbrowser.open(page.resolve().as_uri()):
        print("no browser was found; open this file in one")


def _problem(chosen: argparse.Namespace) -> dict[str, Any]:
    spectrum = names.spectrum(chosen.spectrum, chosen.dimension)
    if chosen.eigenvalues:
        spectrum = rl.Spectrum(tables.eigenvalues(chosen.eigenvalues))
    target: Any = rl.MaskedFeature()
    if chosen.target == "linear":
        target = rl.LinearTarget(snr=chosen.snr, alignment=chosen.alignment)
    return {
        "spectrum": spectrum,
        "target": target,
        "aspect_ratio": chosen.aspect_ratio,
        "ridge": chosen.ridge,
        "rows": chosen.rows,
        "masks_per_sample": chosen.masks_per_sample,
        "test_mask_ratio": chosen.test_mask_ratio,
        "fill": chosen.fill,
        "test_fill": chosen.test_fill,
        "row_power": names.row_power(chosen.row_power) if chosen.row_power else None,
    }
