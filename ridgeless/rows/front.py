r"""The risk on real rows: no classes, no covariance, no law of rows.

:math:`M \ge n` sampled rows say what regression on n of them would do, through any mask, feature
map or kernel: the mean over all subsets of n rows, tested on rows outside (eq-rows-subset). Its
deterministic equivalent is computed, not the subsets.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import count, nonnegative_array, ratio_array, real_scalar
from ridgeless.errors import DomainError
from ridgeless.mask_ratio import RatioLaw
from ridgeless.mask_shapes import Spans, Units, named_shape
from ridgeless.masking import Masking, masking_of
from ridgeless.rows import question as asked
from ridgeless.rows.cells import Cells
from ridgeless.rows.diagnostics import said_of_answers, said_of_rows
from ridgeless.rows.draws import MaskCall, Scheme
from ridgeless.rows.importance import IMPORTANCE
from ridgeless.rows.question import Features, Kernel, Question
from ridgeless.rows.replicates import populations, standard_error
from ridgeless.rows.result import RowsRisk

__all__ = ["learning_curve", "rows_risk"]

Array = NDArray[np.float64]

#: Features that are predicted in turn, unless told otherwise.
MANY_TARGETS = 64


def rows_risk(
    X: ArrayLike,
    mask_ratio: Masking | RatioLaw | ArrayLike,
    *,
    target: int | str | ArrayLike | None = None,
    samples: ArrayLike | None = None,
    ridge: ArrayLike = 0.0,
    masks_per_sample: float = 1,
    fill: str = "zero",
    test_mask_ratio: float = 0.0,
    test: Any = None,
    mask: MaskCall | str | None = None,
    features: Features | None = None,
    kernel: Kernel | None = None,
    population: int | None = None,
    targets: int | Sequence[int | str] | None = None,
    replicates: int = 4,
    rng: Any = None,
) -> RowsRisk:
    r"""Return the test risk of masked regression on samples of these rows, whatever their law.

    .. math:: \hat b = \arg\min_b \frac1{N_c}\sum_{\text{rows that count}}
              \big(y - \varphi(\tilde x)'b\big)^2 + \lambda|b|^2

    by eq-rows-risk: the mean over all subsets of n out of M rows, tested on rows outside of them.
    Rows must be independent draws of one law, and that is all that is assumed, to leading order
    in one over the number of rows. X and labels are taken as they are: nothing is centred or
    scaled. At ``samples = N`` it is ridge regression on these rows themselves, exactly.

    Parameters
    ----------
    X : array_like or data frame, shape (N, d), finite
        Rows are samples.
    mask_ratio : p, float or array in [0, 1], a law of ratios, or a Masking
        Probability that a feature is hidden from a training row. With a callable `mask` it is only
        what ``fill="rescale"`` divides by.
    target : None, int, str or array_like of shape (N,) or (N, t)
        None predicts every feature in turn, from rows in which it is masked; a column is predicted
        from the others on every row, and always hidden; labels are predicted from all features.
    samples : n, int or array in 1..N
        Samples to train on; by default N. An array shares rows and masks.
    ridge : lambda, float or array in [0, inf)
        Penalty per row that counts; 0 is the minimum-norm solution.
    masks_per_sample : K, 1, 2, ... or inf
        Masks of each sample. Infinitely many are exact for linear features whose masks are
        independent, or hidden in units; else 32 of each sample stand for them.
    fill : "zero" or "rescale"
        Hidden entries are 0; "rescale" divides those kept by one minus the row's own ratio.
    test_mask_ratio : p_t, float in [0, 1]
        Share of features hidden from test rows, by the same scheme.
    test : None, X_test, or (X_test, y_test) with labels
        Rows to test on. None tests every row on a regression without it, which at samples = N is
        the risk at N - 1.
    mask : callable, or text
        ``(rng, X) -> hidden``, a bool array of X's shape; or a shape, hidden at the mask ratio:
        "spans:5" (runs of five features in the mean), "blocks:4x4" or "tubes" (square images),
        "importance".
    features : callable, rows (R, d) to features (R, P)
        What the regression is linear in. If it was trained, then on other rows.
    kernel : callable, rows (R, d) and (S, d) to a matrix (R, S)
        In place of features.
    population : M, int from samples to N
        Rows of each population; by default ``max(4 * samples, 800)``, at most N.
    targets : int, or columns
        Which features are predicted in turn if `target` is None: so many at random, or these. By
        default all up to 64, else 64. Each costs a solve of its own, as each hides another column;
        all labels together cost one.
    replicates : int, at least 1
        Populations, and draws of masks; disjoint where N suffices.
    rng : None, int, SeedSequence or numpy Generator
        Randomness of rows, masks and targets.

    Returns
    -------
    RowsRisk
        Never nan; inf where there are as many rows as directions and no ridge.

    Raises
    ------
    DomainError
        If an argument is outside its domain, or features, kernel or mask return what they may not.
    NotImplementedError
        For a kernel under infinitely many masks.
    ConvergenceError
        If the fixed point is not reached.

    Examples
    --------
    Three rows of one feature, each predicted from the other two: from rows (x, y) = (1, 1) and
    (1, 0) the coefficient is 1/2, from (1, 1) and (1, 1) it is 1.

    >>> rows_risk([[1.0], [1.0], [1.0]], 0.0, target=[1.0, 1.0, 0.0]).prediction_error
    0.5
    """
    table = asked.table_of("X", X)
    masking = masking_of(mask_ratio, masks_per_sample=masks_per_sample, rows=None, fill=fill)
    names = list(X.columns) if hasattr(X, "columns") else None
    generator = _generator(rng)
    whole, y = _question(table, names, target, targets, masking, test, features, kernel, generator)
    if kernel is not None and math.isinf(masking.masks):
        raise NotImplementedError(
            "masks_per_sample = inf is not derived for a kernel; take a number of masks"
        )
    scheme = _scheme(mask, masking, table.shape[1])
    hidden = float(ratio_array("test_mask_ratio", real_scalar("test_mask_ratio", test_mask_ratio)))
    n = asked.samples_of(samples, table.shape[0])
    size = asked.population_of(population, n, table.shape[0])
    cells = Cells(masking, n, nonnegative_array("ridge", ridge, finite=True))
    repeats = count("replicates", replicates)
    random = cells.random(scheme) or hidden > 0
    chosen = populations(table.shape[0], size, repeats, random, generator)
    seeds = np.random.SeedSequence(int(generator.integers(2**63))).spawn(len(chosen.rows))
    answers = [
        cells.answer(whole, table, y, rows, scheme, hidden, seed)
        for rows, seed in zip(chosen.rows, seeds, strict=True)
    ]
    error = standard_error(
        np.array([answer.risks.mean(axis=1) for answer in answers]),
        np.array([answer.within for answer in answers]),
        size / table.shape[0],
        chosen.disjoint,
    )
    risks = np.mean([answer.risks for answer in answers], axis=0)
    said = said_of_rows(table) + _said_of_targets(whole, risks, target, table.shape[1])
    said += said_of_answers(
        max(answer.gain for answer in answers),
        len(answers),
        random or size < table.shape[0],
        size,
        n,
        bool(np.isinf(risks).any()),
        math.isinf(masking.masks) and not (features is None and scheme.has_units),
    )
    return RowsRisk(
        prediction_error=cells.shaped(risks.mean(axis=1)),
        standard_error=cells.shaped(error),
        null=cells.shaped(np.full(len(error), np.mean([answer.null for answer in answers]))),
        samples=cells.samples,
        effective_ridge=cells.shaped(np.mean([answer.ridges for answer in answers], axis=0)),
        row_weight=np.reshape(
            np.mean([answer.weights for answer in answers], axis=0), (*cells.shape, -1)
        ),
        per_target=risks.reshape(*cells.shape, -1),
        targets=whole.columns,
        diagnostics=tuple(said),
        population=size,
        replicates=len(answers),
        parameters={"mask_ratio": masking.ratio, "ridge": np.asarray(ridge, dtype=float)},
    )


def learning_curve(
    X: ArrayLike,
    y: ArrayLike,
    samples: ArrayLike,
    *,
    ridge: ArrayLike = 0.0,
    test: Any = None,
    features: Features | None = None,
    kernel: Kernel | None = None,
    population: int | None = None,
    replicates: int = 4,
    rng: Any = None,
) -> RowsRisk:
    r"""Return the test risk of regression against the number of samples, from one table of rows.

    `rows_risk` without masks (eq-rows-risk), with all rows as the population unless told otherwise.

    Parameters
    ----------
    X, y : array_like, shapes (N, d) and (N,) or (N, t)
        Rows and their labels.
    samples : n, int or array in 1..N
    ridge, test, features, kernel, population, replicates, rng
        As in `rows_risk`.

    Raises
    ------
    DomainError
        If an argument is outside its domain.

    Examples
    --------
    Labels that X says nothing about: each sample more lowers the error, towards the noise.

    >>> rows = np.random.default_rng(0).normal(size=(400, 3))
    >>> y = np.where(np.arange(400) % 2, 1.0, -1.0)
    >>> found = learning_curve(rows, y, [10, 40, 160]).prediction_error
    >>> bool(found[0] > found[1] > found[2] > 1)
    True
    """
    if population is None:
        population = len(asked.table_of("X", X))
    return rows_risk(
        X,
        0.0,
        target=y,
        samples=samples,
        ridge=ridge,
        test=test,
        features=features,
        kernel=kernel,
        population=population,
        replicates=replicates,
        rng=rng,
    )


def _question(
    table: Array,
    names: list[Any] | None,
    target: Any,
    targets: Any,
    masking: Masking,
    test: Any,
    features: Features | None,
    kernel: Kernel | None,
    rng: np.random.Generator,
) -> tuple[Question, Array | None]:
    """Return what is asked, and the labels."""
    if features is not None and kernel is not None:
        raise DomainError(
            "features and kernel exclude each other: a kernel has features of its own"
        )
    width, y = table.shape[1], None
    columns: tuple[int, ...] = ()
    if target is None:
        columns = _columns(targets, names, width, rng)
    elif isinstance(target, str) or np.ndim(target) == 0:
        columns = (asked.column_of("target", target, names, width),)
    else:
        y = asked.labels_of("target", target, table.shape[0])
    if targets is not None and target is not None:
        raise DomainError("targets must be None beside a target: it says which features take turns")
    wanted = "masked" if target is None else "all"
    if masking.rows not in (None, wanted):
        raise DomainError(
            f"rows must be {wanted!r} or None with this target, got {masking.rows!r} in the Masking"
        )
    tests = asked.tests_of(test, width, 0 if y is None else y.shape[1])
    return Question(table, y, columns, target is None, tests, features, kernel), y


def _columns(
    targets: Any, names: list[Any] | None, width: int, rng: np.random.Generator
) -> tuple[int, ...]:
    """Return the features that are predicted in turn."""
    if targets is None or (np.ndim(targets) == 0 and not isinstance(targets, str)):
        many = min(MANY_TARGETS, width) if targets is None else count("targets", targets)
        if many > width:
            raise DomainError(f"targets must be at most {width}, the columns of X, got {many}")
        return tuple(sorted(rng.permutation(width)[:many].tolist()))
    given = [targets] if isinstance(targets, str) else list(targets)
    columns = tuple(asked.column_of("targets", value, names, width) for value in given)
    if not columns or len(set(columns)) < len(columns):
        raise DomainError(f"targets must be different columns, at least one, got {given!r}")
    return columns


def _scheme(mask: Any, masking: Masking, width: int) -> Scheme:
    """Return how features are hidden, beside the ratio."""
    own = np.arange(width)
    if mask is None or mask == "independent":
        if masking.groups is None:
            return Scheme(None, own, masking.fill)
        if len(masking.groups) != width:
            raise DomainError(
                f"groups must hold a label for each of the {width} columns of X, got "
                f"{len(masking.groups)}"
            )
        return Scheme(None, np.asarray(masking.groups, dtype=np.intp), masking.fill)
    if masking.groups is not None:
        raise DomainError(f"groups must be None beside mask = {mask!r}, which hides on its own")
    if callable(mask) or mask == IMPORTANCE:
        return Scheme(mask, own, masking.fill)
    if not isinstance(mask, str):
        raise DomainError(f"mask must be a callable or the name of a shape, got {mask!r}")
    shape = named_shape(mask, _grid(mask, width), "mask")
    if isinstance(shape, Units):
        return Scheme(None, shape.units, masking.fill)
    assert isinstance(shape, Spans)
    return Scheme(shape, own, masking.fill)


def _grid(shape: str, features: int) -> tuple[int, ...]:
    """Return the axes on which so many features of a row stand: a square, if they need two."""
    if shape.partition(":")[0] not in ("blocks", "tubes"):
        return (features,)
    side = math.isqrt(features)
    if side * side != features:
        raise DomainError(
            f"mask = {shape!r} needs features on a square grid, got {features} of them; a "
            "callable (rng, X) -> hidden can know another"
        )
    return side, side


def _said_of_targets(question: Question, risks: Array, target: Any, width: int) -> list[str]:
    """Say what a random part of the features stands for."""
    many = len(question.columns)
    if target is not None or many == width:
        return []
    rest = (1 - many / width) / many
    error = float(np.max(np.sqrt(risks.var(axis=1, ddof=1) * rest))) if many > 1 else math.inf
    return [
        f"{many} of {width} features stand for all: as a mean over all of them the error is "
        f"uncertain by {error:.2g} more."
    ]


def _generator(rng: Any) -> np.random.Generator:
    try:
        return np.random.default_rng(rng)
    except (TypeError, ValueError):
        raise DomainError(
            "rng must be None, an integer of at least 0, a SeedSequence or a Generator, got "
            f"{rng!r}"
        ) from None
