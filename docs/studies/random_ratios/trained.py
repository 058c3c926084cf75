"""R2MAE in trained networks, from the committed reports of `python -m validation`."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError
from simulations.running import pages
from simulations.running.intervals import mean_interval

__all__ = ["RANDOM", "Group", "draw", "groups", "read_reports", "summary"]

Array = NDArray[np.float64]

#: R2MAE, and the law of the same ratios swept downwards, and one swept upwards.
RANDOM, DOWN, UP = "uniform:0.1:0.9", "linear:0.9:0.1", "cosine:0.1:0.9"
LAWS = (RANDOM, DOWN, UP)
DEFAULTS = ("0.15", "0.75")


class Group(NamedTuple):
    """All runs of a model of one size on one data set."""

    dataset: str
    model: str
    width: int
    n: int
    ratios: tuple[str, ...]
    seeds: tuple[int, ...]  #: those that all ratios have
    tests: tuple[float, ...]
    errors: Array  #: shape (ratios, seeds, tests)

    @property
    def fixed(self) -> NDArray[np.intp]:
        """Which ratios are numbers."""
        return np.array(
            [i for i, name in enumerate(self.ratios) if name not in LAWS], dtype=np.intp
        )

    def of(self, name: str) -> Array:
        """Return the errors of one ratio or law."""
        return np.asarray(self.errors[self.ratios.index(name)])

    def best_fixed(self, chosen: Sequence[int]) -> tuple[Array, list[str]]:
        """Return the errors of the best fixed ratio, chosen for each seed on the other seeds.

        `chosen`: the test ratios whose mean counts. One seed alone chooses for itself.
        """
        means = self.errors[self.fixed][:, :, list(chosen)].mean(axis=2)
        seeds = means.shape[1]
        out, names = [], []
        for seed in range(seeds):
            others = np.delete(means, seed, axis=1) if seeds > 1 else means
            best = int(others.mean(axis=1).argmin())
            out.append(means[best, seed])
            names.append(self.ratios[self.fixed[best]])
        return np.array(out), names

    def regret(self, name: str, chosen: Sequence[int]) -> tuple[float, float]:
        """Return by how much a law exceeds the best fixed ratio, with half its 95% interval."""
        best, _ = self.best_fixed(chosen)
        own = self.of(name)[:, list(chosen)].mean(axis=1)
        return mean_interval(own / best - 1)


def read_reports(folder: Path) -> list[dict[str, Any]]:
    """Return the runs of every `*/report.json` in the folder; none if there is none.

    Networks that were trained out have a page of their own, docs/studies/networks.md.

    Raises
    ------
    DomainError
        If a report cannot be read.
    """
    runs: list[dict[str, Any]] = []
    for path in sorted(folder.glob("*/report.json")):
        try:
            report = json.loads(path.read_text(encoding="utf-8"))
            found = [dict(run) for run in report["runs"]]
            if not report.get("settings", {}).get("trained_out"):
                runs += found
        except (OSError, ValueError, KeyError, TypeError):
            raise DomainError(f"reports must hold a list of runs, but {path} does not") from None
    return runs


def groups(runs: Iterable[dict[str, Any]]) -> list[Group]:
    """Return the groups that have R2MAE and at least two fixed ratios, seeds in common."""
    table: dict[tuple[str, str, int, int], dict[tuple[str, int, float], float]] = {}
    for run in runs:
        try:
            test = float(run["test_ratio"])
        except ValueError:
            continue  # a range of test ratios
        if run.get("equal", "steps") == "steps":
            key = (str(run["dataset"]), str(run["model"]), int(run["width"]), int(run["n"]))
            value = float(run["reconstruction"])
            table.setdefault(key, {})[str(run["ratio"]), int(run["seed"]), test] = value
    out = []
    for key, cells in sorted(table.items()):
        names, seeds, tests = (sorted({cell[i] for cell in cells}, key=str) for i in range(3))
        ratios = tuple(str(x) for x in names)
        common = [int(s) for s in seeds if all((r, s, t) in cells for r in ratios for t in tests)]
        numbers = [name for name in ratios if name not in LAWS]
        if RANDOM not in ratios or len(numbers) < 2 or not common:
            continue
        errors = np.array(
            [[[cells[r, s, float(t)] for t in tests] for s in common] for r in ratios]
        )
        out.append(Group(*key, ratios, tuple(common), tuple(float(t) for t in tests), errors))
    return out


def summary(found: Sequence[Group]) -> str:
    """Return the tables and what they say, in Markdown."""
    if not found:
        return "No report of trained networks is committed yet."
    return "\n\n".join(
        [
            "By how much R2MAE exceeds the best fixed ratio, which is chosen on the other seeds "
            "(± half the 95% interval over seeds; negative: better):",
            against_fixed(found),
            says(found),
            "By how much schedules, averaged over test ratios and at both ends, exceed R2MAE:",
            against_random(found),
        ]
    )


def against_fixed(found: Sequence[Group]) -> str:
    """Return R2MAE beside the best fixed ratio and beside common defaults."""
    tests = found[0].tests
    head = ["data", "model", "width", "n", "seeds", "best fixed", "R2MAE, averaged"]
    head += [f"at {p:g}" for p in tests]
    head += [f"fixed {p}, averaged" for p in DEFAULTS]
    lines = []
    for g in found:
        every = range(len(g.tests))
        names = " ".join(sorted(set(g.best_fixed(every)[1])))
        cells = [g.regret(RANDOM, every), *(g.regret(RANDOM, [i]) for i in every)]
        cells += [g.regret(p, every) if p in g.ratios else (math.nan, math.nan) for p in DEFAULTS]
        lines.append([*_name(g), names, *map(_percent, cells)])
    return pages.table(head, lines)


def against_random(found: Sequence[Group]) -> str:
    """Return the schedules beside R2MAE."""
    first, last = found[0].tests[0], found[0].tests[-1]
    head = ["data", "model", "width", "n", "seeds"]
    for law in (DOWN, UP):
        head += [f"{law}, averaged", f"at {first:g}", f"at {last:g}"]
    lines = []
    for g in found:
        if DOWN in g.ratios and UP in g.ratios:
            cells = []
            for law in (DOWN, UP):
                own, other = g.of(law), g.of(RANDOM)
                means = own.mean(axis=1), other.mean(axis=1)
                for mine, theirs in (means, (own[:, 0], other[:, 0]), (own[:, -1], other[:, -1])):
                    cells.append(mean_interval(mine / theirs - 1))
            lines.append([*_name(g), *map(_percent, cells)])
    return pages.table(head, lines)


def says(found: Sequence[Group]) -> str:
    """Return the counts behind a verdict."""
    averaged = [g.regret(RANDOM, range(len(g.tests))) for g in found]
    singles = [g.regret(RANDOM, [i]) for g in found for i in range(len(g.tests))]

    def counted(pairs: Sequence[tuple[float, float]]) -> str:
        wins = sum(mean + half < 0 for mean, half in pairs)
        losses = sum(mean - half > 0 for mean, half in pairs)
        middle = float(np.median([mean for mean, _ in pairs]))
        return (
            f"better in {wins}, worse in {losses} and undecided in "
            f"{len(pairs) - wins - losses} of {len(pairs)} (median {middle:+.1%})"
        )

    return (
        f"Averaged over test ratios R2MAE is {counted(averaged)}. At single test ratios, against "
        f"the fixed ratio that is best for that one, it is {counted(singles)}."
    )


def _name(g: Group) -> list[str]:
    return [g.dataset, g.model, str(g.width) if g.width else "", str(g.n), str(len(g.seeds))]


def _percent(pair: tuple[float, float]) -> str:
    mean, half = pair
    if math.isnan(mean):
        return ""
    return f"{mean:+.1%}" + (f" ± {half:.1%}" if math.isfinite(half) else "")


def draw(axis: Any, g: Group, colours: Sequence[str]) -> None:
    """Draw the same curves as for the linear theory."""
    means = g.errors.mean(axis=1)
    fixed = means[g.fixed]
    axis.plot(g.tests, fixed.min(axis=0), color="0.3", lw=4, alpha=0.35,
              label="best fixed ratio for each test ratio")  # fmt: skip
    axis.plot(g.tests, fixed[fixed.mean(axis=1).argmin()], color="0.3", linestyle=":",
              label="one fixed ratio, best on average")  # fmt: skip
    labels = {RANDOM: "R2MAE", DOWN: "schedule 0.9 to 0.1", UP: "cosine schedule 0.1 to 0.9"}
    for number, (law, label) in enumerate(labels.items()):
        if law in g.ratios:
            axis.plot(g.tests, means[g.ratios.index(law)], color=colours[number], label=label)
    size = f", width {g.width}" if g.width else ""
    axis.set(
        title=f"{g.dataset}, {g.model}{size}, $n = {g.n}$", xlabel="test mask ratio", ylim=(0, 1.25)
    )
