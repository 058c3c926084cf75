"""The error of every ratio, by the way that suits masks, samples and rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.recommend import dependence
from ridgeless.recommend.columns import Columns
from ridgeless.recommend.curve import Progress, left_out_one_by_one, left_out_together
from ridgeless.recommend.few_masks import Few, drawn
from ridgeless.recommend.leave_one_out import Errors
from ridgeless.recommend.samples import fewer
from ridgeless.recommend.scheme import Scheme, scheme

__all__ = ["Found", "Task", "every_mask", "few_masks"]

Array = NDArray[np.float64]
Labels = NDArray[np.intp]

#: Targets of which errors with few masks are measured.
MOST_TARGETS = 32


@dataclass(frozen=True)
class Task:
    """How training rows and test inputs are masked."""

    fill: str
    test_fill: str
    ridge: float
    test: float
    rows: str

    def scheme(self, ratio: Any, fill: str | None = None) -> Scheme:
        """Return the scheme of a ratio or law, also with another fill."""
        test_fill = self.test_fill if fill is None else fill
        return scheme(ratio, fill=fill or self.fill, test_fill=test_fill, ridge=self.ridge,
                      test_mask_ratio=self.test, rows=self.rows)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """Errors by ratio on rows that were left out."""

    errors: Array  # shape (ratios, n)
    targets: Array  # shape (ratios, targets)
    null: Array
    seen: NDArray[np.bool_]
    clusters: Labels
    which: Labels
    said: list[str]
    other: Array | None = None  # errors of rescaled masks


def every_mask(
    columns: Columns,
    task: Task,
    ratios: Array,
    samples: float,
    look: bool,
    rng: np.random.Generator,
    progress: Progress | None,
) -> Found:
    """Return the errors with infinitely many masks per sample."""
    both = task.fill == "zero" and task.ridge == 0 and task.test == 0
    fills = 2 if both else 1
    schemes = [
        task.scheme(p, fill) for p in ratios for fill in ((None, "rescale") if both else (None,))
    ]
    n = len(columns.rows)
    said: list[str] = []
    every = np.arange(n)
    if samples < n:
        errors, seen = fewer(columns, schemes, int(samples), rng)
        said.append(f"Errors are those of {int(samples)} rows, drawn from the {n} many times.")
        clusters = every
    else:
        found = left_out_one_by_one(columns, schemes, fills, progress)
        errors, seen, clusters = found.errors, np.ones(n, dtype=bool), every
        if found.refitted < found.large:
            said.append(
                f"{found.large - found.refitted} rows with extreme values count to the first order "
                "only: refitting without each would take long."
            )
        if found.approximate:
            said.append(
                "With so many columns the part of the leave-one-out correction that grows with "
                "their square is left out."
            )
    if look and samples >= n:
        for hint in (dependence.copies(columns.rows, rng), dependence.order(columns.rows, rng)):
            if hint is None:
                continue
            said.append(hint.said)
            together, tested = left_out_together(columns, schemes, hint.parts)
            if _best(together, tested, fills) > _best(errors, seen, fills):
                for values in (together.rows, together.targets, together.null):
                    values *= hint.variance
                errors, seen, clusters = together, tested, _members(hint.parts, n)
    return Found(
        errors.rows[::fills],
        errors.targets[::fills],
        errors.null,
        seen,
        clusters,
        columns.targets,
        said,
        errors.rows[1::2] if both else None,
    )


def few_masks(
    columns: Columns,
    task: Task,
    ratios: Array,
    masks: int,
    draws: int,
    rng: np.random.Generator,
    progress: Progress | None,
) -> Found:
    """Return the errors with K masks per sample, means over draws of them."""
    n = len(columns.rows)
    which, said = columns.targets, [f"Errors are means over {draws} draws of the masks."]
    if which.size > MOST_TARGETS:
        which = np.sort(rng.choice(which, MOST_TARGETS, replace=False))
        said.append(f"They are of {which.size} columns, drawn at random.")
    few = Few(masks, task.fill, task.test_fill, task.ridge, task.test, task.rows == "all")
    total = Errors.empty(ratios.size, n, which.size)
    for draw in range(draws):
        one = drawn(columns.rows, ratios.tolist(), few, which, columns.groups, rng)
        total.rows += one.rows / draws
        total.targets += one.targets / draws
        total.null = one.null
        if progress:
            progress((draw + 1) / draws, "drawing masks")
    return Found(
        total.rows, total.targets, total.null, np.ones(n, dtype=bool), np.arange(n), which, said
    )


def _best(errors: Errors, seen: NDArray[np.bool_], fills: int) -> float:
    """Return the smallest error beside that of the mean."""
    return float(errors.rows[::fills, seen].mean(axis=1).min() / errors.null[seen].mean())


def _members(parts: list[tuple[Labels, Labels]], n: int) -> Labels:
    out = np.zeros(n, dtype=np.intp)
    for number, (_, test) in enumerate(parts):
        out[test] = number
    return out
