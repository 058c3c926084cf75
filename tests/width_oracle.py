r"""Many-digit reference for random features, from first-order functionals alone.

Rows of one sample form blocks with second moments Z_1 V Sigma V' + Z_0 V V' + Z_n I/omega and
E phi y = a V Sigma beta; nothing is rotated or simplified. Second orders are numerical derivatives
of (A + kappa)^-1 along (alpha, beta_0, omega e), and the derivative of the map is one too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mpmath import mp, mpf

__all__ = ["DIGITS", "Block", "mean_and_noise", "overlap", "parts"]

DIGITS = 50
STEP = mpf(10) ** -17


class Block(NamedTuple):
    """The rows of one sample, a share w of the samples having them."""

    weight: Any
    power: Any  #: Z_1, mp matrix
    hidden: Any
    noise: Any
    linear: list[Any]  #: a
    target: list[Any]  #: tau


def mean_and_noise(activation: str, nu: Any) -> tuple[Any, Any]:
    """Return mu_1 and mu_*^2."""
    if activation == "identity":
        return mpf(1), mpf(0)
    if activation == "relu":
        return mpf(1) / 2, nu * (mpf(1) / 4 - 1 / (2 * mp.pi))
    if activation == "erf":
        slope = 2 / mp.sqrt(mp.pi * (1 + 2 * nu))
        return slope, 2 / mp.pi * mp.asin(2 * nu / (1 + 2 * nu)) - slope**2 * nu
    function = {"tanh": mp.tanh, "gelu": lambda x: x * mp.ncdf(x)}[activation]
    root = mp.sqrt(nu)
    ends = [-14, -6, -2, 0, 2, 6, 14]

    def mean(f: Any) -> Any:
        return mp.quad(lambda x: f(x) * mp.npdf(x), ends)

    first = mean(lambda x: function(root * x))
    slope = mean(lambda x: function(root * x) * x) / root
    return slope, mean(lambda x: function(root * x) ** 2) - first**2 - slope**2 * nu


def overlap(activation: str, nu: Any, other: Any, rho: Any) -> Any:
    """Return what nonlinear parts share at correlation rho."""
    if activation == "identity":
        return mpf(0)
    if activation == "relu":
        shape = mp.sqrt(1 - rho**2) - 1 + rho * mp.asin(rho)
        return mp.sqrt(nu * other) / (2 * mp.pi) * shape
    assert activation == "erf"
    common = rho * mp.sqrt(nu * other)
    linear = 4 / mp.pi * common / mp.sqrt((1 + 2 * nu) * (1 + 2 * other))
    sine = 2 * common / mp.sqrt((1 + 2 * nu) * (1 + 2 * other))
    return 2 / mp.pi * mp.asin(sine) - linear


class _Problem(NamedTuple):
    s: Sequence[Any]
    h: Sequence[Any]
    blocks: Sequence[Block]
    omega: Any
    psi: Any
    base: Any
    e: Any
    beta_x: Any
    e_x: Any  #: times omega


def _kappa(problem: _Problem, alpha: Any, beta: Any, wide: Any) -> Any:
    """Return kappa at omega e^ = wide."""
    floor = wide / problem.omega
    seen = [(alpha * s + beta, h) for s, h in zip(problem.s, problem.h, strict=True)]
    kappa = floor + mp.fsum(h * x for x, h in seen) / problem.omega  # above the root
    for _ in range(300):
        left = kappa * (1 - mp.fsum(h * x / (x + kappa) for x, h in seen) / problem.omega) - floor
        slope = 1 - mp.fsum(h * (x / (x + kappa)) ** 2 for x, h in seen) / problem.omega
        kappa -= left / slope
        if abs(left / slope) < mpf(10) ** (-DIGITS - 20) * kappa:
            return kappa
    raise ArithmeticError("kappa did not converge")


def _means(problem: _Problem, alpha: Any, beta: Any, wide: Any) -> list[Any]:
    kappa = _kappa(problem, alpha, beta, wide)
    h = [w / (alpha * s + beta + kappa) for s, w in zip(problem.s, problem.h, strict=True)]
    first = mp.fsum(s * x for s, x in zip(problem.s, h, strict=True))
    return [problem.psi * first, problem.psi * mp.fsum(h), problem.psi / kappa]


def _inverses(problem: _Problem, m: list[Any]) -> list[Any]:
    return [
        mp.inverse(
            problem.base * mp.eye(len(x.linear)) + m[0] * x.power + m[1] * x.hidden + m[2] * x.noise
        )
        for x in problem.blocks
    ]


def _trace(matrix: Any) -> Any:
    return mp.fsum(matrix[i, i] for i in range(matrix.rows))


def _loads(problem: _Problem, m: list[Any]) -> list[Any]:
    """Return alpha, beta_0 and omega e^ at m."""
    inverses = _inverses(problem, m)
    sums = [
        mp.fsum(
            x.weight * _trace(z * g) for x, z, g in zip(problem.blocks, zs, inverses, strict=True)
        )
        for zs in zip(*((x.power, x.hidden, x.noise) for x in problem.blocks), strict=True)
    ]
    alpha, beta, noise = sums
    return [alpha, beta + problem.beta_x, problem.omega * problem.e + problem.e_x + noise]


def _derivative(function: Any, at: list[Any]) -> Any:
    """Return the matrix of derivatives of a function of three numbers."""
    found = mp.matrix(3, 3)
    for j in range(3):
        step = STEP * abs(at[j]) if at[j] else STEP
        up, down = ([x + sign * step * (i == j) for i, x in enumerate(at)] for sign in (1, -1))
        for i, (high, low) in enumerate(zip(function(up), function(down), strict=True)):
            found[i, j] = (high - low) / (2 * step)
    return found


def parts(
    s: Sequence[float],
    beta_square: Sequence[float],
    noise: float,
    blocks: Sequence[Block],
    test: tuple[Any, Any, Any, Any],
    *,
    omega: float,
    psi: float,
    ridge: Any,
    beta_x: Any = 0,
    e_x: Any = 0,
) -> dict[str, Any]:
    """Return bias + width variance, design and noise variance of equal eigenvalue shares.

    `test` is ell, z_1, z_0, z_n. The map is iterated as it stands and finished by Newton's method.
    """
    with mp.workdps(DIGITS + 25):
        h = [mpf(1) / len(s)] * len(s)
        values = [mpf(x) for x in s]
        # With the ridge in e, or in the base where there are more columns than rows.
        rows = mp.fsum(x.weight * len(x.linear) for x in blocks)
        linear = not any(_trace(x.noise) for x in blocks)
        columns = psi * (min(omega, 1) if linear else omega)
        base, e = (mpf(ridge), mpf(1)) if columns > rows else (mpf(1), mpf(ridge))
        if beta_x or e_x:
            base, e = mpf(1), mpf(ridge)
        problem = _Problem(values, h, blocks, mpf(omega), mpf(psi), base, e, mpf(beta_x), mpf(e_x))

        def image(m: list[Any]) -> list[Any]:
            return _means(problem, *_loads(problem, m))

        m = [mpf(psi)] * 3
        for _ in range(400):
            m = image(m)
        for _ in range(12):
            right = mp.matrix([x - y for x, y in zip(image(m), m, strict=True)])
            step = mp.lu_solve(mp.eye(3) - _derivative(image, m), right)
            m = [x + y for x, y in zip(m, step, strict=True)]
            if max(abs(step[i] / m[i]) for i in range(3)) < mpf(10) ** (-DIGITS + 15):
                break
        else:
            raise ArithmeticError("the reference did not converge")
        loads = _loads(problem, m)
        t = -_derivative(lambda x: _means(problem, *x), loads)
        load = mp.matrix(test[1:])
        u = mp.lu_solve(mp.eye(3) - _derivative(image, m), t * load)
        inverses = _inverses(problem, m)
        learnt = mp.fsum(
            x.weight * (mp.matrix([x.linear]) * g * mp.matrix(x.target))[0]
            for x, g in zip(blocks, inverses, strict=True)
        )

        def reached(at: list[Any], power: int) -> Any:
            kappa = _kappa(problem, *at)
            return mp.fsum(
                b * x**power / (at[0] * x + at[1] + kappa)
                for b, x in zip(beta_square, values, strict=True)
            )

        strength = mp.fsum(b * x for b, x in zip(beta_square, values, strict=True))
        cross = learnt * reached(loads, 2)
        slopes = _derivative(lambda x: [reached(x, 2)] * 3, loads)
        square = [-(learnt**2) * slopes[0, j] for j in range(3)]  # b' S b per unit of z

        def whole(z: Any) -> Any:
            return mp.fsum(z[j] * square[j] for j in range(3))

        bias = strength - 2 * test[0] * cross + whole(test[1:])
        design = noise_part = mpf(0)
        for x, g in zip(blocks, inverses, strict=True):
            heavy = g * (u[0] * x.power + u[1] * x.hidden + u[2] * x.noise) * g
            a, tau = mp.matrix(x.linear), mp.matrix(x.target)
            told = tau * tau.T
            residual = strength * told - cross * (a * tau.T + tau * a.T)
            residual += square[0] * x.power + square[1] * x.hidden + square[2] * x.noise
            design += x.weight * _trace(heavy * residual)
            noise_part += x.weight * noise * _trace(heavy * told)
        return {"mean": bias, "design_variance": design, "noise_variance": noise_part}
