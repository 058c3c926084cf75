"""Answers as text, as files and as a figure."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless.cli.files import write_text

__all__ = ["PARTS", "as_json", "columns", "tell"]

#: What is told of a risk.
PARTS = (
    "total", "bias", "design_variance", "noise_variance", "prediction_error", "null", "noise",
)  # fmt: skip


def columns(ratios: NDArray[np.float64], found: rl.Risk) -> dict[str, list[float]]:
    """Return the columns of a curve: the mask ratio, and every part."""
    table = {"mask_ratio": ratios.tolist()}
    return table | {name: np.asarray(getattr(found, name)).tolist() for name in PARTS}


def tell(
    chosen: argparse.Namespace,
    columns: dict[str, list[float]],
    summary: dict[str, Any],
    said: list[str],
    shown: str,
    label: str,
) -> None:
    """Print the curve as JSON or as bars, and write what was asked for."""
    text = as_json(chosen, summary | {"curve": columns})
    if chosen.json:
        print(text)
    else:
        print(f"{'mask ratio':>10}  {label}")
        ratios, values = columns["mask_ratio"], columns[shown]
        finite = [value for value in values if math.isfinite(value)]
        top = 4 * min(finite) if finite and min(finite) > 0 else 1.0
        for ratio, value in zip(ratios, values, strict=True):
            bar = "#" * min(40, round(40 * min(value, top) / top))
            print(f"{ratio:10.2f}  {value:<10.4g} {bar}{'>' if value > top else ''}")
        print(*said, sep="\n")
    if chosen.output:
        folder = Path(chosen.output)
        folder.mkdir(parents=True, exist_ok=True)
        rows = [",".join(columns)] + [
            ",".join(repr(value) for value in row) for row in zip(*columns.values(), strict=True)
        ]
        write_text(folder / "curve.csv", "\n".join(rows) + "\n")
        write_text(folder / "curve.json", text + "\n")
    if chosen.plot:
        best = summary.get("mask_ratio", summary.get("optimal_mask_ratio"))
        marks = (best, *summary["within_10_percent"])
        _plot(chosen.plot, columns["mask_ratio"], columns[shown], label, marks)


def as_json(chosen: argparse.Namespace, content: dict[str, Any]) -> str:
    """Return an answer with the settings behind it, as JSON."""
    settings = {k: v for k, v in vars(chosen).items() if k != "run"}
    return json.dumps(
        _finite(content | {"settings": settings, "version": rl.__version__}), indent=1
    )


def _finite(value: Any) -> Any:
    """Replace infinities, which JSON cannot hold, by the text "inf"."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_finite(item) for item in value]
    return "inf" if isinstance(value, float) and math.isinf(value) else value


def _plot(
    path: str,
    ratios: list[float],
    values: list[float],
    label: str,
    marks: tuple[float, float, float],
) -> None:
    """Draw the curve, the best ratio and the range around it."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise rl.DomainError("--plot needs matplotlib: pip install matplotlib") from None
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    drawn = np.where(np.isfinite(values), values, np.nan)
    axes.plot(ratios, drawn, color="#0072B2", lw=2)
    best, low, high = marks
    axes.axvspan(low, high, color="#009E73", alpha=0.15, lw=0, label="risk within 10% of the best")
    axes.axvline(best, color="#009E73", label=f"best mask ratio {best:.3f}")
    axes.legend(frameon=False)
    if np.isnan(drawn).all():
        raise rl.DomainError("--plot needs a finite risk at some mask ratio, got none")
    floor = float(np.nanmin(drawn))
    axes.set(xlabel="mask ratio  $p$", ylabel=label, xlim=(0, 1), ylim=(0, 6 * floor or 1))
    axes.grid(alpha=0.3)
    try:
        figure.savefig(path, dpi=150)
    except ValueError as error:
        raise rl.DomainError(f"--plot: {error}") from None
