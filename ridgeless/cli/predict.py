"""The command predict: the error on the rows of a file, against the mask ratio."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless import names
from ridgeless.cli import report, tables
from ridgeless.cli.files import write_text
from ridgeless.cli.tables.table import named

__all__ = ["add_to", "predict"]

RATIOS = [f"{p / 10:g}" for p in range(1, 10)]
COLUMNS = ("samples", "prediction_error", "standard_error", "null", "effective_ridge")


def add_to(parser: argparse.ArgumentParser) -> None:
    """Give the command its words."""
    parser.add_argument("data", metavar="TABLE", help="rows are samples")
    parser.add_argument("--target", metavar="COLUMN",
                        help="predict this column, by its number (from 0) or its name in the "
                        "header, instead of masked ones")  # fmt: skip
    parser.add_argument("--mask-ratios", nargs="+", metavar="P", default=RATIOS,
                        help="0.5, or laws as uniform:0.1:0.9; default: 0.1 to 0.9")  # fmt: skip
    parser.add_argument("--samples", nargs="+", type=int, metavar="N",
                        help="rows to train on; by default all")  # fmt: skip
    parser.add_argument("--standardize", action="store_true",
                        help="centre every column and scale it to variance one first")  # fmt: skip
    parser.add_argument("--ridge", type=float, default=0.0, help="penalty per row; 0 is min-norm")
    parser.add_argument("--masks-per-sample", "--epochs", type=float, default="1",
                        help="epochs with fresh masks: 1, 2, ... or inf")  # fmt: skip
    parser.add_argument("--fill", choices=["zero", "rescale"], default="zero",
                        help="rescale divides what is kept by 1 - p")  # fmt: skip
    parser.add_argument("--mask", metavar="SHAPE",
                        help="spans:5, blocks:4x4, tubes or importance")  # fmt: skip
    parser.add_argument("--groups", metavar="GROUPS",
                        help="features masked together: a width of neighbouring columns, labels "
                        "as a,a,b, or a file of labels")  # fmt: skip
    parser.add_argument("--test-mask-ratio", type=float, default=0.0,
                        help="share of features hidden from test rows")  # fmt: skip
    parser.add_argument("--population", type=int, metavar="M", help="rows of each population")
    parser.add_argument("--replicates", type=int, default=4, help="populations")
    parser.add_argument("--rng", type=int, default=0, help="seed of rows and masks")
    parser.add_argument("--json", action="store_true", help="machine-readable")
    parser.add_argument("--plot", metavar="FILE", help="draw the curves, e.g. curve.png")
    parser.add_argument("--output", metavar="DIR", help="write predict.csv and predict.json there")
    tables.add_options(parser)
    parser.set_defaults(run=predict)


def predict(chosen: argparse.Namespace) -> None:
    """Report the expected error of masked regression on the rows of a file."""
    table = tables.read(chosen.data, tables.chosen(chosen))
    if not chosen.json:
        print(table.understood, flush=True)
    X = _standardized(table) if chosen.standardize else table.values
    target = table.column(chosen.target)
    ratios = [names.mask_ratio(text) for text in chosen.mask_ratios]
    options = {
        "target": target,
        "samples": None if chosen.samples is None else np.array(chosen.samples),
        "ridge": chosen.ridge,
        "mask": chosen.mask,
        "test_mask_ratio": chosen.test_mask_ratio,
        "population": chosen.population,
        "replicates": chosen.replicates,
        "rng": chosen.rng,
    }
    groups = tables.labels(chosen.groups, table)
    if isinstance(groups, int):
        groups = np.arange(X.shape[1]) // groups
    found = []
    for shown, ratio in _calls(chosen.mask_ratios, ratios):
        masking = rl.Masking(
            ratio, masks_per_sample=chosen.masks_per_sample, groups=groups, fill=chosen.fill
        )
        found.append((shown, rl.rows_risk(X, masking, **options)))
    lines = [line for shown, risk in found for line in _lines(shown, risk)]
    said = list(dict.fromkeys(text for _, risk in found for text in risk.diagnostics))
    _tell(chosen, lines, said, found[0][1])


def _calls(texts: list[str], ratios: list[Any]) -> list[tuple[list[str], Any]]:
    """Return the ratios of each call: all numbers share one, a law has its own."""
    numbers = [
        (text, ratio) for text, ratio in zip(texts, ratios, strict=True) if isinstance(ratio, float)
    ]
    calls: list[tuple[list[str], Any]] = []
    if numbers:
        calls.append(
            ([text for text, _ in numbers], np.array([ratio for _, ratio in numbers])[:, None])
        )
    rest = [
        (text, ratio)
        for text, ratio in zip(texts, ratios, strict=True)
        if not isinstance(ratio, float)
    ]
    return calls + [([text], ratio) for text, ratio in rest]


def _lines(shown: list[str], risk: rl.RowsRisk) -> list[dict[str, Any]]:
    """Return a dictionary per cell."""
    shape = (len(shown), max(1, np.size(risk.samples) // len(shown)))
    columns = {
        name: np.broadcast_to(np.reshape(getattr(risk, name), shape), shape) for name in COLUMNS
    }
    return [
        {"mask_ratio": text, **{name: values[i, j].item() for name, values in columns.items()}}
        for i, text in enumerate(shown)
        for j in range(shape[1])
    ]


def _tell(
    chosen: argparse.Namespace, lines: list[dict[str, Any]], said: list[str], risk: rl.RowsRisk
) -> None:
    """Print the answer, and write what was asked for."""
    content = {"cells": lines, "population": risk.population, "replicates": risk.replicates,
               "targets": list(risk.targets), "diagnostics": said}  # fmt: skip
    text = report.as_json(chosen, content)
    if chosen.json:
        print(text)
    else:
        print(f"{'mask ratio':>16} {'samples':>8}  prediction error")
        for line in lines:
            error = f"{line['prediction_error']:.4g} ± {line['standard_error']:.2g}"
            print(f"{line['mask_ratio']:>16} {line['samples']:>8}  {error}")
        print(f"predicting 0: {lines[0]['null']:.4g}")
        best = min(lines, key=lambda line: line["prediction_error"])
        print(f"smallest at mask ratio {best['mask_ratio']} with {best['samples']} samples")
        for sentence in said:
            print(f"careful: {sentence}")
    if chosen.output:
        folder = Path(chosen.output)
        folder.mkdir(parents=True, exist_ok=True)
        rows = [",".join(lines[0])] + [",".join(map(str, line.values())) for line in lines]
        write_text(folder / "predict.csv", "\n".join(rows) + "\n")
        write_text(folder / "predict.json", text + "\n")
    if chosen.plot:
        _plot(chosen.plot, lines)


def _plot(path: str, lines: list[dict[str, Any]]) -> None:
    """Draw a curve against the mask ratio for every number of samples; laws are levels."""
    try:
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        raise rl.DomainError("--plot needs matplotlib: pip install matplotlib") from None
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    colours = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
    for place, samples in enumerate(dict.fromkeys(line["samples"] for line in lines)):
        colour = colours[place % len(colours)]
        own = [x for x in lines if x["samples"] == samples and np.isfinite(x["prediction_error"])]
        curve = [x for x in own if ":" not in x["mask_ratio"]]
        if curve:
            values = np.array([x["prediction_error"] for x in curve])
            errors = 2 * np.array([x["standard_error"] for x in curve])
            ratios = np.array([float(x["mask_ratio"]) for x in curve])
            order = ratios.argsort()
            axes.plot(ratios[order], values[order], color=colour, lw=2, label=f"{samples} samples")
            band = (values - errors)[order], (values + errors)[order]
            axes.fill_between(ratios[order], *band, color=colour, alpha=0.2, lw=0)
        for x in own:
            if ":" in x["mask_ratio"]:
                axes.axhline(x["prediction_error"], color=colour, ls="--", lw=1,
                             label=f"{x['mask_ratio']}, {samples} samples")  # fmt: skip
    axes.axhline(lines[0]["null"], color="0.5", lw=1, label="predicting 0")
    axes.set(xlabel="mask ratio  $p$", ylabel="prediction error", xlim=(0, 1), yscale="log")
    axes.legend(frameon=False, fontsize=8)
    axes.grid(alpha=0.3)
    try:
        figure.savefig(path, dpi=150)
    except ValueError as error:
        raise rl.DomainError(f"--plot: {error}") from None


def _standardized(table: tables.Table) -> NDArray[np.float64]:
    """Return columns centred and of variance one; one that never varies is named."""
    X = table.values
    spread = X.std(axis=0)
    still = np.flatnonzero(spread <= 1e-12 * np.abs(X).max(axis=0))
    if still.size:
        raise rl.DomainError(
            "--standardize needs columns that vary, got the constant "
            f"{named(table.places[still[0]], table.file_names)}"
        )
    return np.asarray((X - X.mean(axis=0)) / spread)
