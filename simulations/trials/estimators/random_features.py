"""Regression on random features of masked rows (eq-width-model)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless.activation import ACTIVATIONS, checked_activation
from ridgeless.checks import real_scalar
from simulations.running.identity import Record
from simulations.trials.inputs import InputMask
from simulations.trials.ridge import Gram, Ridge
from simulations.trials.sample import MaskedRows

__all__ = ["RandomFeatures", "rows_seed"]

Array = NDArray[np.float64]

#: Test rows of a trial: no closed form has the risk of every activation.
TESTS = 2000


@dataclass(frozen=True)
class RandomFeatures:
    """Ridge or min-norm regression on a random layer: as in `ridgeless.random_features_risk`.

    Every trial draws a layer of its own, and test rows. Features are as they are, with their
    constant parts.

    Parameters
    ----------
    width_ratio : omega = P/d, float in (0, inf)
        Random features per input feature; the simulation has round(omega d) of them.
    activation : "identity", "relu", "tanh", "erf" or "gelu"
    gain : float, in (0, inf)
        Factor on what goes into the activation.
    fill : "normalise" or None
        Divide the kept entries of training and test rows by the root of 1 - p; None: as the
        problem says.

    Raises
    ------
    DomainError
        If an argument is outside its domain.

    Examples
    --------
    >>> from simulations import Problem, simulate_risk
    >>> problem = Problem([1.0], 0.3, dimension=20, estimator=RandomFeatures(2.0))
    >>> simulate_risk(problem, trials=2, rng=0).trials
    2
    """

    width_ratio: float
    activation: str = "relu"
    gain: float = 1.0
    fill: Literal["normalise"] | None = None

    def __post_init__(self) -> None:
        width, gain = real_scalar("width_ratio", self.width_ratio), real_scalar("gain", self.gain)
        if not 0 < width < np.inf:
            raise rl.DomainError(
                f"width_ratio must be positive and finite in a simulation, got {width!r}"
            )
        if not 0 < gain < np.inf:
            raise rl.DomainError(f"gain must be positive and finite, got {gain!r}")
        name: object = self.activation
        if not isinstance(name, str) or name not in ACTIVATIONS:
            known = ", ".join(repr(name) for name in ACTIVATIONS)
            raise rl.DomainError(f"activation must be one of {known}, got {name!r}")
        if self.fill not in (None, "normalise"):
            raise rl.DomainError(f"fill must be 'normalise' or None, got {self.fill!r}")
        object.__setattr__(self, "width_ratio", width)
        object.__setattr__(self, "gain", gain)

    def record(self) -> Record:
        """Return the name and the layer."""
        return {
            "name": "random_features",
            "width_ratio": self.width_ratio,
            "activation": self.activation,
            "gain": self.gain,
            "fill": self.fill,
        }

    def regressions(self, masked: MaskedRows) -> _Layer:
        """Return the regressions on these rows."""
        if masked.sample.keep is None:
            raise rl.DomainError(
                "masks_per_sample must be finite in a simulation of random features, got inf; "
                "many masks come near to it"
            )
        return _Layer(masked, self)

    def width(self, dimension: int) -> int:
        """Return the number of features P, at least one."""
        return max(1, round(self.width_ratio * dimension))

    def theory(self, spectrum: rl.Spectrum, mask_ratio: Any, **options: Any) -> rl.Risk:
        """Return `ridgeless.random_features_risk` at the simulation's P/d."""
        if options.pop("row_power", None) is not None:
            raise NotImplementedError("rows of unequal power are not derived for random features")
        if self.fill is not None:
            options |= {"fill": self.fill, "test_fill": self.fill}
        size = len(spectrum)
        return rl.random_features_risk(
            spectrum,
            mask_ratio,
            width_ratio=self.width(size) / size,
            activation=self.activation,  # type: ignore[arg-type]
            gain=self.gain,
            **options,
        )


def rows_seed(masked: MaskedRows) -> np.random.Generator:
    """Return random numbers that belong to the rows, and so to the trial."""
    name = sha256(np.ascontiguousarray(masked.sample.rows[:4]).tobytes()).digest()
    return np.random.default_rng(np.frombuffer(name, dtype=np.uint32))


@dataclass(frozen=True)
class _Layer:
    """A layer, on masked rows and on test rows; regressions with any ridge share it."""

    masked: MaskedRows
    estimator: RandomFeatures

    @cached_property
    def rng(self) -> np.random.Generator:
        """Random numbers of the layer and the test rows."""
        return rows_seed(self.masked)

    @cached_property
    def drawn(self) -> tuple[Array, Array, Array]:
        """The weights W, shape (P, d), test rows, and uniforms that mask them."""
        sample, rng = self.masked.sample, self.rng
        d = sample.sampling.dimension
        weights = rng.standard_normal((self.estimator.width(d), d))
        weights /= np.sqrt(d * sample.sampling.spectrum.mean)
        rows = sample.sampling.design.draw(sample.population, TESTS, rng)
        return weights, rows, rng.random(rows.shape)

    def features(self, rows: Array) -> Array:
        """Return the features of rows, shape (N, P)."""
        estimator, spectrum = self.estimator, self.masked.sample.sampling.spectrum
        weights = self.drawn[0]
        scale = np.sqrt(spectrum.mean * weights.shape[1] / weights.shape[0])
        inner = estimator.gain * rows @ weights.T
        return np.asarray(scale * checked_activation(estimator.activation)(inner))

    @cached_property
    def gram(self) -> Gram:
        """Gram matrix of the smaller side."""
        masked = self.masked
        rows, roots = masked.rows(), masked.roots
        if roots is not None:  # the loss weighs features, not what goes into them
            rows /= np.where(roots > 0, roots, 1.0)[:, None]
        if self.estimator.fill == "normalise":
            rows /= np.sqrt(np.where(masked.ratios < 1, 1 - masked.ratios, 1.0))[:, None]
        features = self.features(rows)
        # Rows without entries say nothing, whatever the function makes of zeros.
        features[~rows.any(axis=1)] = 0.0
        return Gram(features if roots is None else roots[:, None] * features)

    def tests(self, test: InputMask) -> Array:
        """Return the features of test rows, shape (tests, P)."""
        _, rows, uniforms = self.drawn
        if test.ratio == 1:
            return np.zeros((len(rows), len(self.drawn[0])))
        power = {"zero": 0.0, "rescale": 1.0}[test.fill]
        power = 0.5 if self.estimator.fill == "normalise" else power
        shown = rows * (uniforms >= test.ratio) / (1 - test.ratio) ** power
        if self.masked.excluded is not None:
            shown[:, self.masked.excluded] = 0.0
        return self.features(shown)

    def fit(self, ridge: float) -> _Fit:
        """Return the regression with this ridge."""
        return _Fit(self, Ridge(self.gram, ridge))


@dataclass(frozen=True)
class _Fit:
    """A regression on random features with one ridge."""

    layer: _Layer
    regression: Ridge

    def coefficients(self, responses: Array) -> Array:
        """Return the coefficients of responses per sample, shape (P, r)."""
        return self.regression.coefficients(self.layer.masked.responses(responses))

    def learned(self, beta: Array) -> Array:
        """Return the coefficients of the responses x'beta."""
        return self.coefficients(self.layer.masked.sample.rows @ beta)

    def errors(self, test: InputMask, beta: Array, coefficients: Array) -> Array:
        """Return the test risk of each column, on the trial's test rows."""
        miss = self.layer.drawn[1] @ beta - self.layer.tests(test) @ coefficients
        return np.asarray(np.einsum("ij,ij->j", miss, miss) / len(miss))

    def noise_trace(self, test: InputMask) -> float:
        """Return what unit noise in each sample's response adds to the risk."""
        tests, masked = self.layer.tests(test), self.layer.masked
        second = np.asarray(tests.T @ tests / len(tests))
        if masked.has_unit_noise:
            return self.regression.noise_trace(second)
        total = 0.0
        for noise in masked.unit_noise():
            units = self.regression.coefficients(noise)
            total += float(np.einsum("ij,ij->", units, second @ units))
        return total
