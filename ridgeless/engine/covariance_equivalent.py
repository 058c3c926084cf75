"""The deterministic equivalent of masked regression with matrices in place of eigenvalues.

One class of rows (one mask ratio, or infinitely many masks) costs one symmetric
eigendecomposition, whose eigenvalues form an ordinary unmasked problem. Several classes cost one
inverse per Newton step, however many they are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ridgeless.engine.covariance_task import Task
from ridgeless.engine.solution import solve
from ridgeless.errors import ConvergenceError
from ridgeless.row_classes import RowClasses
from ridgeless.spectrum import Spectrum

__all__ = ["Equivalent", "Solver", "solver_of"]

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Equivalent:
    """The deterministic equivalent of one cell (eq-equivalent)."""

    mean: Array  # mean predictor b_bar
    weight: Array  # per class: what a unit of its residual adds to the variance


class Solver(Protocol):
    """A scheme whose cells are solved one by one."""

    def __call__(self, gamma: float, ridge: float, p_t: float) -> Equivalent:
        """Return the equivalent at an aspect ratio, a ridge and a test ratio."""


def solver_of(task: Task, classes: RowClasses, number: int) -> Solver:
    """Return the solver of scheme `number`."""
    weight = classes.weight[number]
    if np.count_nonzero(weight) == 1:
        return _OneClass(task, classes, number)
    return _SeveralClasses(task, classes, number)


class _OneClass:
    """One class: in the eigenbasis of S the problem is an unmasked one with spectrum S."""

    def __init__(self, task: Task, classes: RowClasses, number: int) -> None:
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

    def __call__(self, gamma: float, ridge: float, p_t: float) -> Equivalent:
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
        return Equivalent(mean, weight)


class _SeveralClasses:
    """Newton in (ln m1, ln m0) with one inverse of e I + alpha Sigma + beta D per step."""

    def __init__(self, task: Task, classes: RowClasses, number: int) -> None:
        self.task = task
        names = (classes.weight, classes.kept, classes.masked, classes.excess)
        # Classes without rows (p = 1 keeps none) would divide zero by zero.
        self.used = classes.weight[number] > 0
        self.w, self.a, self.b, self.f = (np.ascontiguousarray(x[number][self.used]) for x in names)
        self.rows = classes.rows[number]
        self.ridge_scale = classes.ridge_scale[number]

    def __call__(self, gamma: float, ridge: float, p_t: float) -> Equivalent:
        from ridgeless.engine import fixed_point as fp
        from ridgeless.engine.sums import class_sums

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
        weight = np.zeros(self.used.size)
        if psi > 0:
            u1, u0 = fp.class_weights(
                traces[3:], 1.0, psi, base, m1, m0, p_t, a1, b1, a11, a10, a00
            )
            weight[self.used] = w / g**2 * (a * u1 + b * u0) if math.isfinite(u1) else np.inf
        return Equivalent(mean, weight)

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
