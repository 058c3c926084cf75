"""The command recommend for a probe: which ratio for a task with few labels."""

from __future__ import annotations

import argparse
import math
from typing import Any

import numpy as np

import ridgeless as rl
from ridgeless.cli import progress, report, tables
from ridgeless.cli.tables import Table

__all__ = ["check", "recommend"]

#: Options of the other task, and what they are unless they are given.
OTHERS = {
    "masks_per_sample": math.inf,
    "ridge": 0.0,
    "test_mask_ratio": 0.0,
    "aspect_ratio": None,
}


def check(chosen: argparse.Namespace) -> None:
    """Refuse options that do not go with the task."""
    if chosen.task == "reconstruct":
        for name in ("labels", "label_column"):
            if getattr(chosen, name) is not None:
                raise rl.DomainError(f"--{name.replace('_', '-')} needs --task probe")
        if chosen.loss != "all":
            raise rl.DomainError("--loss needs --task probe")
        return
    for name, usual in OTHERS.items():
        if getattr(chosen, name) != usual:
            raise rl.DomainError(
                f"--{name.replace('_', '-')} must be left out with --task probe: pretraining has "
                "infinitely many masks, the probe its best ridge and whole inputs"
            )
    if (chosen.labels is None) == (chosen.target is None):
        raise rl.DomainError(
            "--task probe needs labels: --labels FILE or --target COLUMN, one of them"
        )
    if chosen.label_column is not None and chosen.labels is None:
        raise rl.DomainError("--label-column needs --labels")


def recommend(chosen: argparse.Namespace, table: Table, groups: Any) -> None:
    """Report a mask ratio for a probe, beside that for reconstruction."""
    X: Any = table.values
    if isinstance(groups, int):
        groups = np.arange(X.shape[1]) // groups
    if chosen.labels is not None:
        y = tables.answers(chosen.labels, len(X), chosen.label_column)
    else:
        place = table.column(chosen.target)
        y = X[:, place]
        X = np.delete(X, place, axis=1)  # type: ignore[arg-type]
        groups = None if groups is None else np.delete(np.asarray(groups), place)  # type: ignore[arg-type]
    samples = chosen.samples
    if samples is not None and not float(samples).is_integer():
        raise rl.DomainError(f"--samples must be a whole number with --task probe, got {samples}")
    with progress.shown() as bar:
        found = rl.recommend_probe(
            X, y, samples=None if samples is None else int(samples), groups=groups,
            rows=chosen.loss, fill=chosen.fill, rng=chosen.rng, progress=bar,
        )  # fmt: skip
        filled = rl.recommend(
            X, groups=groups, fill=chosen.fill, dependence=not chosen.independent_rows,
            rng=chosen.rng, progress=bar,
        )  # fmt: skip
    frame = found.to_frame()
    columns = {str(name): values.tolist() for name, values in frame.items()}
    report.tell(chosen, columns, _summary(found, filled, table), _words(found, filled))
    if chosen.plot:
        report.plot(chosen.plot, lambda axes: _draw(axes, found, filled))


def _words(found: rl.ProbeRecommendation, filled: rl.Recommendation) -> list[str]:
    lines = [
        f"a probe on {found.samples} labels ({found.labels}): mask ratio {found.mask_ratio:g} "
        f"({found.verdict})",
        "paired errors on held-out rows do not tell it from {:g} to {:g}".format(*found.interval),
        "",
        f"{'mask ratio':24}{'error':>9}{'above best':>12}"
        + ("" if found.classification_error is None else f"{'missed':>9}"),
    ]
    for place, ratio in enumerate(found.curve_ratios):
        name = f"{ratio:g}" + ("  recommended" if ratio == found.mask_ratio else "")
        line = f"{name:24}{found.prediction_error[place]:9.3g}{found.cost(ratio):12.1%}"
        if found.classification_error is not None:
            line += f"{found.classification_error[place]:9.1%}"
        lines.append(line)
    lines += [f"{'predicting the mean':24}{found.null:9.3g}", ""]
    if filled.mask_ratio < 1:
        lines.append(
            f"reconstruction wants {filled.mask_ratio:.3g}: for the probe that costs "
            f"{found.cost(filled.mask_ratio):.1%}"
        )
    costs = ", ".join(f"{name} costs {cost:.1%}" for name, cost in found.costs.items())
    lines.append(f"of usual ratios {costs}")
    lines.append(
        "for a linear encoder, pretrained on all rows of the table, and a ridge probe; a deep one "
        "learns more than a filter"
    )
    return lines + [f"note: {sentence}" for sentence in found.diagnostics]


def _summary(
    found: rl.ProbeRecommendation, filled: rl.Recommendation, table: Table
) -> dict[str, Any]:
    return {
        "task": "probe",
        "mask_ratio": found.mask_ratio,
        "verdict": found.verdict,
        "interval": list(found.interval),
        "error": float(found.prediction_error.min()),
        "null": found.null,
        "samples": found.samples,
        "labels": found.labels,
        "costs": dict(found.costs),
        "reconstruction": {
            "mask_ratio": filled.mask_ratio,
            "costs": found.cost(filled.mask_ratio),
        },
        "table": table.understood,
        "diagnostics": list(found.diagnostics),
    }


def _draw(axes: Any, found: rl.ProbeRecommendation, filled: rl.Recommendation) -> None:
    ratios, error = found.curve_ratios, found.prediction_error
    spread = 2 * found.paired_error
    axes.plot(ratios, error, color="#0072B2", lw=2, label="probe: expected error on new rows")
    axes.fill_between(ratios, error - spread, error + spread, color="#0072B2", alpha=0.2, lw=0,
                      label="paired errors from the best")  # fmt: skip
    axes.axvline(found.mask_ratio, color="#009E73", label=f"recommended: {found.mask_ratio:g}")
    if filled.mask_ratio < 1:
        axes.axvline(filled.mask_ratio, color="#D55E00", ls="--",
                     label=f"for reconstruction: {filled.mask_ratio:.2g}")  # fmt: skip
    axes.set(xlabel="mask ratio of pretraining  $p$", ylabel="error", xlim=(0, 1))
    axes.legend(frameon=False)
    axes.grid(alpha=0.3)
