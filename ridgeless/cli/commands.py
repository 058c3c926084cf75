"""The commands: what each computes and says."""

from __future__ import annotations

import argparse
import tempfile
import webbrowser
from pathlib import Path
from typing import Any

import numpy as np

import ridgeless as rl
from ridgeless import names
from ridgeless.cli import report, tables

__all__ = ["curve", "explore", "recommend", "risk"]


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
    report.tell(chosen, columns, summary, said, "total", "risk")


def recommend(chosen: argparse.Namespace) -> None:
    """Report a mask ratio for the rows of a file."""
    table = tables.read(chosen.data, tables.chosen(chosen))
    if not chosen.json:
        print(table.understood)
    advice = rl.recommend(
        table.values,
        target_column=table.column(chosen.target),
        groups=tables.labels(chosen.groups, table),
        aspect_ratio=chosen.aspect_ratio,
        masks_per_sample=chosen.masks_per_sample,
        ridge=chosen.ridge,
        test_mask_ratio=chosen.test_mask_ratio,
        confidence=chosen.confidence,
        replicates=chosen.replicates,
        rng=chosen.rng,
    )
    one = advice.one_mask
    summary = {
        "mask_ratio": advice.mask_ratio,
        "within_10_percent": [advice.low, advice.high],
        "interval": list(advice.interval),
        "one_mask_per_sample": {"mask_ratio": one.mask_ratio, "risk": one.risk},
        "aspect_ratio": advice.aspect_ratio,
        "eigenvalues": advice.spectrum.eigenvalues.tolist(),
        "weights": advice.spectrum.weights.tolist(),
        "diagnostics": list(advice.diagnostics),
    }
    low, high = advice.interval
    said = [
        f"mask ratio {advice.mask_ratio:.3f} ({chosen.confidence:.0%} interval from the estimated "
        f"spectrum: {low:.3f} to {high:.3f})",
        f"risk within 10% of its best from {advice.low:.3f} to {advice.high:.3f}"
        + (": a reasonable range for a random ratio (R2MAE)" if 0.01 < advice.high < 1 else ""),
        f"with one mask per sample: {one.mask_ratio:.3f}, risk {one.risk:.4g}; the peak where rows "
        "are as many as features is what fresh masks every epoch dodge",
        *(f"careful: {sentence}" for sentence in advice.diagnostics),
    ]
    columns = report.columns(advice.curve_ratios, advice.risk)
    report.tell(chosen, columns, summary, said, "prediction_error", "prediction error")


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
    }
