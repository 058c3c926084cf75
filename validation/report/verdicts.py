r"""Six predictions, each judged by a rule that was fixed before the data were seen.

Every verdict is a pure function of the `runs` and the `theory` of report.json. Differences are
paired by seed; intervals are 95% t intervals over seeds. A verdict is *confirmed* when the interval
lies on the predicted side of the threshold, *not confirmed* when it lies on the other side, and
*undecided* when it holds the threshold or there are too few seeds or levels.

Whatever is chosen after a look at the data is chosen on other seeds than those it is tested on:

- (a) Seeds in even places and seeds in odd places are two halves. Each seed is tested with the
  ratio that was best on the half that it is not in; so all seeds count, and with five seeds three
  choose for two and two for three.
- (d), (f) Each seed is compared with the fixed ratio that was best on average over all the others.

Only runs of equal steps count, and of a seed only if it has every ratio of its group.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simulations.running.intervals import mean_interval
from validation.report.comparison import AVERAGE, Cell, Row, cells_of, middle_cell

__all__ = ["PREDICTIONS", "PRIMARY", "RULES", "combined", "interval", "verdicts", "word"]

Array = NDArray[np.float64]

#: The test ratio that counts first: whole inputs but for one token, the theory's default.
PRIMARY = "0"
LEAST_SEEDS = 3
LEAST_LEVELS = 3
CONFIDENCE = 0.95
CLOSE = 0.05  # (d): R2MAE's risk may exceed the best fixed one by this share
DEFAULTS = ("0.15", "0.75")  # (d): common choices
AGREEING = 0.8  # (c): 4 of 5 seeds

PREDICTIONS = {
    "a": "The risk has its minimum inside the range of mask ratios",
    "b": "The best ratio rises with model size",
    "c": "The best ratio depends on the task as the theory says",
    "d": "A random ratio (R2MAE) does well without tuning",
    "e": "The ratio matters more for larger models per sample",
    "f": "A scheduled ratio (Dynamic MR) beats the best fixed one",
}

RULES = {
    "a lowest": "risk(lowest ratio) - risk(best interior ratio, of the other half) > 0",
    "a highest": "risk(highest ratio) - risk(best interior ratio, of the other half) > 0",
    "b": "Spearman correlation of best ratio and width > 0",
    "c": "best ratios of easy and hard targets differ with the theory's sign in 4 of 5 seeds",
    "d close": "risk / risk(fixed ratio best on other seeds) - 1 < 0.05",
    "d beats 0.15": "risk(0.15) / risk - 1 > 0",
    "d beats 0.75": "risk(0.75) / risk - 1 > 0",
    "d beats all": "risk(every fixed ratio) / risk - 1 > 0, averaged over test ratios",
    "e": "Spearman correlation of risk(worst ratio) / risk(best ratio) and width / n > 0",
    "f": "risk / risk(fixed ratio best on other seeds) - 1 < 0",
}

WORDS = ("not confirmed", "undecided", "confirmed")  # weakest first


def verdicts(runs: Sequence[Row], theory: Sequence[Row] = ()) -> list[Row]:
    """Return all verdicts, from rows like those of report.json.

    Parameters
    ----------
    runs : rows of `runs`
    theory : rows of `theory.best`
        Best ratios per data set, n, test ratio and target; (c) is left out without them.

    Returns
    -------
    list of dict
        id, clause, dataset, model, width and n (None where all sizes count), ratio (None where
        all ratios count), test_ratio, rule, statistic, interval, threshold, seeds and verdict. The
        primary test ratio is judged at all sizes, the others at the middle size.
    """
    found: list[Row] = []
    cells = cells_of(runs)
    best = {(t["dataset"], t["n"], t["test_ratio"], t["target"]): t["best_ratio"] for t in theory}
    for dataset, model in dict.fromkeys((cell.dataset, cell.model) for cell in cells):
        own = [cell for cell in cells if (cell.dataset, cell.model) == (dataset, model)]
        middle = middle_cell(own)
        for test in own[0].tests:
            for cell in own if test == PRIMARY else [middle]:
                found += _of_cell(cell, test, best)
            if any(cell.width for cell in own):  # the linear model has no size
                found += [_rising(own, middle, test), _sensitive(own, test)]
        for cell in own:
            found += [_beats_all(cell, law) for law in cell.random]
    return found


def combined(words: Iterable[str]) -> str:
    """Return the verdict of clauses that must all hold: that of the weakest."""
    return min(words, key=WORDS.index)


def interval(values: Array) -> tuple[float, float] | None:
    """Return the t interval of a mean over seeds; None with fewer than `LEAST_SEEDS`."""
    if len(values) < LEAST_SEEDS:
        return None
    mean, reach = mean_interval(values, CONFIDENCE)
    return mean - reach, mean + reach


def word(bounds: tuple[float, float] | None, threshold: float = 0.0, above: bool = True) -> str:
    """Return the verdict on a mean that should lie above (or below) a threshold."""
    if bounds is None:
        return "undecided"
    low, high = bounds
    if not above:
        low, high, threshold = -high, -low, -threshold
    if low > threshold:
        return "confirmed"
    return "not confirmed" if high < threshold else "undecided"


@dataclass(frozen=True)
class _Clause:
    """What one verdict is about; `judge` adds the figures."""

    id: str
    clause: str
    rule: str
    cell: Cell
    test_ratio: str
    ratio: str | None = None
    all_sizes: bool = False

    def judge(self, values: Array | None, threshold: float = 0.0, above: bool = True) -> Row:
        """Return the verdict on one value per seed."""
        values = np.empty(0) if values is None else values
        bounds = interval(values)
        mean = float(values.mean()) if len(values) else None
        return self.row(mean, bounds, len(values), word(bounds, threshold, above), threshold)

    def row(
        self,
        statistic: float | None,
        bounds: tuple[float, float] | None,
        seeds: int,
        verdict: str,
        threshold: float = 0.0,
    ) -> Row:
        return {
            "id": self.id,
            "clause": self.clause,
            "dataset": self.cell.dataset,
            "model": self.cell.model,
            "width": None if self.all_sizes else self.cell.width,
            "n": None if self.all_sizes else self.cell.n,
            "ratio": self.ratio,
            "test_ratio": self.test_ratio,
            "rule": RULES[self.rule],
            "statistic": statistic,
            "interval": None if bounds is None else list(bounds),
            "threshold": threshold,
            "seeds": seeds,
            "verdict": verdict,
        }


def _of_cell(cell: Cell, test: str, best: dict[tuple[Any, ...], float]) -> Iterator[Row]:
    """Yield what concerns one size and one test ratio."""
    yield from _interior(cell, test)
    if best:
        yield _tasks(cell, test, best)
    for law in cell.random:
        yield from _untuned(cell, test, law)
    for law in cell.schedules:
        clause = _Clause("f", "beats the best fixed ratio", "f", cell, test, law)
        yield clause.judge(_over_best(cell, test, law), above=False)


def _interior(cell: Cell, test: str) -> Iterator[Row]:
    """(a): both ends of the grid are worse than the best ratio inside."""
    risks = cell.risks(test, cell.fixed)
    half = np.arange(len(risks)) % 2
    enough = len(risks) > 1 and len(cell.fixed) >= LEAST_LEVELS
    for name, end in (("lowest", 0), ("highest", -1)):
        worse = None
        if enough:
            chosen = [1 + int(np.argmin(risks[half == h, 1:-1].mean(axis=0))) for h in (0, 1)]
            inner = risks[np.arange(len(risks)), [chosen[1 - h] for h in half]]
            worse = risks[:, end] - inner
        yield _Clause("a", f"{name} ratio is worse", f"a {name}", cell, test).judge(worse)


def _rising(cells: Sequence[Cell], middle: Cell, test: str) -> Row:
    """(b): over the widths at one sample size."""
    group = sorted((c for c in cells if c.n == middle.n), key=lambda cell: cell.width)
    clause = _Clause("b", "rises with width", "b", middle, test, all_sizes=True)
    return clause.judge(_trend(group, [c.width for c in group], test, _best_values))


def _sensitive(cells: Sequence[Cell], test: str) -> Row:
    """(e): over all widths and sample sizes."""
    clause = _Clause("e", "sensitivity rises with width / n", "e", cells[0], test, all_sizes=True)
    return clause.judge(_trend(cells, [c.width / c.n for c in cells], test, _sensitivity))


def _best_values(cell: Cell, risks: Array) -> Array:
    """Return the best fixed ratio of every seed."""
    return np.array([float(cell.fixed[best]) for best in risks.argmin(axis=1)])


def _sensitivity(_cell: Cell, risks: Array) -> Array:
    return np.asarray(risks.max(axis=1) / risks.min(axis=1))


def _trend(
    cells: Sequence[Cell],
    levels: Sequence[float],
    test: str,
    measure: Callable[[Cell, Array], Array],
) -> Array | None:
    """Return Spearman's correlation of a measure with the levels, one per seed."""
    if len(set(levels)) < LEAST_LEVELS:
        return None
    seeds = [seed for seed in cells[0].seeds if all(seed in cell.seeds for cell in cells)]
    table = [measure(cell, cell.risks(test, cell.fixed, seeds=seeds)) for cell in cells]
    return np.array([_spearman(np.array(levels), values) for values in np.transpose(table)])


def _spearman(x: Array, y: Array) -> float:
    """Return the correlation of ranks; 0 where y is the same at all levels."""
    from scipy.stats import rankdata

    a, b = (rankdata(values) for values in (x, y))
    a, b = a - a.mean(), b - b.mean()
    scale = math.sqrt(float(a @ a) * float(b @ b))
    return float(a @ b) / scale if scale else 0.0


def _tasks(cell: Cell, test: str, best: dict[tuple[Any, ...], float]) -> Row:
    """(c): a count of seeds. Where both targets have the same best ratio, the sign is not met."""
    clause = _Clause("c", "easy and hard targets", "c", cell, test)
    places = [(cell.dataset, cell.n, test, target) for target in ("easy", "hard")]
    easy, hard = (
        _best_values(cell, cell.risks(test, cell.fixed, target)) for target in ("easy", "hard")
    )
    signs = np.sign(easy - hard)
    if not all(place in best for place in places) or not len(cell.seeds):
        return clause.row(None, None, 0, "undecided", AGREEING)
    expected = np.sign(best[places[0]] - best[places[1]])
    met, seeds = int(np.sum(signs == expected)), len(cell.seeds)
    decided = seeds >= LEAST_SEEDS and expected != 0
    verdict = "confirmed" if met >= AGREEING * seeds else "not confirmed"
    row = clause.row(
        met / seeds, _share(met, seeds), seeds, verdict if decided else "undecided", AGREEING
    )
    return row | {"ties": int(np.sum(signs == 0)), "theory_sign": int(expected)}


def _share(met: int, seeds: int) -> tuple[float, float]:
    """Return the exact (Clopper-Pearson) interval of a share."""
    from scipy.stats import binomtest

    found = binomtest(met, seeds).proportion_ci(CONFIDENCE, "exact")
    return float(found.low), float(found.high)


def _over_best(cell: Cell, test: str, law: str) -> Array | None:
    """Return by what share a law exceeds the fixed ratio that is best on the other seeds."""
    risks, own = cell.risks(test, cell.fixed), cell.risks(test, [law])[:, 0]
    seeds = len(risks)
    if seeds < 2 or not cell.fixed:
        return None
    others = (risks.sum(axis=0) - risks) / (seeds - 1)
    return np.asarray(own / risks[np.arange(seeds), others.argmin(axis=1)] - 1)


def _untuned(cell: Cell, test: str, law: str) -> Iterator[Row]:
    """(d), at one test ratio: near the best fixed ratio, and better than common defaults."""
    close = _Clause("d", "within 5% of the best fixed ratio", "d close", cell, test, law)
    yield close.judge(_over_best(cell, test, law), CLOSE, above=False)
    for default in DEFAULTS:
        if default in cell.fixed:
            clause = _Clause("d", f"beats {default}", f"d beats {default}", cell, test, law)
            both = cell.risks(test, [default, law])
            yield clause.judge(both[:, 0] / both[:, 1] - 1)


def _beats_all(cell: Cell, law: str) -> Row:
    """(d), averaged over test ratios: each fixed ratio is compared; the hardest to beat is told.

    All must be beaten, so that each comparison keeps its own interval.
    """
    clause = _Clause("d", "beats every fixed ratio", "d beats all", cell, AVERAGE, law)
    own = cell.risks(AVERAGE, [law])
    told = [
        clause.judge((cell.risks(AVERAGE, [ratio]) / own - 1)[:, 0]) | {"against": ratio}
        for ratio in cell.fixed
    ]
    if not told:
        return clause.judge(None)
    return min(told, key=lambda row: (WORDS.index(row["verdict"]), row["statistic"] or 0.0))
