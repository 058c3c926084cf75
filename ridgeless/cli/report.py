"""Answers as text, as files and as a figure."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless.cli.files import write_text

__all__ = ["PARTS", "as_json", "bars", "columns", "curve_on", "plot", "tell"]

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
) -> None:
    """Print an answer as words or as JSON, and write its curve where that was asked for."""
    text = as_json(chosen, summary | {"curve": columns})
    print(text if chosen.json else "\n".join(said))
    if chosen.output:
        folder = Path(chosen.output)
        folder.mkdir(parents=True, exist_ok=True)
        rows = [",".join(columns)] + [
            ",".join(repr(value) for value in row) for row in zip(*columns.values(), strict=True)
        ]
        write_text(folder / "curve.csv", "\n".join(rows) + "\n")
        write_text(folder / "curve.json", text + "\n")


def bars(ratios: list[float], values: list[float], label: str) -> list[str]:
    """Return a curve as lines of text."""
    lines = [f"{'mask ratio':>10}  {label}"]
    finite = [value for value in values if math.isfinite(value)]
    top = 4 * min(finite) if finite and min(finite) > 0 else 1.0
    for ratio, value in zip(ratios, values, strict=True):
        bar = "#" * min(40, round(40 * min(value, top) / top))
        lines.append(f"{ratio:10.2f}  {value:<10.4g} {bar}{'>' if value > top else ''}")
    return lines


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


def plot(path: str, draw: Callable[[Any], None]) -> None:
    """Write a figure of what `draw` puts on its axes."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise rl.DomainError("--plot needs matplotlib: pip install matplotlib") from None
    figure = Figure(figsize=(6, 4), layout="constrained")
    draw(figure.subplots())
    try:
        figure.savefig(path, dpi=150)
    except ValueError as error:
        raise rl.DomainError(f"--plot: {error}") from None


def curve_on(
    ratios: list[float], values: list[float], marks: tuple[float, float, float]
) -> Callable[[Any], None]:
    """Return what draws a curve, its best ratio and the range around it."""
    drawn = np.where(np.isfinite(values), values, np.nan)
    if np.isnan(drawn).all():
        raise rl.DomainError("--plot needs a finite risk at some mask ratio, got none")
    best, low, high = marks

    def draw(axes: Any) -> None:
        axes.plot(ratios, drawn, color="#0072B2", lw=2)
        axes.axvspan(low, high, color="#009E73", alpha=0.15, lw=0,
                     label="risk within 10% of the best")  # fmt: skip
        axes.axvline(best, color="#009E73", label=f"best mask ratio {best:.3f}")
        axes.legend(frameon=False)
        top = 6 * float(np.nanmin(drawn)) or 1
        axes.set(xlabel="mask ratio  $p$", ylabel="risk", xlim=(0, 1), ylim=(0, top))
        axes.grid(alpha=0.3)

    return draw
