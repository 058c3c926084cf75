"""From a data matrix to a mask ratio."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import count, nonnegative_array, ratio_array, real_scalar
from ridgeless.errors import DomainError
from ridgeless.estimation.rows import rows_of
from ridgeless.lazy import lazy
from ridgeless.mask_ratio import UniformRatio
from ridgeless.recommend.columns import Columns, of_table
from ridgeless.recommend.curve import Progress, left_out_one_by_one
from ridgeless.recommend.measured import Found, Task, every_mask, few_masks
from ridgeless.recommend.samples import growth, population
from ridgeless.recommend.verdict import Judged, Verdict, judge, related

if TYPE_CHECKING:
    import pandas as pd

    from ridgeless.spectrum import Spectrum

__all__ = ["Recommendation", "recommend"]

Array = NDArray[np.float64]

TOP = 0.95
MANY = 2000  # groups, from which on a ratio takes seconds and fewer small ones are asked
USUAL = (0.15, 0.5, 0.75)
FILLS = ("zero", "rescale")
#: Draws of masks where they are few: one has peaks of its own.
DRAWS = 4
#: A column predicted to that share of its variance by the smallest masks is told by others.
TOLD = 1e-2
BETTER = 0.9  # of the error, from which on another fill is worth a sentence


@dataclass(frozen=True, eq=False)
class Recommendation:
    """A mask ratio for a data set, what it rests on, and how far to trust it.

    Errors are in units of a feature's variance, so that predicting the mean costs about 1 (`null`).
    """

    #: Ratio of smallest expected error on new rows; 1 where nothing is learnt.
    mask_ratio: float
    #: Connected range around it within 10% of the smallest error: a reasonable range for R2MAE.
    low: float
    high: float
    #: Where the best ratio may lie, given that rows are few: within paired standard errors of it.
    interval: tuple[float, float]
    verdict: Verdict
    #: From one hidden feature (or group) per row to 0.95.
    curve_ratios: Array
    #: Expected squared error on new rows along `curve_ratios`, and its standard error.
    prediction_error: Array
    standard_error: Array
    #: The same of predicting the mean of each column.
    null: float
    #: How many features, or groups, a mask of that ratio hides per row.
    hidden: float
    #: Training rows of which the errors speak, and the rows and columns that were used.
    samples: float
    rows: int
    columns: int
    #: Sentences on what was left out, what the ratio rests on, and what would help.
    diagnostics: tuple[str, ...]
    #: Error at the ratio of each target by its place in the table.
    per_target: Mapping[int, float] = field(repr=False)
    #: Error at usual ratios and of random ratios, by name.
    alternatives: Mapping[str, float] = field(repr=False)
    _columns: Columns = field(repr=False)

    @property
    def aspect_ratio(self) -> float:
        """Features per training row."""
        return self.columns / self.samples

    @lazy
    def spectrum(self) -> Spectrum:
        """The population spectrum as `Spectrum.from_data` estimates it, for theorists."""
        return population(self._columns)[0]

    @property
    def error(self) -> float:
        """The expected error at the recommended ratio."""
        if self.mask_ratio == 1:
            return self.null
        return float(np.interp(self.mask_ratio, self.curve_ratios, self.prediction_error))

    def to_frame(self) -> pd.DataFrame:
        """Return the curve as a table."""
        import pandas as pd

        return pd.DataFrame(
            {
                "mask_ratio": self.curve_ratios,
                "prediction_error": self.prediction_error,
                "standard_error": self.standard_error,
            }
        )


def recommend(
    X: ArrayLike,
    *,
    target_column: int | str | None = None,
    groups: ArrayLike | None = None,
    samples: float | None = None,
    masks_per_sample: float = math.inf,
    fill: str = "zero",
    ridge: float = 0.0,
    test_mask_ratio: float = 0.0,
    test_fill: str | None = None,
    aspect_ratio: float | None = None,
    confidence: float = 0.9,
    dependence: bool = True,
    draws: int = DRAWS,
    rng: Any = None,
    progress: Progress | None = None,
) -> Recommendation:
    r"""Recommend a mask ratio for a data matrix, by the error on rows that were left out.

    The learner is linear: every masked feature is predicted from the visible ones, with fresh masks
    for ever unless said otherwise. Its error on a new row is measured on the rows themselves, each
    left out of everything (means, variances, masks, fit), for all targets and ratios at once
    (eq-recommend-left-out). No law of the rows is assumed but that they are independent; where they
    are not, what hangs together is left out together.

    Parameters
    ----------
    X : array_like or data frame, shape (n, d), finite, n at least 10
        Rows are samples. Columns that are constant, or but for four rows, are left out, and a
        diagnostic says so. The learner standardises what it is trained on.
    target_column : int or str, optional
        Predict this column from the others on every row, instead of masked reconstruction.
    groups : int or array_like of labels, shape (d,), optional
        Features with the same label are masked together (patches, tokens), the target's group
        with the target; an int is a width of neighbouring columns. By default each feature on
        its own.
    samples : n', at least 3, optional
        Rows to train on; by default those of X. Fewer are drawn from X; for more, theory says by
        which factor errors shrink.
    masks_per_sample : K, 1, 2, ... or inf
        Epochs with fresh masks; inf by default, the limit of many.
    fill : "zero" or "rescale"
        Hidden entries become 0, the column's mean; with "rescale" kept ones are divided by 1 - p.
    ridge : float, at least 0
        Penalty per row, in units of a feature's variance.
    test_mask_ratio, test_fill
        Share of features hidden from test inputs, and how; as `fill` by default.
    aspect_ratio : gamma = d/n', in [0, inf), optional
        Another way to say `samples`.
    confidence : float in (0, 1)
        Coverage aimed at by `interval`.
    dependence : bool
        Look for copies among the rows and for an order, where masks are infinitely many; False
        takes rows as independent.
    draws : int, at least 1
        Draws of masks, for finite K.
    rng : None, int, SeedSequence or numpy Generator
        Randomness of draws.
    progress : callable, optional
        Called with the share of the work that is done, and what is under way.

    Returns
    -------
    Recommendation

    Raises
    ------
    DomainError
        If X has missing values, too few rows or fewer than two columns that vary, if one group
        holds all features, or an argument is outside its domain.

    Examples
    --------
    >>> rows = np.random.default_rng(0).normal(size=(300, 60))
    >>> rows[:, 1:] += 2 * rows[:, [0]]  # a factor shared by all
    >>> advice = recommend(rows, rng=0)
    >>> advice.verdict, 1 / 60 <= advice.low <= advice.mask_ratio <= advice.high < 1
    ('choose', True)
    """
    table, names = rows_of(X)
    level = real_scalar("confidence", confidence)
    if not 0 < level < 1:
        raise DomainError(f"confidence must lie in (0, 1), got {level!r}")
    generator, repeats = _generator(rng), count("draws", draws)
    masks = _masks(masks_per_sample)
    _check_fills(fill, test_fill)
    columns = of_table(table, names, target_column, groups)
    n, d = columns.rows.shape
    task = Task(
        fill=fill,
        test_fill=test_fill or fill,
        ridge=float(nonnegative_array("ridge", real_scalar("ridge", ridge), finite=True)),
        test=float(ratio_array("test_mask_ratio", real_scalar("test_mask_ratio", test_mask_ratio))),
        rows="masked" if columns.target is None else "all",
    )
    asked = _samples(samples, aspect_ratio, n, d)
    ratios = _grid(columns.hideable)
    notes = list(columns.left_out)
    if masks == math.inf:
        found = every_mask(columns, task, ratios, asked, dependence, generator, progress)
    else:
        if asked != n:
            raise NotImplementedError(
                "samples other than the rows of X are for masks_per_sample=inf only, got "
                f"masks_per_sample={masks:g}"
            )
        found = few_masks(columns, task, ratios, int(masks), repeats, generator, progress)
    notes += found.said
    # In units of the unbiased variance.
    unit = (n - 1) / n
    errors, null = unit * found.errors[:, found.seen], unit * found.null[found.seen]
    factor = np.ones(ratios.size)
    if asked > n:
        factor, sentence = growth(columns, ratios, asked, task.ridge, task.test)
        notes.append(sentence)
    mean = errors.mean(axis=1) * factor
    relation = mean.min() >= null.mean() and related(
        columns.rows, columns.groups, columns.target, generator
    )
    clusters = found.clusters[found.seen]
    judged = judge(ratios, errors * factor[:, None], null, clusters, level, relation)
    notes += judged.said
    targets = unit * found.targets
    if judged.verdict == "nothing to learn":
        notes.append(_nothing(relation, n))
    notes += _told(columns, targets, ratios)
    others = {f"{p:g}": float(np.interp(p, ratios, mean)) for p in USUAL if p >= ratios[0]}
    if masks == math.inf and asked == n and found.clusters[-1] == n - 1:
        others |= _random(columns, task, judged, unit)
    notes += _rescaled(found, ratios, min(mean[judged.best], float(null.mean())), unit)
    return Recommendation(
        mask_ratio=judged.mask_ratio,
        low=judged.low,
        high=judged.high,
        interval=judged.interval,
        verdict=judged.verdict,
        curve_ratios=ratios,
        prediction_error=mean,
        standard_error=judged.standard_error,
        null=float(null.mean()),
        hidden=judged.mask_ratio * columns.hideable,
        samples=asked,
        rows=n,
        columns=d,
        diagnostics=tuple(notes),
        per_target={
            int(columns.kept[j]): float(targets[judged.best, k]) for k, j in enumerate(found.which)
        },
        alternatives=others,
        _columns=columns,
    )


def _random(columns: Columns, task: Task, judged: Judged, unit: float) -> dict[str, float]:
    """Return the errors of random ratios, of independent rows."""
    laws = {"U(0.1, 0.9)": UniformRatio(0.1, 0.9)}
    if judged.low < judged.high < 1:
        low, high = round(judged.low, 3), round(judged.high, 3)
        laws[f"U({low:g}, {high:g})"] = UniformRatio(low, high)
    schemes = [task.scheme(law) for law in laws.values()]
    errors = left_out_one_by_one(columns, schemes, 1).errors
    return {name: unit * float(errors.rows[k].mean()) for k, name in enumerate(laws)}


def _nothing(relation: bool, n: int) -> str:
    if relation:
        return (
            f"Columns are related, but with {n} rows that does not pay yet: at every ratio "
            "predicting the mean of each column is better. More rows may change that."
        )
    return (
        "Nothing to learn was found: shuffled columns are as much related as these, and predicting "
        "the mean of each is better at every ratio. The interval says nothing."
    )


def _check_fills(fill: str, test_fill: str | None) -> None:
    for name, value in (("fill", fill), ("test_fill", test_fill or fill)):
        if value not in FILLS:
            raise DomainError(f"{name} must be 'zero' or 'rescale', got {value!r}")


def _rescaled(found: Found, ratios: Array, best: float, unit: float) -> list[str]:
    """Say what rescaled masks would do, where that is much."""
    if found.other is None:
        return []
    errors = unit * found.other[:, found.seen].mean(axis=1)
    at = int(errors.argmin())
    if errors[at] >= BETTER * best:
        return []
    return [
        "Zeros in place of hidden values cost a factor 1/(1 - p) that this table does not bear: "
        f"dividing kept values by 1 - p (fill='rescale') brings the error to {errors[at]:.3g} at "
        f"ratio {ratios[at]:.3g}."
    ]


def _told(columns: Columns, targets: Array, ratios: Array) -> list[str]:
    """Name columns that others tell, and the ratio without them as targets."""
    if targets.shape[1] < 2:
        return []
    told = np.flatnonzero(targets[0] < TOLD)
    if told.size == 0:
        return []
    sentence = (
        f"{told.size} of {targets.shape[1]} columns are told by the others almost exactly: "
        f"{columns.named(told)}, as copies, sums or dummies are."
    )
    rest = np.delete(targets, told, axis=1)
    if rest.size:
        best = int(rest.mean(axis=1).argmin())
        sentence += f" Without them as targets the best ratio is {ratios[best]:.3g}."
    return [sentence]


def _grid(hideable: int) -> Array:
    """Return ratios from one hidden group per row to 0.95."""
    floor = min(1 / hideable, 0.5)  # a single one is hidden half of the time at least
    count = 11 if hideable <= MANY else 7
    small = np.geomspace(floor, 0.1, count) if floor < 0.1 else np.array([floor])
    usual = np.array([0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7,
                      0.75, 0.8, 0.85, 0.9, TOP])  # fmt: skip
    return np.unique(np.append(small, usual[usual > small[-1] * 1.001]))


def _samples(samples: float | None, aspect_ratio: float | None, n: int, d: int) -> float:
    """Return the number of training rows that is asked for."""
    if samples is not None and aspect_ratio is not None:
        raise DomainError("samples must be left out beside aspect_ratio, which says the same")
    if aspect_ratio is not None:
        gamma = real_scalar("aspect_ratio", aspect_ratio)
        gamma = float(nonnegative_array("aspect_ratio", gamma, finite=True))
        asked = math.inf if gamma == 0 else round(d / gamma)
    elif samples is None:
        return n
    elif samples == math.inf:
        return math.inf
    else:
        asked = count("samples", samples, least=3)
    if asked < 3:
        raise DomainError(f"aspect_ratio must leave at least 3 samples, got {aspect_ratio!r}")
    # All but a few rows are the table itself, in which rows are left out one by one.
    return n if abs(asked - n) <= 1 else asked


def _masks(masks_per_sample: float) -> float:
    if real_scalar("masks_per_sample", masks_per_sample) == math.inf:
        return math.inf
    return count("masks_per_sample", masks_per_sample)


def _generator(rng: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise DomainError(
            "rng must be None, an integer of at least 0, a SeedSequence or a Generator, got "
            f"{rng!r}"
        ) from None
