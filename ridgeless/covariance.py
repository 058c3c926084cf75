r"""The risk for a full covariance: features of unequal variance, and masks over groups of features.

The formulas of docs/theory (eq-equivalent to eq-variance) with matrices in place of sums over
eigenvalues: D = diag(Sigma), or its diagonal blocks when groups of features are masked together.
Where D is a multiple of the identity, `ridgeless.risk` gives the same from the spectrum alone.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.checks import nonnegative_array, ratio_array
from ridgeless.engine.covariance_equivalent import Equivalent, solver_of
from ridgeless.engine.covariance_task import Task, checked_task
from ridgeless.engine.solution import (
    FIRST_ORDER,
    LAST_ORDER,
    checked_masks,
    checked_rows,
    scheme_classes,
)
from ridgeless.errors import ConvergenceError, DomainError
from ridgeless.mask_ratio import RatioLaw
from ridgeless.risk import Risk
from ridgeless.row_classes import RowClasses
from ridgeless.target import Rows

__all__ = ["covariance_risk"]

Array = NDArray[np.float64]

LAW_TOLERANCE = 1e-10  # how little doubling the nodes of a law may move the risk


def covariance_risk(
    covariance: ArrayLike,
    beta: ArrayLike,
    mask_ratio: RatioLaw | ArrayLike,
    *,
    noise: float,
    aspect_ratio: ArrayLike,
    groups: ArrayLike | None = None,
    ridge: ArrayLike = 0.0,
    rows: Rows = "all",
    masks_per_sample: float = 1,
    test_mask_ratio: ArrayLike = 0.0,
) -> Risk:
    r"""Return the risk of a linear task y = x'beta + noise for a given covariance and beta.

    Exact (in the limit of eq-equivalent) also where diag(Sigma) is not constant and where
    features are masked in groups: patches, tokens.

    Parameters
    ----------
    covariance : array_like, Sigma, shape (d, d), symmetric, positive semi-definite
    beta : array_like, shape (d,)
        Coefficients of the task.
    mask_ratio : p, float or array in [0, 1], or a law of ratios
    noise : sigma^2, in [0, inf)
        Noise variance of the task.
    aspect_ratio : gamma = d/n, float or array in [0, inf]
    groups : array_like of labels, shape (d,), optional
        Features with the same label are masked together; by default each feature on its own.
    ridge, rows, masks_per_sample, test_mask_ratio
        As in `ridgeless.risk`; test inputs are masked in the same groups.

    Returns
    -------
    Risk
        Parts of the shape to which mask_ratio, aspect_ratio, ridge and test_mask_ratio broadcast.

    Raises
    ------
    DomainError
        If an argument is outside its domain.
    NotImplementedError, ConvergenceError
        As `ridgeless.risk`.

    Examples
    --------
    Masking whole samples is having fewer of them, and unmasked least squares has the risk
    sigma^2 gamma / (1 - gamma):

    >>> sigma = [[1.0, 0.5], [0.5, 1.0]]
    >>> task = {"beta": [1.0, 0.0], "noise": 0.5, "aspect_ratio": 0.1}
    >>> covariance_risk(sigma, mask_ratio=0.0, **task).total
    0.0555555
    """
    task = checked_task(covariance, beta, noise, groups)
    counted, masks = checked_rows(rows), checked_masks(masks_per_sample)
    ratios = (
        mask_ratio if isinstance(mask_ratio, RatioLaw) else ratio_array("mask_ratio", mask_ratio)
    )
    named = {
        "aspect_ratio": nonnegative_array("aspect_ratio", aspect_ratio, finite=False),
        "ridge": nonnegative_array("ridge", ridge, finite=True),
        "test_mask_ratio": ratio_array("test_mask_ratio", test_mask_ratio),
    }
    classes, refine = scheme_classes(ratios, counted, masks)
    shape = () if isinstance(ratios, RatioLaw) else ratios.shape
    numbers = np.arange(classes.rows.size).reshape(shape)
    try:
        grid = np.broadcast_arrays(numbers, *named.values())
    except ValueError:
        shapes = {"mask_ratio": numbers.shape} | {name: x.shape for name, x in named.items()}
        raise DomainError(f"the arguments must broadcast together, got {shapes}") from None
    scheme, gamma, lam, p_t = (x.ravel() for x in grid)
    finite = not isinstance(ratios, RatioLaw) or masks != 1 or ratios.inverse_keep_is_finite
    null = float(task.beta @ task.sigma @ task.beta)
    parts = np.zeros((3, scheme.size))
    parts[0] = null
    for number in np.unique(scheme):
        if classes.rows[number] == 0:
            continue
        cells = np.flatnonzero((scheme == number) & np.isfinite(gamma))
        solver = solver_of(task, classes, int(number))
        for cell in cells:
            at = (gamma[cell] * task.share, lam[cell] / task.scale, p_t[cell])
            parts[:, cell] = _parts(task, classes, int(number), solver(*at), p_t[cell])
            endless = not finite and at[1] == 0 and at[0] > classes.rows[number] and p_t[cell] < 1
            if refine is not None:
                parts[:, cell] = _refined(task, refine, at, parts[:, cell], endless)
            if endless:  # eq-infinite-law
                parts[1:, cell] = np.where([null > 0, True], np.inf, 0.0)
    if task.noise == 0:
        parts[2] = 0.0
    else:
        parts[2] *= task.noise

    def part(values: Any) -> Any:
        array = np.broadcast_to(values, scheme.shape).reshape(grid[0].shape)
        return array.copy() if array.ndim else float(array)

    return Risk(
        bias=part(parts[0]),
        design_variance=part(parts[1]),
        noise_variance=part(parts[2]),
        null=part(null),
        noise=part(task.noise),
        parameters={"mask_ratio": ratios, **named},
    )


def _refined(task: Task, refine: Any, at: tuple[Any, ...], coarse: Array, endless: bool) -> Array:
    """Double the nodes of a law until the risk settles (its bias alone where the rest diverges)."""
    order = FIRST_ORDER
    used = slice(0, 1) if endless else slice(0, 3)
    while (order := 2 * order) <= LAST_ORDER:
        classes = refine(order)
        fine = _parts(task, classes, 0, solver_of(task, classes, 0)(*at), at[2])
        if np.allclose(fine[used], coarse[used], rtol=LAW_TOLERANCE, atol=0):
            return fine
        coarse = fine
    raise ConvergenceError(
        f"the law of mask ratios is not resolved by {LAST_ORDER} nodes at "
        f"aspect_ratio = {at[0] / task.share!r}, ridge = {at[1] * task.scale!r}"
    )


def _parts(task: Task, classes: RowClasses, number: int, found: Equivalent, p_t: float) -> Array:
    """Return bias, design variance and noise variance per unit of noise (eq-bias, eq-residual)."""
    q_t = 1 - p_t
    power = found.mean @ task.masked @ found.mean
    miss = task.beta - q_t * found.mean
    bias = miss @ task.sigma @ miss + q_t * p_t * power
    a, b, f = (x[number] for x in (classes.kept, classes.masked, classes.excess))
    own = np.divide(f, a, out=np.zeros_like(f), where=a > 0)
    # (sqrt(t) beta - sqrt(a) b)' Sigma (...) = a |(1 + own) beta - b|^2 for every class at once.
    rest = np.outer(1 + own, task.beta) - found.mean
    residual = a * np.einsum("ki,ki->k", rest @ task.sigma, rest) + b * power
    seen = found.weight > 0
    design = found.weight[seen & (residual > 0)] @ residual[seen & (residual > 0)]
    noise = found.weight[seen & (a > 0)] @ (a * (1 + own) ** 2)[seen & (a > 0)]
    return np.array([bias, design, noise])
