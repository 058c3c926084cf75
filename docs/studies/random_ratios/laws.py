"""The best law of mask ratios, by search over laws."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import linprog, minimize, minimize_scalar
from scipy.special import expit, logit, softmax

import ridgeless as rl

__all__ = ["Found", "best_discrete", "best_fixed", "best_range", "steepest"]

Array = NDArray[np.float64]
Objective = Callable[[rl.RatioLaw], float]
Values = Callable[[rl.RatioLaw], Array]

RATIOS = np.unique(np.concatenate((np.linspace(0.0, 0.98, 71), np.geomspace(1e-4, 1e-2, 5))))
PAIRS = (0.02, 0.1, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9)
SHARES = (0.3, 0.7)
#: Infinite risks, at a threshold, are this large to the optimisers.
CEILING = 1e9


class Found(NamedTuple):
    """A law and its value."""

    law: rl.RatioLaw
    value: float


def best_fixed(values: Values) -> list[Found]:
    """Return the best fixed ratio for each of several values of a law."""

    def at(p: float) -> Array:
        return values(rl.DiscreteRatio([p]))

    table = np.array([at(float(p)) for p in RATIOS])
    below, above = np.r_[0.0, RATIOS[:-1]], np.r_[RATIOS[1:], 1.0]
    out = []
    for which, column in enumerate(table.T):
        found = [(float(column.min()), float(RATIOS[column.argmin()]))]
        dips = (column <= np.r_[np.inf, column[:-1]]) & (column <= np.r_[column[1:], np.inf])
        for i in np.flatnonzero(dips & (column <= 1.1 * column.min())):
            fit: Any = minimize_scalar(
                lambda p, which=which: float(at(p)[which]),
                bounds=(below[i], above[i]),
                method="bounded",
                options={"xatol": 1e-7},
            )
            found.append((float(fit.fun), float(fit.x)))
        value, ratio = min(found)
        out.append(Found(rl.DiscreteRatio([ratio]), value))
    return out


def best_range(objective: Objective) -> Found:
    """Return the best uniform law that is not a single ratio: at least 0.05 wide."""

    def law(x: Array) -> rl.UniformRatio:
        low, width = expit(x)
        width = 0.05 + (0.95 - 0.05) * width
        return rl.UniformRatio((0.99 - width) * low, (0.99 - width) * low + width)

    starts = [
        logit(np.clip([low, (width - 0.05) / 0.9], 0.02, 0.98))
        for low in (0.0, 0.15, 0.3, 0.5, 0.8)
        for width in (0.1, 0.3, 0.5, 0.8)
    ]
    return _descend(objective, law, starts, keep=1)


def best_discrete(
    objective: Objective,
    start: Found,
    towards: rl.DiscreteRatio,
    *,
    weighted: bool = False,
) -> Found:
    """Return the best law of up to three ratios, or `start` if none is better.

    `towards`: a law in whose direction to look first.
    `weighted`: with a loss weight for each.
    """

    def law(x: Array) -> rl.RatioLaw:
        values, chances = expit(x[:3]), softmax(np.append(x[3:5], 0.0))
        loss = np.exp(np.clip([*x[5:], 0.0], -12, 12)) if weighted else None
        return rl.DiscreteRatio(values, chances, loss)

    assert isinstance(start.law, rl.DiscreteRatio)
    centre = start.law.values[0]
    starts = [
        _three((p, r, centre), (share, 1 - share, 0.05))
        for i, p in enumerate(PAIRS)
        for r in PAIRS[i + 1 :]
        for share in SHARES
    ]
    order = np.argsort(towards.weights)[::-1][:2]
    others = (np.array(towards.values)[order].tolist() * 2)[:2]
    shares = (np.array(towards.weights)[order].tolist() * 2)[:2]
    starts += [
        _three((centre, *others), (1 - step, *(step * np.array(shares) / sum(shares))))
        for step in (0.02, 0.1, 0.3)
    ]
    if weighted:
        starts = [np.append(x, tilt) for x in starts for tilt in ([0.0, 0.0], [1.5, -1.5])]
    found = _descend(objective, law, starts, keep=1 if weighted else 2)
    return found if found.value < start.value else start


def steepest(values: Values, start: Found, step: float = 1e-3) -> tuple[float, rl.DiscreteRatio]:
    """Return where a small share of the rows is best moved from a fixed ratio, and the slope.

    The largest of the values counts. A linear program over the slopes of those that are largest
    finds the steepest descent among all laws; its slope is relative, per share of the rows. If it
    is not negative, no law near the fixed ratio is better, of however many ratios.
    """
    assert isinstance(start.law, rl.DiscreteRatio)
    centre = start.law.values[0]
    here = values(start.law)
    active = here >= here.max() * (1 - 1e-5)
    ratios = np.append(RATIOS[::3], centre)
    moved = np.array(
        [values(rl.DiscreteRatio([centre, p], [1 - step, step]))[active] for p in ratios]
    )
    slopes = np.minimum((moved / here[active] - 1) / step, CEILING).T
    number = ratios.size
    found: Any = linprog(
        np.append(np.zeros(number), 1.0),
        A_ub=np.hstack([slopes, -np.ones((len(slopes), 1))]),
        b_ub=np.zeros(len(slopes)),
        A_eq=np.append(np.ones(number), 0.0)[None],
        b_eq=[1.0],
        bounds=[(0, None)] * number + [(None, None)],
    )
    return float(found.fun), rl.DiscreteRatio(ratios, np.maximum(found.x[:-1], 0.0))


def _three(values: ArrayLike, shares: ArrayLike) -> Array:
    inside = logit(np.clip(np.asarray(values), 1e-4, 0.995))
    shares = np.asarray(shares)
    return np.concatenate([inside, np.log(shares[:2] / shares[2])])


def _descend(
    objective: Objective,
    law: Callable[[Array], rl.RatioLaw],
    starts: Sequence[Array],
    keep: int,
) -> Found:
    """Nelder and Mead's method from the best few of the starts, and again from its best end."""

    def at(x: Array) -> float:
        return min(objective(law(x)), CEILING)

    def descend(x: Array) -> Any:
        return minimize(
            at, x, method="Nelder-Mead",
            options={"xatol": 1e-3, "fatol": 1e-7, "maxfev": 80 * x.size, "adaptive": True},
        )  # fmt: skip

    tried = sorted((at(x), i) for i, x in enumerate(starts))[:keep]
    best = min((descend(starts[i]) for _, i in tried), key=lambda fit: fit.fun)
    best = descend(best.x)
    return Found(law(best.x), float(best.fun))
