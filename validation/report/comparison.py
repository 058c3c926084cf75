"""Runs that differ by ratio and seed only: the unit in which a report compares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from validation.named_ratio import in_order, named_ratio

__all__ = ["AVERAGE", "Cell", "Row", "cells_of", "middle_cell"]

Array = NDArray[np.float64]
Row = dict[str, Any]

#: The mean over all fixed test ratios.
AVERAGE = "average"
TARGETS = {"all": "reconstruction", "easy": "easy", "hard": "hard"}


@dataclass
class Cell:
    """All ratios and seeds of one data set, model, width and number of samples."""

    dataset: str
    model: str
    width: int
    n: int
    entries: dict[tuple[int, str], dict[str, Row]] = field(default_factory=dict, repr=False)

    @property
    def ratios(self) -> list[str]:
        """Names of ratios, fixed ones first."""
        return in_order(ratio for _, ratio in self.entries)

    @property
    def fixed(self) -> list[str]:
        """Fixed ratios, smallest first."""
        return self._of_kind("fixed")

    @property
    def random(self) -> list[str]:
        """Laws from which each batch draws its ratio: R2MAE."""
        return self._of_kind("random")

    @property
    def schedules(self) -> list[str]:
        """Laws that training runs through: Dynamic MR."""
        return self._of_kind("schedule")

    def _of_kind(self, kind: str) -> list[str]:
        return [name for name in self.ratios if named_ratio(name).kind == kind]

    @property
    def seeds(self) -> list[int]:
        """Seeds that have every ratio, so that all comparisons are paired."""
        ratios = self.ratios
        seeds = sorted({seed for seed, _ in self.entries})
        return [s for s in seeds if all((s, ratio) in self.entries for ratio in ratios)]

    @property
    def tests(self) -> list[str]:
        """Names of test ratios, in the order of the runs."""
        return list(next(iter(self.entries.values())))

    @property
    def fixed_tests(self) -> list[str]:
        """Names of test ratios that are one number."""
        return [name for name in self.tests if "-" not in name]

    def rows(self, test: str, ratio: str) -> list[Row]:
        """Return the rows of a training ratio at a test ratio, of all seeds that have it."""
        return [tests[test] for (_, name), tests in self.entries.items() if name == ratio]

    def risks(
        self,
        test: str,
        ratios: Sequence[str],
        target: str = "all",
        seeds: Sequence[int] | None = None,
    ) -> Array:
        """Return risks at a test ratio, or their `AVERAGE` over fixed ones, (seeds, ratios)."""
        tests = self.fixed_tests if test == AVERAGE else [test]
        chosen = self.seeds if seeds is None else seeds
        found = [
            [np.mean([self.entries[s, r][t][TARGETS[target]] for t in tests]) for r in ratios]
            for s in chosen
        ]
        return np.array(found, dtype=np.float64).reshape(len(chosen), len(ratios))


def cells_of(runs: Sequence[Row], equal: str = "steps") -> list[Cell]:
    """Return the cells of rows of a report, in their order."""
    cells: dict[tuple[Any, ...], Cell] = {}
    for row in runs:
        if row["equal"] == equal:
            key = row["dataset"], row["model"], row["width"], row["n"]
            cell = cells.setdefault(key, Cell(*key))
            cell.entries.setdefault((row["seed"], row["ratio"]), {})[row["test_ratio"]] = row
    return list(cells.values())


def middle_cell(cells: Sequence[Cell]) -> Cell:
    """Return the middle width at the sample size that has most widths."""
    sizes = {n: sorted(c.width for c in cells if c.n == n) for n in {c.n for c in cells}}
    n = max(sizes, key=lambda size: (len(sizes[size]), size))
    width = sizes[n][len(sizes[n]) // 2]
    return next(cell for cell in cells if (cell.n, cell.width) == (n, width))
