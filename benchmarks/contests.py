"""The figures: each call of the package beside what it is measured against.

Every function takes its sizes, so that a test can run it small.
"""

from __future__ import annotations

import functools
import time
from dataclasses import dataclass, field

import numpy as np
from scipy.linalg import eigh

import ridgeless as rl
from benchmarks.alternatives import Problem, damped, scipy_fixed_point
from benchmarks.floor import passes
from benchmarks.timing import Call, one_core, race

OURS = "ridgeless"
PASSES_PER_CELL = 5  # of Newton's method on the plain equation


@dataclass(frozen=True)
class Contest:
    """Calls that take turns; `times` says how often the work of a call would be needed."""

    label: str
    calls: dict[str, Call]
    target: float | None = None  # largest allowed ratio of the first call to the second
    times: dict[str, float] = field(default_factory=dict)
    cores: bool = False  # calls may use all cores

    def seconds(self, budget: float) -> dict[str, float]:
        """Measure on one core, unless the contest is about cores."""
        if self.cores:
            best = race(self.calls, budget)
        else:
            with one_core():
                best = race(self.calls, budget, clock=time.process_time)
        return {name: value * self.times.get(name, 1) for name, value in best.items()}


def power_law(d):
    """Eigenvalues i^-1, shuffled: the package has to sort them."""
    values = 1.0 / np.arange(1, d + 1)
    return np.random.default_rng(0).permutation(values)


def mask_ratios(cells):
    return (np.arange(cells) + 0.5) / cells


def curve(d=2000, cells=100, *, raw=False):
    """A mask-ratio curve beside five passes for each point."""
    values, ratios = power_law(d), mask_ratios(cells)
    spectrum = values if raw else rl.Spectrum(values)
    count = PASSES_PER_CELL * cells
    source = "from the same array each call (remembered)" if raw else "`Spectrum` made once"
    return Contest(
        f"{cells}-point mask-ratio curve, d = {d}, {source}",
        {
            OURS: lambda: rl.risk(spectrum, ratios),
            f"{count} passes": lambda: passes(values, count),
        },
        target=0.5,
    )


def continuous_law(law, name, d=2000, cells=200):
    """A continuous law beside one fixed ratio."""
    spectrum, gammas = rl.Spectrum(power_law(d)), np.geomspace(0.1, 10, cells)
    return Contest(
        f"{name}, {cells} aspect ratios",
        {
            OURS: lambda: rl.risk(spectrum, law, aspect_ratio=gammas),
            "one fixed ratio": lambda: rl.risk(spectrum, law.mean, aspect_ratio=gammas),
        },
        target=2.0,
    )


def mixed_masks(masks=4, d=2000, cells=100):
    """Masks of a sample that differ in ratio beside one mask of the same law, at the same rows."""
    spectrum, law = rl.Spectrum(power_law(d)), rl.UniformRatio(0.1, 0.9)
    gammas = np.geomspace(0.1, 10, cells)
    several = {"aspect_ratio": masks * gammas, "masks_per_sample": masks}
    return Contest(
        f"{masks} masks per sample, each of a law uniform on (0.1, 0.9)",
        {
            OURS: lambda: rl.risk(spectrum, law, **several),
            "one mask of the law": lambda: rl.risk(spectrum, law, aspect_ratio=gammas),
        },
        target=20.0,
    )


def surface(d=1_000_000, side=100):
    """A surface of mask ratio by aspect ratio beside the direct passes, of which one is run."""
    values = power_law(d)
    spectrum, gammas = rl.Spectrum(values), np.geomspace(0.1, 10, side)
    ratios = mask_ratios(side)[:, None]
    needed = PASSES_PER_CELL * side * side
    return Contest(
        f"{side} x {side} surface, {d:.0e} eigenvalues, `Spectrum` made once",
        {
            OURS: lambda: rl.risk(spectrum, ratios, aspect_ratio=gammas),
            "direct passes": lambda: passes(values, 1),
        },
        target=3e-4,
        times={"direct passes": needed},
    )


def first_use(d=1_000_000):
    """Sort, check and compress a spectrum and solve one cell, beside five passes over it."""
    values = power_law(d)
    return Contest(
        f"first use of {d:.0e} eigenvalues",
        {
            OURS: lambda: rl.risk(values, 0.5),
            f"{PASSES_PER_CELL} passes": lambda: passes(values, PASSES_PER_CELL),
        },
        target=40.0,
    )


def full_covariance(d=2000):
    """The risk for a full covariance beside one eigendecomposition of it."""
    rng = np.random.default_rng(0)
    rows = rng.standard_normal((2 * d, d)) * rng.uniform(0.5, 2.0, d)
    sigma, beta = rows.T @ rows / len(rows), rng.standard_normal(d) / np.sqrt(d)
    return Contest(
        f"`covariance_risk`, d = {d}, one mask ratio",
        {
            OURS: lambda: rl.covariance_risk(sigma, beta, 0.5, noise=1.0, aspect_ratio=2.0),
            "one `scipy.linalg.eigh`": lambda: eigh(sigma),
        },
        target=10.0,
    )


def common_job(d=2000, cells=100, ridge=1e-3):
    """Unmasked ridge regression on an AR(1) spectrum, beside what one would otherwise write."""
    problem = ar1_problem(d)
    spectrum, gammas = rl.Spectrum(problem.s), np.geomspace(0.1, 10, cells)
    options = {"aspect_ratio": gammas, "ridge": ridge, "target": problem.target}
    return Contest(
        f"unmasked ridge, AR(1), d = {d}, {cells} aspect ratios, ridge {ridge:g}",
        {
            OURS: lambda: rl.risk(spectrum, 0.0, **options),
            "damped iteration": lambda: damped(problem, gammas, ridge),
            "scipy fixed_point": lambda: scipy_fixed_point(problem, gammas, ridge),
            f"{PASSES_PER_CELL * cells} passes": lambda: passes(problem.s, PASSES_PER_CELL * cells),
        },
    )


@functools.cache
def ar1_problem(d):
    return Problem(rl.Spectrum.ar1(0.5, d).eigenvalues)


def atoms_law(atoms):
    """A law with so many equal atoms in (0.1, 0.9)."""
    return rl.DiscreteRatio(0.1 + 0.8 * mask_ratios(atoms))


def law_nodes(atoms, d=2000, cells=200):
    """A discrete law beside one fixed ratio."""
    contest = continuous_law(atoms_law(atoms), f"{atoms} atoms", d, cells)
    return Contest(contest.label, contest.calls)


def best_ratio(name, d=2000, cells=433, **options):
    """The best mask ratio beside one curve."""
    spectrum, ratios = rl.Spectrum(power_law(d)), mask_ratios(cells)
    return Contest(
        f"`optimal_mask_ratio` on {name}",
        {
            OURS: lambda: rl.optimal_mask_ratio(spectrum, **options),
            f"`risk` on {cells} ratios": lambda: rl.risk(spectrum, ratios, **options),
        },
        target=8.0,
    )


def grid(cells, d=2000):
    """Mask-ratio curves of any length beside five passes for each point."""
    return curve(d, cells)


def threads(cells=100_000, d=2000):
    """A long curve on all cores beside the same on one."""
    spectrum, ratios = rl.Spectrum(power_law(d)), mask_ratios(cells)

    def alone():
        with one_core():
            rl.risk(spectrum, ratios)

    return Contest(
        f"{cells:.0e} cells on all cores, two of them free",
        {OURS: lambda: rl.risk(spectrum, ratios), "the same on one core": alone},
        target=1 / 1.6,
        cores=True,
    )


def required():
    """Return the contests whose ratios have a target."""
    return [
        curve(),
        curve(raw=True),
        continuous_law(rl.UniformRatio(0.1, 0.9), "law uniform on (0.1, 0.9)"),
        continuous_law(rl.ScheduledRatio(0.8, 0.2, "cosine"), "cosine schedule 0.8 to 0.2"),
        mixed_masks(),
        surface(),
        first_use(),
        threads(),
        full_covariance(),
        best_ratio("a flat curve", aspect_ratio=1e14),  # every risk is that of predicting 0
        best_ratio("a two-valley curve", aspect_ratio=0.3),
    ]
