"""A recommendation in words, in numbers and as a figure."""

from __future__ import annotations

from typing import Any

import numpy as np

import ridgeless as rl
from ridgeless.cli.tables import Table

__all__ = ["draw", "summary", "words"]

USUAL = ("0.15", "0.5", "0.75")


def words(advice: rl.Recommendation, unit: str) -> list[str]:
    """Return the lines of an answer; `unit` is what masks hide, feature or group."""
    if advice.mask_ratio == 1:
        lines = ["nothing to learn: predict the mean of each column"]
    else:
        plural = "" if round(advice.hidden, 1) == 1 else "s"
        lines = [
            f"mask ratio {_short(advice.mask_ratio)}: hides {advice.hidden:.3g} {unit}{plural} per "
            f"row ({advice.verdict})",
            f"error within 10% of the best from {_short(advice.low)} to {_short(advice.high)}: a "
            "range for a random ratio (R2MAE)",
            f"so few rows leave open {_short(advice.interval[0])} to {_short(advice.interval[1])}",
        ]
    best = min(advice.error, advice.null)
    lines += ["", f"{'':24}{'error':>9}{'above best':>12}"]
    rows = [("predicting the mean", advice.null)]
    if advice.mask_ratio < 1:
        rows.insert(0, (f"{_short(advice.mask_ratio)}  recommended", advice.error))
    rows += list(advice.alternatives.items())
    for name, error in rows:
        lines.append(f"{name:24}{error:9.3g}{error / best - 1:12.0%}")
    lines.append("errors on new rows, in units of a column's variance")
    return lines + [f"note: {sentence}" for sentence in advice.diagnostics]


def summary(advice: rl.Recommendation, table: Table) -> dict[str, Any]:
    """Return what JSON holds beside the curve."""
    return {
        "mask_ratio": advice.mask_ratio,
        "within_10_percent": [advice.low, advice.high],
        "interval": list(advice.interval),
        "verdict": advice.verdict,
        "prediction_error": advice.error,
        "null": advice.null,
        "hidden_per_row": advice.hidden,
        "alternatives": dict(advice.alternatives),
        "aspect_ratio": advice.aspect_ratio,
        "samples": advice.samples,
        "rows": {"read": table.values.shape[0], "used": advice.rows},
        "columns": {
            "read": table.values.shape[1],
            "used": advice.columns,
            "names": list(table.names),
            "places": list(table.places),
        },
        "table": table.understood,
        "per_target": {str(place): error for place, error in advice.per_target.items()},
        "diagnostics": list(advice.diagnostics),
    }


def draw(axes: Any, advice: rl.Recommendation) -> None:
    """Draw the curve with two standard errors, the mean, the range, and usual ratios."""
    ratios, error = advice.curve_ratios, advice.prediction_error
    spread = 2 * advice.standard_error
    axes.plot(ratios, error, color="#0072B2", lw=2, label="expected error on new rows")
    axes.fill_between(ratios, error - spread, error + spread, color="#0072B2", alpha=0.2, lw=0)
    axes.axhline(advice.null, color="0.4", ls="--", lw=1, label="predicting the mean")
    if advice.mask_ratio < 1:
        axes.axvspan(advice.low, advice.high, color="#009E73", alpha=0.15, lw=0,
                     label="within 10% of the best")  # fmt: skip
        axes.axvline(advice.mask_ratio, color="#009E73",
                     label=f"recommended: {_short(advice.mask_ratio)}")  # fmt: skip
    for name in USUAL:
        if name in advice.alternatives:
            axes.plot(float(name), advice.alternatives[name], "o", color="#D55E00", ms=5)
    top = max(1.3 * advice.null, 3 * float(np.min(error)))
    axes.set(xlabel="mask ratio  $p$", ylabel="error, in units of variance", xlim=(0, 1),
             ylim=(0, top))  # fmt: skip
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)


def _short(ratio: float) -> str:
    return f"{ratio:.3f}" if ratio >= 0.0995 else f"{ratio:.3g}"
