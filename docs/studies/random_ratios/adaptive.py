"""Test ratio by test ratio: fixed ratios, R2MAE, and regression that knows the ratio."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

import ridgeless as rl
from random_ratios.law_table import R2MAE, SPECTRA, TARGETS, TESTS
from simulations import Problem, RatioAware, simulate_risks
from simulations.running import pages
from simulations.running.style import COLOURS

__all__ = ["Curves", "Simulated", "curves", "draw_curves", "simulated", "table"]

Array = NDArray[np.float64]

GRID = np.linspace(0.0, 0.94, 48)
FIXED = np.linspace(0.005, 0.985, 197)
DEGREES = (1, 2, 3)
#: Highest degree with one mask per sample, where more costs too many rows.
FEW_ROWS = 2
SETTINGS = (
    *((1.0, gamma) for gamma in (0.02, 0.05, 0.1, 0.25)),
    *((math.inf, gamma) for gamma in (0.01, 0.05, 0.25, 1.0, 2.0)),
)
SHOWN = (("feature", math.inf, 0.25), ("linear", math.inf, 0.25), ("linear", 1.0, 0.05))
MEASURED = ((1.0, 0.1), (math.inf, 0.25))
DIMENSION = 160
GOALS = {"feature": "masked feature", "linear": "linear task"}


class Curves(NamedTuple):
    """Errors relative to predicting the mean, at `tests`."""

    goal: str
    masks: float
    aspect_ratio: float
    tests: Array
    fixed: Array  #: shape (FIXED, tests)
    plain: Array  #: R2MAE
    aware: tuple[Array, ...]  #: R2MAE, by degree

    @property
    def envelope(self) -> Array:
        """The best fixed ratio for each test ratio."""
        return np.asarray(self.fixed.min(axis=0))

    def averaged(self, chosen: Array) -> Array:
        """Mean over the test ratios of the table."""
        return np.asarray(
            chosen[..., [int(np.argmin(abs(self.tests - p))) for p in TESTS]].mean(-1)
        )

    @property
    def one(self) -> int:
        """The fixed ratio of least mean."""
        return int(self.averaged(self.fixed).argmin())


def curves(goal: str, masks: float, aspect_ratio: float, *, tests: Array = GRID) -> Curves:
    """Return what theory says."""
    tests = np.union1d(tests, TESTS)
    options: dict[str, Any] = {"target": TARGETS[goal], "aspect_ratio": aspect_ratio,
                               "masks_per_sample": masks, "test_mask_ratio": tests}  # fmt: skip
    law = SPECTRA["i^-1"]

    def relative(found: rl.Risk) -> Array:
        return np.asarray(found.prediction_error / (found.null + found.noise))

    fixed = rl.risk(law, FIXED[:, None], **options)
    return Curves(
        goal, masks, aspect_ratio, tests,
        fixed=relative(fixed),
        plain=relative(rl.risk(law, R2MAE, **options)),
        aware=tuple(
            relative(rl.ratio_aware_risk(law, R2MAE, degree=degree, **options))
            for degree in DEGREES if masks == math.inf or degree <= FEW_ROWS
        ),
    )  # fmt: skip


def table(found: Sequence[Curves]) -> str:
    """Return the means over test ratios, in Markdown."""
    head = ["target", "K", "d/n", "best fixed on average", "its mean", "R2MAE, plain",
            *(f"degree {n}" for n in DEGREES), "best fixed for each test ratio",
            *(f"degree {n}: most above it, 0.1 to 0.9" for n in DEGREES)]  # fmt: skip
    lines = []
    for c in found:
        mean = c.averaged(c.fixed)[c.one]
        drawn = (c.tests >= R2MAE.low) & (c.tests <= R2MAE.high)
        aware = [beside(float(c.averaged(x)), mean) for x in c.aware]
        worst = [beside(float((x / c.envelope)[drawn].max()), 1.0, plain=False) for x in c.aware]
        left = [""] * (len(DEGREES) - len(c.aware))
        lines.append(
            [
                c.goal,
                "∞" if math.isinf(c.masks) else f"{c.masks:g}",
                f"{c.aspect_ratio:g}",
                f"{FIXED[c.one]:.3f}",
                f"{mean:.3f}",
                beside(float(c.averaged(c.plain)), mean),
                *aware,
                *left,
                beside(float(c.averaged(c.envelope)), mean),
                *worst,
                *left,
            ]
        )
    return pages.table(head, lines)


def beside(value: float, mean: float, plain: bool = True) -> str:
    """Return a value, and by how much it exceeds another."""
    if value == math.inf:
        return "∞"
    change = f"{value / mean - 1:+.1%}"
    return f"{value:.3f} ({change})" if plain else change


class Simulated(NamedTuple):
    """Theory beside Monte Carlo: risk averaged over test ratios."""

    masks: float
    aspect_ratio: float
    label: str
    theory: float
    mean: float
    error: float


def simulated(trials: int, dimension: int = DIMENSION) -> list[Simulated]:
    """Return the risks of a linear task, averaged over test ratios, with their errors."""
    out = []
    spectrum = rl.Spectrum.power_law(1.0, dimension)
    for masks, gamma in MEASURED:
        options: dict[str, Any] = {"target": TARGETS["linear"], "aspect_ratio": gamma}
        options["masks_per_sample"] = masks
        fixed = rl.risk(spectrum, FIXED[:, None], test_mask_ratio=np.array(TESTS), **options)
        best = float(FIXED[np.asarray(fixed.total).mean(axis=1).argmin()])
        laws: list[tuple[str, float | rl.RatioLaw, int]] = [(f"fixed {best:.3f}, plain", best, 0)]
        laws += [("R2MAE, plain", R2MAE, 0)]
        laws += [(f"R2MAE, degree {degree}", R2MAE, degree) for degree in DEGREES[:FEW_ROWS]]
        for label, law, degree in laws:
            problems = [
                Problem(spectrum, law, dimension=dimension, estimator=RatioAware(degree),
                        test_mask_ratio=p, **options)
                for p in TESTS
            ]  # fmt: skip
            found = simulate_risks(problems, trials=trials, rng=1)
            theory = [float(problem.theory().total) for problem in problems]
            # The mean's error as if the risks of a trial moved together: no less than it is.
            error = float(np.mean([x.standard_error for x in found]))
            mean = float(np.mean([x.mean for x in found]))
            out.append(Simulated(masks, gamma, label, float(np.mean(theory)), mean, error))
    return out


def simulated_table(found: Sequence[Simulated]) -> str:
    """Return theory beside simulation, in Markdown."""
    head = ["K", "d/n", "training", "theory", "Monte Carlo"]
    lines = []
    for x in found:
        masks = "∞" if math.isinf(x.masks) else f"{x.masks:g}"
        lines.append([masks, f"{x.aspect_ratio:g}", x.label, f"{x.theory:.4f}",
                      f"{x.mean:.4f} ± {x.error:.4f}"])  # fmt: skip
    return pages.table(head, lines)


def draw_curves(axis: Any, c: Curves) -> None:
    """Draw one setting over the test ratios."""
    axis.plot(c.tests, c.envelope, color="0.3", lw=4, alpha=0.35,
              label="best fixed ratio for each test ratio")  # fmt: skip
    axis.plot(c.tests, c.fixed[c.one], color="0.3", linestyle=":",
              label="one fixed ratio, best on average")  # fmt: skip
    axis.plot(c.tests, c.plain, color=COLOURS[0], label="R2MAE, plain")
    styles = ("--", "-.", (0, (1, 1)))
    for number, (degree, values) in enumerate(zip(DEGREES, c.aware, strict=False), start=1):
        axis.plot(c.tests, values, color=COLOURS[number], linestyle=styles[number - 1],
                  label=f"R2MAE, ratio-aware of degree {degree}")  # fmt: skip
    masks = "∞" if math.isinf(c.masks) else f"{c.masks:g}"
    axis.set(title=f"{GOALS[c.goal]}, $K = {masks}$, $d/n = {c.aspect_ratio:g}$",
             xlabel="test mask ratio", ylim=(0, 1.25))  # fmt: skip
