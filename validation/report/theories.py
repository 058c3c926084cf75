"""Three theories beside the networks: how far off each is, and its verdict.

The rules were fixed before any of the runs that they judge. A theory holds for a cell (data set,
model, width, n) if, over the fixed ratios and with the measured risk averaged over seeds,

- its curve is close: the root mean square of log(theory / measured) is at most log 1.2;
- it orders the ratios: Kendall's tau between the two curves is above .8;
- its best ratio is cheap: the network trained at it is at most 5 % above its own best.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from simulations.running.pages import table
from validation.named_ratio import in_order, named_ratio
from validation.report.comparison import Row

__all__ = ["CLOSE", "beside", "told"]

SOURCES = ("linear", "random features", "trained features")
CLOSE, ORDERED, CHEAP = math.log(1.2), 0.8, 0.05
LEAST_RATIOS = 3


def beside(lines: Sequence[Row]) -> list[Row]:
    """Return one row per cell and theory, from lines of theories.jsonl.

    Figures are None where fewer than three fixed ratios are there.
    """
    found = []
    for cell, measured in _measured(lines).items():
        for source in SOURCES:
            theory = _theory(lines, source, cell)
            ratios = [r for r in in_order(measured) if r in theory]
            if not ratios:
                continue
            fixed = [r for r in ratios if named_ratio(r).kind == "fixed"]
            about = dict(zip(("dataset", "model", "width", "n"), cell, strict=True))
            curve = {r: {"measured": measured[r], "theory": theory[r]} for r in ratios}
            own = {"own_error": _at_own_ratio(lines, source, cell)}
            judged = _judged(fixed, curve) | own
            found.append(about | {"source": source} | judged | {"curve": curve})
    return found


def told(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the section of report.md."""
    if not rows:
        return
    yield "## Three theories beside the networks"
    yield (
        "Risk on a few tokens, each hidden in every test row with all else shown, and what "
        "regression on n real rows under infinitely many masks has on the same tokens: on the "
        "tokens themselves (linear), on a frozen random layer of the network's width (random "
        "features), on the trained network's own last hidden layer (trained features), on rows "
        "that training has not seen. Close: rms log error at most log 1.2 = 0.18. Orders: "
        "Kendall's tau above 0.8. Cheap: the network at the theory's best ratio is at most 5% "
        "above its best. All over the fixed ratios. The last column is the rms log error where "
        "test rows are hidden at the ratio of training: nothing is extrapolated there."
    )
    yield table(
        ["", "theory", "rms log error", "tau", "its best ratio", "costs", "close", "orders",
         "cheap", "error at its own ratio"],
        [_verdict(row) for row in rows],
    )  # fmt: skip
    ratios = in_order(r for row in rows for r in row["curve"])
    yield "Measured, then each theory, by ratio:"
    body = []
    for name in dict.fromkeys(map(_name, rows)):
        own = [row for row in rows if _name(row) == name]
        curve = own[0]["curve"]
        body.append([name, "measured", *(_figure(curve, r, "measured") for r in ratios)])
        body += [
            ["", row["source"], *(_figure(row["curve"], r, "theory") for r in ratios)]
            for row in own
        ]
    yield table(["", "", *ratios], body)


def _judged(fixed: Sequence[str], curve: Mapping[str, Mapping[str, float]]) -> Row:
    """Return the figures of a theory and its three verdicts."""
    names = ("error", "tau", "best_ratio", "cost", "close", "orders", "cheap")
    if len(fixed) < LEAST_RATIOS:
        return dict.fromkeys(names)
    from scipy.stats import kendalltau

    measured, theory = (np.array([curve[r][of] for r in fixed]) for of in ("measured", "theory"))
    error = float(np.sqrt(np.mean(np.log(theory / measured) ** 2)))
    tau = float(kendalltau(measured, theory).statistic)
    best = int(theory.argmin())
    cost = float(measured[best] / measured.min() - 1)
    tau = tau if math.isfinite(tau) else 0.0  # of a flat curve
    values = (error, tau, fixed[best], cost, error <= CLOSE, tau > ORDERED, cost <= CHEAP)
    return dict(zip(names, values, strict=True))


def _at_own_ratio(lines: Sequence[Row], source: str, cell: tuple[Any, ...]) -> float | None:
    """Return the rms log error where networks are tested at the ratio of their training."""
    pairs: dict[str, dict[str, float]] = {}
    for line in lines:
        about = line["dataset"], line["model"], line["width"], line["n"]
        if about == cell and line["test_ratio"] == line["ratio"]:
            pairs.setdefault(line["ratio"], {})[line["source"]] = line["risk"]
    gaps = [math.log(x[source] / x["measured"]) for x in pairs.values() if source in x]
    return float(np.sqrt(np.mean(np.square(gaps)))) if gaps else None


def _measured(lines: Sequence[Row]) -> dict[tuple[Any, ...], dict[str, float]]:
    """Return the measured risk of each cell by ratio, averaged over seeds."""
    found: dict[tuple[Any, ...], dict[str, list[float]]] = {}
    for line in lines:
        if (line["source"], line["test_ratio"]) == ("measured", "0"):
            cell = line["dataset"], line["model"], line["width"], line["n"]
            found.setdefault(cell, {}).setdefault(line["ratio"], []).append(line["risk"])
    return {cell: {r: float(np.mean(v)) for r, v in own.items()} for cell, own in found.items()}


def _theory(lines: Sequence[Row], source: str, cell: tuple[Any, ...]) -> dict[str, float]:
    """Return what a theory says of a cell by ratio, averaged over seeds where it knows them."""
    dataset, _, width, n = cell
    wanted = {
        "linear": (dataset, None, None, n),
        "random features": (dataset, None, width, n),
        "trained features": cell,
    }[source]
    found: dict[str, list[float]] = {}
    for line in lines:
        about = line["dataset"], line["model"], line["width"], line["n"]
        if (line["source"], line["test_ratio"]) == (source, "0") and about == wanted:
            found.setdefault(line["ratio"], []).append(line["risk"])
    return {ratio: float(np.mean(risks)) for ratio, risks in found.items()}


def _name(row: Row) -> str:
    size = f", width {row['width']}" if row["width"] else ""
    return f"{row['dataset']} {row['model']}{size}, n = {row['n']}"


def _figure(curve: Mapping[str, Mapping[str, float]], ratio: str, of: str) -> str:
    return f"{curve[ratio][of]:.3f}" if ratio in curve else ""


def _verdict(row: Row) -> list[str]:
    own = "" if row["own_error"] is None else f"{row['own_error']:.2f}"
    if row["error"] is None:
        return [_name(row), row["source"], *[""] * 7, own]
    words = ["yes" if row[name] else "no" for name in ("close", "orders", "cheap")]
    figures = [f"{row['error']:.2f}", f"{row['tau']:.2f}", row["best_ratio"], f"{row['cost']:+.1%}"]
    return [_name(row), row["source"], *figures, *words, own]
