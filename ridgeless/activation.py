r"""Activations: how much of a Gaussian input they pass on linearly, and how much as noise.

With G and G' standard normal of correlation rho, and He_j the Hermite polynomials (eq-activation),

.. math:: \mu_1 = E[\sigma(\sqrt\nu G)\,G]/\sqrt\nu, \qquad
          \mu_*^2 = E\sigma^2 - (E\sigma)^2 - \mu_1^2\nu = \sum_{j \ge 2} c_j^2, \qquad
          c_j = E\,\sigma(\sqrt\nu G)\,\mathrm{He}_j(G)/\sqrt{j!}.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless.errors import DomainError

__all__ = ["Activation", "checked_activation"]

Array = NDArray[np.float64]
Function = Callable[[Array], Array]

#: A Gaussian ends here; panels halve towards 0, where a steep function or a kink is.
REACH, PANELS, PANEL_NODES = 13.0, 48, 20
#: Hermite polynomials, and the even nodes on which they are integrated, for inputs up to so many
#: standard deviations: poles of tanh are then as far away in steps as rounding needs.
DEGREES, SERIES_REACH, STEP, STEEPEST = 400, 18.0, 0.05, 40.0
#: Cells of a table of function values at a time.
CHUNK = 2_000_000


class Activation:
    """A function of one number, by quadrature; those with closed forms have subclasses.

    Parameters
    ----------
    function : callable
        Elementwise, array to array. Quadrature has all digits where the function is smooth but
        for a kink at 0.
    """

    #: sigma(x) = x: nothing is added to the linear part.
    linear = False

    def __init__(self, function: Function, name: str) -> None:
        self.function, self.name = function, name

    def __call__(self, x: Array) -> Array:
        """Return the function's values."""
        return np.asarray(self.function(x), dtype=np.float64)

    def moments(self, nu: Array) -> tuple[Array, Array]:
        """Return mu_1 and mu_*^2 at input variances nu, arrays of any shape."""
        return self._integrals(nu, *_panels())

    def overlap(self, nu: Array, keep: Array) -> Array:
        """Return what the nonlinear parts of masks of one input share, shape (masks, masks).

        Masks that keep q and q' have the correlation rho = sqrt(q q'): sum c_j c_j' rho^j.
        """
        series = self._series(nu)
        powers = series[:, 2:] * np.sqrt(keep)[:, None] ** np.arange(2, series.shape[1])
        return np.asarray(powers @ powers.T)

    def lost(self, nu: Array, mask: Array) -> Array:
        """Return remainder - overlap of two inputs of correlation 1 - mask, without cancelling."""
        series = self._series(nu)[..., 2:] ** 2
        j = np.arange(2, series.shape[-1] + 2)
        apart = np.zeros(mask.shape + j.shape)
        np.log1p(-mask, out=apart[..., 0], where=mask < 1)
        gone = np.where(mask[..., None] < 1, -np.expm1(j * apart[..., :1]), 1.0)
        tail = np.maximum(self.moments(nu)[1] - series.sum(axis=-1), 0.0)
        return np.asarray((series * gone).sum(axis=-1) + np.where(mask > 0, tail, 0.0))

    def _integrals(self, nu: Array, x: Array, weight: Array) -> tuple[Array, Array]:
        flat = np.sqrt(np.ravel(nu))
        found = np.empty((2, flat.size))
        rows = max(1, CHUNK // x.size)
        for start in range(0, flat.size, rows):
            root = flat[start : start + rows, None]
            # nu = 0 is the limit of small inputs: the slope at 0.
            safe = np.maximum(root, 1e-8)
            values = self(safe * x)
            mean = values @ weight
            slope = ((values - mean[:, None]) * x) @ weight / safe[:, 0]
            rest = values - mean[:, None] - slope[:, None] * (safe * x)
            found[0, start : start + rows] = slope
            found[1, start : start + rows] = np.where(root[:, 0] > 0, rest**2 @ weight, 0.0)
        return found[0].reshape(nu.shape), found[1].reshape(nu.shape)

    def _degrees(self, steepest: float) -> int:
        """Return how many coefficients a function has, of inputs of such a deviation."""
        return DEGREES

    def _series(self, nu: Array) -> Array:
        """Return the c_j, shape (..., degrees)."""
        flat = np.sqrt(np.ravel(nu))
        steepest = min(float(flat.max(initial=0.0)), STEEPEST)
        degrees = self._degrees(steepest)
        x, table = _hermite(math.ceil(max(1.0, 4 * STEP * steepest)))
        found = np.empty((flat.size, degrees))
        rows = max(1, CHUNK // x.size)
        for start in range(0, flat.size, rows):
            some = flat[start : start + rows, None]
            found[start : start + rows] = self(some * x) @ table[:, :degrees]
        return found.reshape(*nu.shape, degrees)


class _Smooth(Activation):
    """Poles no nearer than those of tanh: coefficients fall like exp(-pi sqrt(j/(2 nu)))."""

    def _degrees(self, steepest: float) -> int:
        return min(DEGREES, 40 + math.ceil(70 * steepest**2))


class _Identity(Activation):
    linear = True

    def moments(self, nu: Array) -> tuple[Array, Array]:
        return np.ones_like(nu), np.zeros_like(nu)

    def overlap(self, nu: Array, keep: Array) -> Array:
        return np.zeros((nu.size, nu.size))

    def lost(self, nu: Array, mask: Array) -> Array:
        return np.zeros_like(nu)


class _Relu(Activation):
    def moments(self, nu: Array) -> tuple[Array, Array]:
        return np.full_like(nu, 0.5), nu * (0.25 - 1 / (2 * math.pi))

    def overlap(self, nu: Array, keep: Array) -> Array:
        rho = np.minimum(np.sqrt(np.outer(keep, keep)), 1.0)
        # sqrt(1 - rho^2) - 1 + rho asin(rho), by its first two terms where they are all of it.
        small = rho**2 / 2 + rho**4 / 24
        root = np.sqrt((1 - rho) * (1 + rho))
        shape = np.where(rho < 1e-4, small, rho * np.arcsin(rho) - rho**2 / (1 + root))
        return np.asarray(np.sqrt(np.outer(nu, nu)) / (2 * math.pi) * shape)

    def lost(self, nu: Array, mask: Array) -> Array:
        half = np.arcsin(np.sqrt(mask / 2))  # theta / 2, with cos theta = 1 - mask
        theta = 2 * half
        bracket = theta - np.sin(theta)
        cubic = theta**3 / 6 - theta**5 / 120
        bracket = np.where(theta < 1e-3, cubic, bracket)
        return np.asarray(nu / (2 * math.pi) * (mask * (math.pi / 2 - theta) + bracket))


class _Erf(_Smooth):
    def moments(self, nu: Array) -> tuple[Array, Array]:
        slope = 2 / np.sqrt(math.pi * (1 + 2 * nu))
        return slope, self._common(nu, nu, np.ones_like(nu))

    def overlap(self, nu: Array, keep: Array) -> Array:
        return self._common(nu[:, None], nu[None, :], np.sqrt(np.outer(keep, keep)))

    @staticmethod
    def _common(nu: Array, other: Array, correlation: Array) -> Array:
        common = correlation * np.sqrt(nu * other)
        spread = np.sqrt((1 + 2 * nu) * (1 + 2 * other))
        sine = 2 * common / spread
        small = (2 / math.pi) * sine**3 * (1 / 6 + 3 / 40 * sine**2)
        large = (2 / math.pi) * (np.arcsin(sine) - sine)
        return np.asarray(np.where(sine < 1e-3, small, large))

    def lost(self, nu: Array, mask: Array) -> Array:
        # The difference keeps its digits unless hardly anything is masked.
        apart = self.moments(nu)[1] - self._common(nu, nu, 1 - mask)
        return np.where(mask > 1e-4, apart, super().lost(nu, mask))


class _Tanh(_Smooth):
    def moments(self, nu: Array) -> tuple[Array, Array]:
        steepest = math.sqrt(float(nu.max(initial=1.0)))
        if steepest > STEEPEST:
            return super().moments(nu)
        # Even steps have all digits where the poles are as far away as this.
        count = math.ceil(REACH * max(4 * steepest, 3.0))
        x = np.arange(-count, count + 1.0) * (REACH / count)
        weight = np.asarray(np.exp(-(x**2) / 2), dtype=np.float64)
        return self._integrals(nu, x, weight / weight.sum())


class _Gelu(_Smooth):
    def moments(self, nu: Array) -> tuple[Array, Array]:
        sine = nu / (2 * math.pi) * np.arcsin(nu / (1 + nu))
        root = nu**2 / (2 * math.pi * (1 + nu)) * (2 / np.sqrt(1 + 2 * nu) - 1)
        return np.full_like(nu, 0.5), sine + root


def _softer(x: Array) -> Array:
    from scipy.special import ndtr

    return np.asarray(x * ndtr(x))


def _erf(x: Array) -> Array:
    from scipy.special import erf

    return np.asarray(erf(x))


def _rectified(x: Array) -> Array:
    return np.maximum(x, 0.0)


#: The activations that have names.
ACTIVATIONS: dict[str, Activation] = {
    "identity": _Identity(np.asarray, "identity"),
    "relu": _Relu(_rectified, "relu"),
    "tanh": _Tanh(np.tanh, "tanh"),
    "erf": _Erf(_erf, "erf"),
    "gelu": _Gelu(_softer, "gelu"),
}


def checked_activation(activation: str | Function) -> Activation:
    """Return the activation of a name, or of a function of arrays.

    Examples
    --------
    >>> [float(x[0]) for x in checked_activation("identity").moments(np.ones(1))]
    [1.0, 0.0]
    """
    if isinstance(activation, str) and activation in ACTIVATIONS:
        return ACTIVATIONS[activation]
    known = ", ".join(repr(name) for name in ACTIVATIONS)
    if not callable(activation):
        raise DomainError(f"activation must be one of {known} or a function, got {activation!r}")
    given: Any = activation
    x = np.linspace(-2.0, 2.0, 5)
    try:
        values = np.asarray(given(x.copy()), dtype=np.float64)
    except Exception as error:
        raise DomainError(
            f"activation must take an array of numbers and return one, got {activation!r}, which "
            f"raised {type(error).__name__}: {error}"
        ) from None
    if values.shape != x.shape or not np.isfinite(values).all():
        raise DomainError(
            f"activation must return a finite number for each of an array, got {activation!r}, "
            f"which returned shape {values.shape} for shape {x.shape}"
        )
    if np.ptp(values) == 0:
        raise DomainError(f"activation must not be constant, got {activation!r}")
    return Activation(given, getattr(activation, "__name__", repr(activation)))


@lru_cache(maxsize=1)
def _panels() -> tuple[Array, Array]:
    """Return nodes and weights of a standard normal, Gauss-Legendre on panels that halve to 0."""
    from scipy.special import roots_legendre

    x, weight = roots_legendre(PANEL_NODES)
    high = REACH * 0.5 ** np.arange(PANELS)
    low = np.append(high[1:], 0.0)
    # The outer panels are as wide as a Gaussian, not wider.
    low, high = (np.concatenate((edges, more)) for edges, more in (
        (low[2:], np.arange(REACH / 4, REACH, REACH / 16)),
        (high[2:], np.arange(REACH / 4, REACH, REACH / 16) + REACH / 16),
    ))  # fmt: skip
    half = (high - low) / 2
    nodes = ((high + low) / 2)[:, None] + half[:, None] * x
    weights = half[:, None] * weight * np.exp(-(nodes**2) / 2) / math.sqrt(2 * math.pi)
    nodes, weights = nodes.ravel(), weights.ravel()
    order = np.argsort(nodes)
    nodes, weights = nodes[order], weights[order]
    weights /= 2 * weights.sum()
    return np.concatenate((-nodes[::-1], nodes)), np.concatenate((weights[::-1], weights))


@lru_cache(maxsize=4)
def _hermite(fineness: int) -> tuple[Array, Array]:
    """Return even nodes, and normalised Hermite polynomials there times a normal's weight."""
    steps = round(2 * SERIES_REACH / STEP) * fineness
    x = np.linspace(-SERIES_REACH, SERIES_REACH, steps + 1)
    # Each half of the weight's exponent keeps the polynomials in range.
    root = np.exp(-(x**2) / 4)
    table = np.empty((x.size, DEGREES))
    before, now = np.zeros_like(x), root
    for j in range(DEGREES):
        table[:, j] = now
        before, now = now, (x * now - math.sqrt(j) * before) / math.sqrt(j + 1)
    step = x[1] - x[0]
    return x, table * (root * step / math.sqrt(2 * math.pi))[:, None]
