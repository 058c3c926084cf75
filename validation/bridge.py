r"""The plot that must be flat: gradient descent on the linear model, over the theory's risk.

Gaussian rows have the spectrum of a data set, and constant variances. The linear model of
`validation.models` starts at zero and is trained until its gradient vanishes, with one mask per
row (it ends at the min-norm solution) or with fresh masks at every step (infinitely many masks per
row). Its risk, given what it learned, is exact: the rows' covariance is known.

What is left between it and the theory is Monte Carlo error and finite size. The latter falls like
1/d, so the difference between the risks at d/2 and at d estimates what remains at d.

Each scheme is also compared with the formula of the other one, which is wrong for it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

import ridgeless as rl
from ridgeless import ConvergenceError, RatioLaw, ScheduledRatio
from ridgeless.names import mask_ratio
from ridgeless.quantiles import quantized
from simulations.populations.designs import GaussianRows
from simulations.running.intervals import standard_error
from validation.datasets.tokens import Tokens
from validation.masking import RatioSampler, ungrouped
from validation.models import Linear

__all__ = ["Bridge", "bridge", "descend", "trained_risk"]

Array = NDArray[np.float64]
Scheme = Literal["one mask", "fresh masks"]

FLAT = 1e-6  # a gradient this small, relative to the first, is zero
DIVERGED = 5.0  # one this large means that steps are too long: start again with half of them


@dataclass(frozen=True)
class Bridge:
    """Which linear models are trained, and how often."""

    #: At d/n = 1/4 and 2, no threshold is near: the rows that count are at least 1.6 d or at
    #: most 0.4 d.
    ratios: tuple[str, ...] = ("0.4", "0.6", "0.8", "uniform:0.2:0.8")
    aspect_ratios: tuple[float, ...] = (0.25, 2.0)
    dimension: int = 96
    trials: int = 4
    steps: int = 100_000
    #: With fresh masks, which damp all directions, so that fewer do.
    fresh_steps: int = 5000

    def rows(self, eigenvalues: Array, rng: np.random.SeedSequence) -> Iterator[dict[str, Any]]:
        """Yield one row of the report per ratio, aspect ratio and scheme."""
        schemes: tuple[Scheme, ...] = ("one mask", "fresh masks")
        for gamma in self.aspect_ratios:
            for name in self.ratios:
                for scheme in schemes:
                    yield self._row(eigenvalues, name, gamma, scheme, rng)

    def _row(
        self,
        eigenvalues: Array,
        name: str,
        gamma: float,
        scheme: Scheme,
        rng: np.random.SeedSequence,
    ) -> dict[str, Any]:
        law = mask_ratio(name)
        steps = self.steps if scheme == "one mask" else self.fresh_steps
        means = {}
        for size in (self.dimension // 2, self.dimension):
            # Twice the trials at half the size, which vary more.
            number = self.trials * self.dimension // size
            values = quantized(rl.Spectrum(eigenvalues), size).eigenvalues
            risks = [
                trained_risk(values, law, gamma, scheme, child, steps)
                for child in np.random.SeedSequence(rng.entropy, spawn_key=(size,)).spawn(number)
            ]
            means[size] = np.mean(risks), standard_error(risks)
        (half, half_error), (trained, error) = means.values()
        theory, wrong = (
            float(
                rl.risk(
                    eigenvalues, law, aspect_ratio=gamma, masks_per_sample=masks
                ).prediction_error
            )
            for masks in ((1, math.inf) if scheme == "one mask" else (math.inf, 1))
        )
        finite = abs(half - trained)
        bound = 2 * math.hypot(error, half_error) + finite
        return {
            "ratio": name,
            "aspect_ratio": gamma,
            "scheme": scheme,
            "dimension": self.dimension,
            "theory": theory,
            "trained": float(trained),
            "standard_error": float(error),
            "finite_size": float(finite),
            "tolerance": float(bound),
            "agrees": bool(abs(trained - theory) <= bound),
            "wrong_formula": wrong,
            "wrong_agrees": bool(abs(trained - wrong) <= bound),
        }


def bridge(data: Tokens, settings: Bridge, rng: int = 0) -> list[dict[str, Any]]:
    """Return the bridge for the correlation spectrum of a data set."""
    columns = data.columns(data.train)[:, data.counted].astype(np.float64)
    columns = columns[:, columns.std(axis=0) > 0]
    correlation = np.corrcoef(columns, rowvar=False)
    eigenvalues = np.array(rl.Spectrum.from_covariance(correlation).eigenvalues)
    return list(settings.rows(eigenvalues, np.random.SeedSequence(rng)))


def trained_risk(
    eigenvalues: Array,
    law: RatioLaw | float,
    aspect_ratio: float,
    scheme: Scheme,
    seed: np.random.SeedSequence,
    steps: int = 20000,
) -> float:
    """Return the exact prediction error of one linear model trained by gradient descent.

    All features are predicted, each from the others, with nothing else hidden at test time; the
    error is their mean, in units of their variance.

    Raises
    ------
    ConvergenceError
        If the gradient has not vanished after `steps` steps.
    """
    rng = np.random.default_rng(seed)
    size = len(eigenvalues)
    spectrum = rl.Spectrum(eigenvalues)
    sigma = GaussianRows().population(spectrum, rng).covariance
    root = np.linalg.cholesky(sigma + 1e-12 * np.eye(size))
    rows = rng.standard_normal((round(size / aspect_ratio), size)) @ root.T
    sampler = RatioSampler(law, "sample", rng, rank=0)
    predicted = descend(rows, sampler, scheme, steps)
    residual = np.eye(size) - predicted  # row j: what is left of feature j
    return float(np.einsum("ij,jk,ik->i", residual, sigma, residual).mean() / np.diag(sigma).mean())


def descend(
    rows: Array, sampler: RatioSampler, scheme: Scheme, steps: int, sweeps: int = 1
) -> Array:
    """Return W, shape (d, d), with which the linear model predicts hidden features of `rows`.

    Gradient descent with Nesterov's momentum on the sum of squared errors at hidden features, from
    zero. With fresh masks the step size falls, which averages the noise of the masks out.

    A schedule of mask ratios runs over the rows if each has one mask, else over the steps: once,
    or `sweeps` times.
    """
    number, size = rows.shape
    samples = rows[..., None].astype(np.float32)
    grid = (1, size)
    model = Linear(Tokens("bridge", samples, samples[:1], grid)).double()
    values = torch.as_tensor(rows)[..., None]

    hidden = _masks(sampler, (np.arange(number) + 0.5) / number, size)
    # The largest curvature of any feature's problem is at most that of the masked rows.
    blank = model.blank(values, hidden)[..., 0]
    curvature = float(torch.linalg.matrix_norm(blank, 2)) ** 2
    headroom = 1.0 if scheme == "one mask" else 1.5
    weight = model.map.weight
    while True:
        torch.nn.init.zeros_(weight)
        rate = 1 / (headroom * curvature)
        optimizer = torch.optim.SGD([weight], lr=rate, momentum=0.97, nesterov=True)
        first, slope = 0.0, math.inf
        for step in range(steps):
            if scheme == "fresh masks":
                hidden = _masks(sampler, np.full(number, step * sweeps / steps % 1), size)
                for group in optimizer.param_groups:
                    group["lr"] = math.cos(math.pi * step / (2 * steps)) ** 2 * rate
            wrong = (model(values, hidden) - values).square()[hidden].sum() / 2
            (weight.grad,) = torch.autograd.grad(wrong, weight)
            slope = float(weight.grad.norm())
            first = first or slope
            if not slope <= DIVERGED * first:
                break
            optimizer.step()
            if scheme == "one mask" and slope <= FLAT * first:
                break
        if slope <= DIVERGED * first:
            break
        headroom *= 2  # masks to come can be steeper than the first ones
    if scheme == "one mask" and slope > FLAT * first:
        raise ConvergenceError(
            f"gradient descent must reach a gradient of {FLAT:g} of the first within {steps} "
            f"steps, got {slope / first:.1e}"
        )
    return np.asarray(weight.detach().numpy(), dtype=np.float64)


def _masks(sampler: RatioSampler, progress: Array, size: int) -> torch.Tensor:
    """Draw a mask for every row, with the ratio that a schedule has at the row's progress."""
    law, rng = ungrouped(sampler).law, sampler.rng
    if isinstance(law, ScheduledRatio):
        ratios = np.array([law.at(float(done)) for done in progress])
    else:  # all at once: a call per row would cost more than the step itself
        ratios = law.sample(rng, len(progress))
    return torch.as_tensor(rng.random((len(progress), size)) < ratios[:, None])
