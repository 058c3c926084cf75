"""What simple rules for the mask ratio cost: regrets over the best fixed ratio.

A rule is judged on cells (data set, model, width, n) and test ratios, by the risk averaged over
seeds. Its regret is that risk over the best fixed ratio's, less one: no rule of a fixed ratio is
below zero, a law of ratios can be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from simulations.running.pages import table
from validation.report.comparison import AVERAGE, Cell, Row, cells_of

__all__ = ["regrets", "told"]

THEORY, TEST, RANDOM = "theory's ratio", "the test ratio", "R2MAE"
COMMON = ("0.15", "0.3", "0.5", "0.75")


def regrets(runs: Sequence[Row], theories: Sequence[Row]) -> list[Row]:
    """Return one row per cell, test ratio and rule.

    Parameters
    ----------
    runs : rows of `runs` of report.json
    theories : lines of theories.jsonl
        Of the linear theory of rows, whose best ratio among those trained is a rule. The average
        over test ratios is a test ratio too, at which theory's rule is the best of its averages.
    """
    found = []
    linear = {
        (t["dataset"], t["n"], t["ratio"], t["test_ratio"]): t["risk"]
        for t in theories
        if t["source"] == "linear"
    }
    for cell in cells_of(runs):
        if not cell.seeds or not cell.fixed:
            continue
        for test in (*cell.fixed_tests, AVERAGE):
            risks = dict(zip(cell.ratios, cell.risks(test, cell.ratios).mean(axis=0), strict=True))
            lowest = min(risks[ratio] for ratio in cell.fixed)
            about = {"dataset": cell.dataset, "model": cell.model, "width": cell.width, "n": cell.n}
            for rule, ratio in _rules(cell, test, linear):
                regret = float(risks[ratio] / lowest - 1)
                row = {"test_ratio": test, "rule": rule, "ratio": ratio, "regret": regret}
                found.append(about | row)
    return found


def told(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the section of report.md."""
    if not rows:
        return
    yield "## What a rule for the ratio costs"
    yield (
        "Risk over that of the best fixed ratio, less one, at the middle (median) and at the 90% "
        "quantile over widths, sample numbers and test ratios; negative is better than every "
        "fixed ratio. *Theory's ratio* is the best among those trained by the linear theory of "
        "rows at that test ratio, *the test ratio* the nearest of them. Then the same for the "
        "risk averaged over test ratios."
    )
    families = list(dict.fromkeys(row["model"] for row in rows))
    rules = [r for r in (THEORY, TEST, *COMMON, RANDOM) if any(row["rule"] == r for row in rows)]
    for title, averaged in (("at a test ratio", False), ("averaged over test ratios", True)):
        body = []
        for rule in rules:
            cells = [_regret(rows, rule, model, averaged) for model in [*families, None]]
            if any(cells):
                body.append([rule, *cells])
        yield table([title, *families, "all"], body)


def _rules(
    cell: Cell, test: str, linear: Mapping[tuple[Any, ...], float]
) -> Iterator[tuple[str, str]]:
    """Yield rules, and the ratio that each takes at a test ratio."""
    tests = cell.fixed_tests if test == AVERAGE else [test]
    curve = {
        ratio: float(np.mean([linear[cell.dataset, cell.n, ratio, t] for t in tests]))
        for ratio in cell.fixed
        if all((cell.dataset, cell.n, ratio, t) in linear for t in tests)
    }
    if curve:
        yield THEORY, min(curve, key=lambda ratio: curve[ratio])
    if test != AVERAGE:
        yield TEST, min(cell.fixed, key=lambda ratio: abs(float(ratio) - float(test)))
    for ratio in COMMON:
        if ratio in cell.fixed:
            yield ratio, ratio
    for law in cell.random[:1]:
        yield RANDOM, law


def _regret(rows: Sequence[Row], rule: str, model: str | None, averaged: bool) -> str:
    own = [
        row["regret"] for row in rows
        if row["rule"] == rule and model in (None, row["model"])
        and (row["test_ratio"] == AVERAGE) == averaged
    ]  # fmt: skip
    if not own:
        return ""
    return f"{np.median(own):+.1%}, {np.quantile(own, 0.9):+.1%}"
