"""From rows and labels to a mask ratio for a probe: what pretraining does for few labels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import count
from ridgeless.errors import DomainError
from ridgeless.estimation.rows import rows_of
from ridgeless.recommend.columns import of_table
from ridgeless.recommend.curve import Progress
from ridgeless.recommend.verdict import Verdict
from ridgeless.row_classes import Fill
from ridgeless.target import Rows
from ridgeless.transfer.from_rows import rows_transfer_risk
from ridgeless.transfer.held_out import held_out
from ridgeless.transfer.labels import read_labels
from ridgeless.transfer.pretrained import PretrainedMap
from ridgeless.transfer.question import Question

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ProbeRecommendation", "recommend_probe"]

Array = NDArray[np.float64]

#: Ratios that are tried: hardly any mask, the usual ones, and nearly the limit.
RATIOS = np.array([0.01, 0.05, 0.15, 0.3, 0.5, 0.65, 0.75, 0.85, 0.95])
USUAL = (0.15, 0.75)
#: All ratios within that share of the best: the ratio hardly matters.
CLOSE = 0.03
#: Paired standard errors by which ratios are told apart.
APART = 2.0


@dataclass(frozen=True, eq=False)
class ProbeRecommendation:
    """A mask ratio of pretraining for a probe, and how far to trust it.

    Errors are squared ones on new rows, summed over classes; predicting the share of each class
    (or the mean) costs `null`.
    """

    #: Ratio of smallest error.
    mask_ratio: float
    #: Ratios that paired errors on held-out rows do not tell from it.
    interval: tuple[float, float]
    verdict: Verdict
    curve_ratios: Array
    prediction_error: Array
    standard_error: Array
    #: Standard error of the difference from the best ratio: far smaller, as rows are the same.
    paired_error: Array
    #: Ridge of the probe along the curve, in units of the representation's mean variance.
    probe_ridge: Array
    #: Share of missed classes along the curve; None for numbers.
    classification_error: Array | None
    null: float
    samples: int
    #: How labels were read.
    labels: str
    diagnostics: tuple[str, ...]
    #: Error over the best at usual ratios, less one.
    costs: Mapping[str, float] = field(repr=False)

    def cost(self, mask_ratio: float) -> float:
        """Return the error at a ratio over the best, less one."""
        at = float(np.interp(mask_ratio, self.curve_ratios, self.prediction_error))
        return at / float(self.prediction_error.min()) - 1

    def to_frame(self) -> pd.DataFrame:
        """Return the curve as a table."""
        import pandas as pd

        columns = {
            "mask_ratio": self.curve_ratios,
            "prediction_error": self.prediction_error,
            "standard_error": self.standard_error,
            "paired_error": self.paired_error,
            "probe_ridge": self.probe_ridge,
        }
        if self.classification_error is not None:
            columns["classification_error"] = self.classification_error
        return pd.DataFrame(columns)


def recommend_probe(
    X: ArrayLike,
    y: Any,
    *,
    samples: int | None = None,
    groups: ArrayLike | None = None,
    rows: Rows = "all",
    fill: Fill = "zero",
    classes: bool | None = None,
    rng: Any = None,
    progress: Progress | None = None,
) -> ProbeRecommendation:
    r"""Return the mask ratio of pretraining that is best for a probe with so many labels.

    Linear masked pretraining on all rows, whose labels it does not see, then a ridge probe with its
    best ridge, at nine ratios (`rows_transfer_risk`, eq-filter-dense).

    Parameters
    ----------
    X : array_like or data frame, shape (N, d), finite
        Columns are standardised; those that hardly vary are left out.
    y : array_like, shape (N,) or (N, t)
        Labels: classes, or numbers.
    samples : n, int in 1..N
        Rows that the probe is trained on; by default all.
    groups : array_like of labels, shape (d,), optional
        Features that are masked together.
    rows, fill, classes
        As in `rows_transfer_risk`.
    rng : seed or numpy Generator
    progress : callable, optional
        Called with the share of the work that is done, and what is under way.

    Raises
    ------
    DomainError
        If an argument is outside its domain.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> strong = rng.standard_normal((300, 2)) @ rng.standard_normal((2, 40))
    >>> X = strong + rng.standard_normal((300, 40))
    >>> y = strong[:, 0] + 0.3 * rng.standard_normal(300)
    >>> advice = recommend_probe(X, y, samples=20, rng=0)
    >>> advice.mask_ratio > 0.5, advice.labels
    (True, 'numbers')
    """
    table, names = rows_of(X)
    columns = of_table(table, names, None, groups)
    Z, labels = columns.rows, read_labels(y, len(table), classes)
    number = len(table) if samples is None else count("samples", samples)
    if number > len(table):
        raise DomainError(f"samples must be at most {len(table)}, the rows of X, got {number}")
    masks: dict[str, Any] = {"groups": columns.labels, "rows": rows, "fill": fill}
    seed = int(np.random.default_rng(rng).integers(2**31))
    errors, standard, ridges, missed, said = [], [], [], [], list(columns.left_out)
    for place, ratio in enumerate(RATIOS):
        if progress is not None:
            progress(place / RATIOS.size, f"mask ratio {ratio:g}")
        found = rows_transfer_risk(
            Z, Z, y, ratio, samples=number, classes=classes, rng=seed, **masks
        )
        errors.append(found.prediction_error)
        standard.append(found.standard_error)
        ridges.append(found.probe_ridge)
        missed.append(found.classification_error)
        said += found.diagnostics
    curve = np.array(errors)
    best = int(curve.argmin())
    # What rows cost at each ratio, on the same splits.
    asked = Question.of(
        RATIOS, aspect_ratio=1.0, probe_ridge=0.0, depth=1.0, bottleneck=None, **masks
    )
    learnt = PretrainedMap(Z, asked)
    many = 1 if labels.classes else labels.y.shape[1]
    costs = np.stack([
        held_out(learnt(Z, float(lam)), labels, number, float(ridge), seed).squared / many
        for lam, ridge in zip(asked.lam, ridges, strict=True)
    ])  # fmt: skip
    paired = (costs - costs[best]).std(axis=1, ddof=1) / np.sqrt(costs.shape[1])
    near = curve - curve[best] <= APART * paired
    null = float(np.mean(labels.y**2)) * (labels.y.shape[1] if labels.classes else 1)
    deviation = np.array(standard, dtype=float)
    return ProbeRecommendation(
        mask_ratio=float(RATIOS[best]),
        interval=(float(RATIOS[near].min()), float(RATIOS[near].max())),
        verdict=_verdict(curve, near, null, float(deviation[best])),
        curve_ratios=RATIOS.copy(),
        prediction_error=curve,
        standard_error=deviation,
        paired_error=paired,
        probe_ridge=np.array(ridges, dtype=float),
        classification_error=np.array(missed, dtype=float) if labels.classes else None,
        null=null,
        samples=number,
        labels=labels.told,
        diagnostics=tuple(dict.fromkeys(said)),
        costs={f"{ratio:g}": float(curve[ratio == RATIOS][0] / curve[best] - 1) for ratio in USUAL},
    )


def _verdict(curve: Array, near: NDArray[np.bool_], null: float, error: float) -> Verdict:
    lowest = float(curve.min())
    if lowest >= null:
        return "nothing to learn"
    if lowest + APART * error >= null:
        return "cannot tell"
    if curve.max() <= (1 + CLOSE) * lowest:
        return "hardly matters"
    return "cannot tell" if near.all() else "choose"
