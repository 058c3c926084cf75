r"""The risk for a full covariance: features of unequal variance, and masks over groups of features.

The formulas of docs/theory (eq-equivalent to eq-variance) with matrices in place of sums over
eigenvalues: D = diag(Sigma), or its diagonal blocks when groups of features are masked together.
Where D is a multiple of the identity, `ridgeless.risk` gives the same from the spectrum alone.

One class of rows (one mask ratio, or infinitely many masks) costs one symmetric
eigendecomposition, whose eigenvalues form an ordinary unmasked problem. Several classes cost one
inverse per Newton step, however many they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgeless.errors import (
    ConvergenceError,
    DomainError,
    nonnegative_array,
    ratio_array,
    real_array,
    real_scalar,
    require,
)
from ridgeless.mask_ratio import RatioLaw
from ridgeless.risk import Risk
from ridgeless.row_classes import RowClasses
from ridgeless.solution import (
    FIRST_ORDER,
    LAST_ORDER,
    checked_masks,
    checked_rows,
    scheme_classes,
    solve,
)
from ridgeless.spectrum import Spectrum
from ridgeless.target import Rows

__all__ = ["covariance_risk"]

Array = NDArray[np.float64]

LAW_TOLERANCE = 1e-10  # how little doubling the nodes of a law may move the risk


@dataclass(frozen=True)
class _Task:
    """A linear task on the features that vary, in units that keep numbers near one."""

    sigma: Array
    masked: Array  # D
    beta: Array
    noise: float
    share: float  # of all features that vary; the others only count in the aspect ratio
    scale: float


@dataclass(frozen=True)
class _Equivalent:
    """The deterministic equivalent of one cell (eq-equivalent)."""

    mean: Array  # mean predictor b_bar
    weight: Array  # per class: what a unit of its residual adds to the variance


class _Solver(Protocol):
    def __call__(self, gamma: float, ridge: float, p_t: float) -> _Equivalent: ...


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
    task = _checked_task(covariance, beta, noise, groups)
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
        solver = _solver(task, classes, int(number))
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


def _refined(task: _Task, refine: Any, at: tuple[Any, ...], coarse: Array, endless: bool) -> Array:
    """Double the nodes of a law until the risk settles (its bias alone where the rest diverges)."""
    order = FIRST_ORDER
    used = slice(0, 1) if endless else slice(0, 3)
    while (order := 2 * order) <= LAST_ORDER:
        classes = refine(order)
        fine = _parts(task, classes, 0, _solver(task, classes, 0)(*at), at[2])
        if np.allclose(fine[used], coarse[used], rtol=LAW_TOLERANCE, atol=0):
            return fine
        coarse = fine
    raise ConvergenceError(
        f"the law of mask ratios is not resolved by {LAST_ORDER} nodes at "
        f"aspect_ratio = {at[0] / task.share!r}, ridge = {at[1] * task.scale!r}"
    )


def _parts(task: _Task, classes: RowClasses, number: int, found: _Equivalent, p_t: float) -> Array:
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


def _solver(task: _Task, classes: RowClasses, number: int) -> _Solver:
    weight = classes.weight[number]
    if np.count_nonzero(weight) == 1:
        return _OneClass(task, classes, number)
    return _SeveralClasses(task, classes, number)


class _OneClass:
    """One class: in the eigenbasis of S the problem is an unmasked one with spectrum S."""

    def __init__(self, task: _Task, classes: RowClasses, number: int) -> None:
        self.task, self.size = task, classes.weight.shape[1]
        self.k = int(np.flatnonzero(classes.weight[number])[0])
        a, b, f = (x[number, self.k] for x in (classes.kept, classes.masked, classes.excess))
        self.cross = a + f
        self.rows = classes.rows[number]
        self.shift = classes.ridge_shift[number] * classes.ridge_scale[number]
        self.ridge_scale = classes.ridge_scale[number]
        self.second = a * task.sigma + b * task.masked
        self.basis: dict[float, tuple[Array, ...]] = {}

    def _in_basis(self, ridge: float) -> tuple[Array, ...]:
        """Return eigenvalues, eigenvectors (in feature coordinates) and diagonals of Sigma, D.

        A ridge that comes from masks is a matrix, ridge I + shift D: in coordinates where it is
        the identity the problem is an ordinary one (eq-classes-K-inf).
        """
        key = ridge if self.shift else 0.0
        if key not in self.basis:
            from scipy.linalg import eigh

            task = self.task
            second, back = self.second, None
            if self.shift:
                penalty = self.shift * task.masked + ridge * np.eye(task.beta.size)
                values, vectors = eigh(penalty)
                kept = values > task.beta.size * np.finfo(float).eps * values[-1]
                back = vectors[:, kept] / np.sqrt(values[kept])
                second = back.T @ second @ back
            values, vectors = eigh(second)
            tiny = values.size * np.finfo(float).eps * values[-1]
            values = np.where(values > tiny, values, 0.0)
            if back is not None:
                vectors = back @ vectors
            self.basis[key] = (
                values,
                vectors,
                np.einsum("ij,ij->j", vectors, task.sigma @ vectors),
                np.einsum("ij,ij->j", vectors, task.masked @ vectors),
            )
        return self.basis[key]

    def __call__(self, gamma: float, ridge: float, p_t: float) -> _Equivalent:
        ridge *= self.ridge_scale
        values, vectors, seen, hidden = self._in_basis(ridge)
        effective = gamma * values.size / self.task.beta.size / self.rows
        plain = solve(
            Spectrum(values),
            0.0,
            aspect_ratio=effective,
            target=None,
            ridge=1.0 if self.shift else ridge,
            rows="all",
            masks_per_sample=1,
            test_mask_ratio=0.0,
        )
        e, alpha, log_m1 = (float(plain.columns[x]) for x in ("e", "alpha", "log_m1"))
        unit = plain.spectrum.scale
        s = values / unit
        present = s > 0
        inverse = np.divide(1.0, e + alpha * s, out=np.zeros_like(s), where=present)
        mean = vectors @ (inverse * (vectors.T @ (self.task.sigma @ self.task.beta)))
        mean *= alpha * self.cross / unit
        weight = np.zeros(self.size)
        if math.isfinite(log_m1):
            # (1 - A) m1 = rho1, and what a unit of residual adds (eq-positive-determinant).
            psi, base, m1 = effective / s.size, 1 / alpha - math.exp(log_m1), math.exp(log_m1)
            base = max(base, 0.0)
            spread = np.sum(s * inverse * (e * inverse))
            rho = psi * (spread + base * alpha**2 * np.sum((s * inverse) ** 2))
            q_t = 1 - p_t
            test = q_t**2 * seen + q_t * p_t * hidden
            load = psi * np.sum(s * inverse**2 * test) / unit
            added = alpha**2 * load * m1
            weight[self.k] = np.divide(added, rho) if rho > 0 else (np.inf if added > 0 else 0.0)
        return _Equivalent(mean, weight)


class _SeveralClasses:
    """Newton in (ln m1, ln m0) with one inverse of e I + alpha Sigma + beta D per step."""

    def __init__(self, task: _Task, classes: RowClasses, number: int) -> None:
        self.task = task
        names = (classes.weight, classes.kept, classes.masked, classes.excess)
        self.w, self.a, self.b, self.f = (np.ascontiguousarray(x[number]) for x in names)
        self.rows = classes.rows[number]
        self.ridge_scale = classes.ridge_scale[number]

    def __call__(self, gamma: float, ridge: float, p_t: float) -> _Equivalent:
        from ridgeless import fixed_point as fp
        from ridgeless.sums import class_sums

        task, size = self.task, self.task.beta.size
        ridge *= self.ridge_scale
        psi, delta = gamma / self.rows, (gamma - self.rows) / self.rows
        base, e = fp.constants(delta, ridge)
        d0 = float(np.trace(task.sigma)) / size
        w, a, b = self.w, self.a, self.b
        if psi == 0:
            m1 = m0 = 0.0
        else:
            log_m1, log_m0 = fp.isotropic_start(w, a, b, d0, d0, psi, delta, ridge)
            nothing = (0.0,) * 8
            residual = math.inf
            for _ in range(fp.MAX_STEPS):
                m1, m0 = math.exp(log_m1), math.exp(log_m0)
                sums = class_sums(w, a, b, 1.0, 1.0, base, m1, m0)
                _, traces = self._resolvent(e, sums[0], sums[1])
                distance = fp.excess(gamma, 1.0, self.rows, 1.0, sums[-1], 1.0)
                f_a, f_b, step1, step0 = fp.newton_step(
                    sums, nothing, traces, psi, distance, base, m1, m0
                )
                previous, residual = residual, max(abs(f_a), abs(f_b))
                if residual < 1e-13 or (residual < 1e-10 and residual >= 0.5 * previous):
                    break
                shrink = min(1.0, fp.MAX_LOG_STEP / max(abs(step1), abs(step0)))
                log_m1 -= shrink * step1
                log_m0 -= shrink * step0
            else:
                raise ConvergenceError(
                    f"the fixed point did not converge at aspect_ratio = {gamma / task.share!r}, "
                    f"ridge = {ridge * task.scale!r}: residual {residual:.3g}"
                )
        sums = class_sums(w, a, b, 1.0, 1.0, base, m1, m0)
        alpha, beta, a1, b1, a11, a10, a00 = sums[:7]
        inverse, traces = self._resolvent(e, alpha, beta)
        g = base + a * m1 + b * m0
        cross = float(np.sum(w * (a + self.f) / g))
        mean = inverse @ (cross * (task.sigma @ task.beta))
        weight = np.zeros_like(w)
        if psi > 0:
            u1, u0 = fp.class_weights(
                traces[3:], 1.0, psi, base, m1, m0, p_t, a1, b1, a11, a10, a00
            )
            weight = w / g**2 * (a * u1 + b * u0) if math.isfinite(u1) else np.full_like(w, np.inf)
        return _Equivalent(mean, weight)

    def _resolvent(self, e: float, alpha: float, beta: float) -> tuple[Array, tuple[float, ...]]:
        """Return H = (e I + alpha Sigma + beta D)^-1 and the means over d that Newton needs."""
        from scipy.linalg import LinAlgError, cho_factor, cho_solve

        task, size = self.task, self.task.beta.size
        matrix = alpha * task.sigma + beta * task.masked
        matrix[np.diag_indices(size)] += e
        try:
            inverse = cho_solve(cho_factor(matrix), np.eye(size))
        except LinAlgError:
            raise ConvergenceError(
                "the masked covariance is singular to rounding: groups with collinear features "
                "need a ridge"
            ) from None
        s, m = task.sigma @ inverse, task.masked @ inverse
        return inverse, (
            e * float(np.trace(inverse)) / size,
            float(np.trace(s)) / size,
            float(np.trace(m)) / size,
            e * float(np.sum(s * inverse)) / size,
            e * float(np.sum(m * inverse)) / size,
            float(np.sum(s * s.T)) / size,
            float(np.sum(s * m.T)) / size,
            float(np.sum(m * m.T)) / size,
        )


def _checked_task(
    covariance: ArrayLike, beta: ArrayLike, noise: float, groups: ArrayLike | None
) -> _Task:
    sigma = real_array("covariance", covariance)
    if sigma.ndim != 2 or sigma.shape[0] != sigma.shape[1] or sigma.size == 0:
        raise DomainError(f"covariance must be square, got shape {sigma.shape}")
    require("covariance", sigma, np.isfinite(sigma), "be finite")
    size = sigma.shape[0]
    largest = np.abs(sigma).max()
    if np.abs(sigma - sigma.T).max() > 1e-8 * largest:
        raise DomainError("covariance must be symmetric")
    variances = np.diag(sigma)
    require("the diagonal of covariance", variances, variances >= 0, "be at least 0")
    smallest = float(np.linalg.eigvalsh(sigma)[0])
    if smallest < -size * np.finfo(float).eps * size * largest:
        raise DomainError(
            f"covariance must be positive semi-definite, got the eigenvalue {smallest!r}"
        )
    if not variances.any():
        raise DomainError("covariance must not be zero")
    coefficients = real_array("beta", beta)
    if coefficients.shape != (size,):
        raise DomainError(f"beta must have shape ({size},), got {coefficients.shape}")
    require("beta", coefficients, np.isfinite(coefficients), "be finite")
    level = float(nonnegative_array("noise", real_scalar("noise", noise), finite=True))
    labels = np.arange(size) if groups is None else np.asarray(groups)
    if labels.shape != (size,):
        raise DomainError(f"groups must hold {size} labels, one per feature, got {labels.shape}")
    live = variances > 0
    scale = math.ldexp(1.0, math.frexp(float(variances.mean()))[1] - 1)
    sigma = (sigma + sigma.T)[np.ix_(live, live)] / (2 * scale)
    labels = labels[live]
    together = labels[:, None] == labels[None, :]
    return _Task(
        sigma=sigma,
        masked=np.where(together, sigma, 0.0),
        beta=coefficients[live] * math.sqrt(scale),
        noise=level,
        share=float(np.mean(live)),
        scale=scale,
    )
