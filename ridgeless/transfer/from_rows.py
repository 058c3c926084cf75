r"""A probe after pretraining on real rows: no law, no spectrum, no task is assumed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.errors import DomainError
from ridgeless.mask_ratio import RatioLaw
from ridgeless.masking import Masking
from ridgeless.row_classes import Fill
from ridgeless.rows import rows_risk
from ridgeless.rows.question import samples_of, table_of
from ridgeless.target import Rows
from ridgeless.transfer.held_out import HeldOut, held_out
from ridgeless.transfer.labels import Labels, read_labels
from ridgeless.transfer.pretrained import PretrainedMap
from ridgeless.transfer.question import Question

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["RowsTransferRisk", "rows_transfer_risk"]

Array = NDArray[np.float64]
Values = float | Array

#: Labelled rows below which nothing can be learnt and tested.
LEAST_ROWS = 4
#: Ridges that are tried for the best one, in units of the mean variance of the representation, and
#: how many more between the neighbours of the lowest.
RIDGES = np.logspace(-5, 3, 9)
FINER = 7


@dataclass(frozen=True, eq=False)
class RowsTransferRisk:
    """The risk of a probe on real rows, each part a float or an array of the call's shape."""

    #: Expected squared error of y, summed over classes or averaged over columns of numbers.
    prediction_error: Values
    #: Its standard error, over populations and over rows.
    standard_error: Values
    #: The same of predicting the mean, or the share of each class.
    null: Values
    #: Ridge of the probe, in units of the representation's mean variance.
    probe_ridge: Values
    #: Share of rows whose class is missed, on rows that are held out; None without classes.
    classification_error: Values | None
    classification_standard_error: Values | None
    #: n, rows that are labelled.
    samples: int | NDArray[np.intp]
    #: How labels were read: "numbers", or the classes.
    labels: str
    #: Sentences on how far to trust this.
    diagnostics: tuple[str, ...]
    parameters: dict[str, Any] = field(repr=False, default_factory=dict)

    def to_frame(self) -> pd.DataFrame:
        """Return a table with a row per cell."""
        import pandas as pd

        shape = np.shape(self.prediction_error)
        names = ["samples", "prediction_error", "standard_error", "null", "probe_ridge"]
        if self.classification_error is not None:
            names += ["classification_error", "classification_standard_error"]
        columns = self.parameters | {name: getattr(self, name) for name in names}
        table = {}
        for name, value in columns.items():
            if isinstance(value, RatioLaw):
                table[name] = np.full(int(np.prod(shape)), str(value), dtype=object)
            else:
                table[name] = np.broadcast_to(value, shape).ravel()
        return pd.DataFrame(table)


def rows_transfer_risk(
    X_unlabelled: ArrayLike,  # noqa: N803  (X, as all over the package)
    X: ArrayLike,
    y: Any,
    mask_ratio: Masking | RatioLaw | ArrayLike,
    *,
    samples: ArrayLike | None = None,
    probe_ridge: ArrayLike | Literal["best"] = "best",
    groups: ArrayLike | None = None,
    rows: Rows = "all",
    fill: Fill = "zero",
    classes: bool | None = None,
    replicates: int = 4,
    rng: Any = None,
) -> RowsTransferRisk:
    r"""Return the risk of a probe on labelled rows, after masked pretraining on unlabelled ones.

    .. math:: z = Wx, \qquad W = S\,(S + \lambda D)^{-1}, \qquad
              S = \frac{1}{N_u}\sum_i x_ix_i'

    Pretraining is linear, in closed form, with infinitely many masks of each unlabelled row
    (eq-filter-dense); the probe is ridge regression of the labels on z, and its error at n labelled
    rows that of the engine of rows (eq-rows-risk). Nothing is assumed of the rows but that they
    are independent. Rows are taken as they are, neither centred nor scaled: standardise them for
    features of different units. Labels are centred.

    Parameters
    ----------
    X_unlabelled : array_like or data frame, shape (N_u, d), finite
        Rows to pretrain on. They may be those of X: labels are not seen in pretraining.
    X, y : array_like, shapes (N, d) and (N,) or (N, t)
        Labelled rows. Text, booleans and whole numbers of at most 20 values are classes, which
        become indicators.
    mask_ratio : p, float or array in [0, 1], a law of ratios, or a Masking
        Of pretraining; 1 is the limit p -> 1.
    samples : n, int or array in 1..N
        Rows the probe is trained on; by default N. Broadcasts with the mask ratio.
    probe_ridge : float or array in [0, inf), or "best"
        In units of the mean variance of z. "best" is the lowest error, in one population, of 9
        ridges from 1e-5 to 1e3, and of 7 more around it.
    groups : array_like of labels, shape (d,), optional
        Features with the same label are masked together.
    rows : "all" or "masked"
        Whether all features are in the loss of pretraining, or masked ones only.
    fill : "zero" or "rescale"
    classes : bool, optional
        Whether labels are classes, if their looks deceive.
    replicates : int
        Populations of rows, as in `rows_risk`.
    rng : seed or numpy Generator
        Draws populations, and the splits on which classes are tested.

    Returns
    -------
    RowsTransferRisk
        Squared error by the engine of rows; classification error measured on 50 random splits.

    Raises
    ------
    DomainError
        If an argument is outside its domain.
    NotImplementedError
        For a finite number of masks per sample.

    Examples
    --------
    Labels along the leading component: filtering helps a probe with few of them.

    >>> rng = np.random.default_rng(0)
    >>> strong = rng.standard_normal((600, 2)) @ rng.standard_normal((2, 40))
    >>> rows = strong + 0.5 * rng.standard_normal((600, 40))
    >>> y = strong[:, 0] + 0.3 * rng.standard_normal(600)
    >>> found = rows_transfer_risk(rows, rows, y, [0.0, 0.9], samples=20, rng=0)
    >>> bool(found.prediction_error[1] < found.prediction_error[0] < found.null[0])
    True
    """
    unlabelled = table_of("X_unlabelled", X_unlabelled)
    table = table_of("X", X, unlabelled.shape[1])
    if len(table) < LEAST_ROWS:
        raise DomainError(f"X must have at least {LEAST_ROWS} rows, got {len(table)}")
    labels = read_labels(y, len(table), classes)
    question = Question.of(
        mask_ratio,
        aspect_ratio=1.0,
        probe_ridge=probe_ridge,
        depth=1.0,
        bottleneck=None,
        rows=rows,
        fill=fill,
        groups=groups,
    )
    schemes = np.arange(question.lam.size).reshape(question.masking.shape)
    named: dict[str, NDArray[Any]] = {
        "samples": samples_of(samples, len(table)),
        "mask_ratio": schemes,
    }
    named["probe_ridge"] = question.arguments["probe_ridge"]
    try:
        arrays = np.broadcast_arrays(*named.values())
    except ValueError:
        shapes = ", ".join(f"{name} {x.shape}" for name, x in named.items() if x.ndim)
        raise DomainError(
            f"the arguments must broadcast together, got the shapes {shapes}"
        ) from None
    shape = arrays[0].shape
    numbers, scheme = (np.ravel(x).astype(np.intp) for x in arrays[:2])
    ridges = np.ravel(arrays[2]).astype(np.float64)
    options = {"replicates": replicates, "rng": int(np.random.default_rng(rng).integers(2**31))}
    learnt = PretrainedMap(unlabelled, question)
    parts = np.empty((3, scheme.size))
    held: list[HeldOut | None] = [None] * scheme.size
    said = list(learnt.said)
    for lam in np.unique(question.lam[scheme]):
        own = np.flatnonzero(question.lam[scheme] == lam)
        Z = learnt(table, float(lam))
        if question.best:
            ridges[own] = _best(Z, labels, numbers[own], options | {"replicates": 1})
        found = _risk(Z, labels, numbers[own], ridges[own], options)
        parts[:, own] = found[:3]
        said += found[3]
        if labels.classes:
            for cell in own:
                held[cell] = held_out(Z, labels, int(numbers[cell]), ridges[cell], options["rng"])

    def shaped(values: Any) -> Any:
        found = np.asarray(values).reshape(shape)
        return found if shape else found.item()

    wrong = np.array([one.classification for one in held if one is not None]).reshape(-1, 2)
    return RowsTransferRisk(
        prediction_error=shaped(parts[0]),
        standard_error=shaped(parts[1]),
        null=shaped(parts[2]),
        probe_ridge=shaped(ridges),
        classification_error=shaped(wrong[:, 0]) if labels.classes else None,
        classification_standard_error=shaped(wrong[:, 1]) if labels.classes else None,
        samples=shaped(numbers),
        labels=labels.told,
        diagnostics=tuple(dict.fromkeys(said)),
        parameters={"mask_ratio": question.masking.ratio},
    )


def _best(Z: Array, labels: Labels, numbers: NDArray[np.intp], options: dict[str, Any]) -> Array:
    """Return the best ridge for every number of labels."""
    kinds, places = np.unique(numbers, return_inverse=True)
    tried = np.broadcast_to(RIDGES, (kinds.size, RIDGES.size))
    for finer in (True, False):
        many = np.repeat(kinds, tried.shape[1])
        errors = _risk(Z, labels, many, tried.ravel(), options)[0].reshape(tried.shape)
        place = errors.argmin(axis=1)[:, None]
        if finer:
            low, high = (
                np.take_along_axis(np.log(tried), np.clip(place + i, 0, tried.shape[1] - 1), 1)
                for i in (-1, 1)
            )
            tried = np.exp(low + np.linspace(0, 1, FINER) * (high - low))
    return np.asarray(np.take_along_axis(tried, place, 1)[:, 0][places])


def _risk(
    Z: Array, labels: Labels, numbers: Any, ridges: Array, options: dict[str, Any]
) -> tuple[Array, Array, Array, tuple[str, ...]]:
    """Return the error, its standard error and that of the mean; of classes their sum."""
    found = rows_risk(Z, 0.0, target=labels.y, samples=numbers, ridge=ridges, **options)
    many = labels.y.shape[1] if labels.classes else 1
    values = (found.prediction_error, found.standard_error, found.null)
    error, standard, null = (many * np.atleast_1d(value) for value in values)
    return error, standard, null, found.diagnostics
