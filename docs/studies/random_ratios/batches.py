"""A ratio per batch, as R2MAE draws them, beside a ratio per sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

import ridgeless as rl
from random_ratios.law_table import R2MAE, TARGETS
from simulations import Problem, simulate_risk
from simulations.running import pages

__all__ = ["Batches", "batches", "table"]

FEW, DRAWS = 20, 400


class Batches(NamedTuple):
    """Rows in batches of `size` that share a ratio."""

    size: int
    number: int
    theory: float  #: of the law
    drawn: float  #: mean over draws of `number` ratios, of the theory for these ratios
    mean: float
    error: float


def batches(dimension: int, trials: int, aspect_ratio: float = 0.25) -> list[Batches]:
    """Return the risk of a linear task under R2MAE with one mask per sample."""
    spectrum, target = rl.Spectrum.power_law(1.0, dimension), TARGETS["linear"]
    samples = round(dimension / aspect_ratio)
    rng = np.random.default_rng(0)

    def theory(law: rl.RatioLaw) -> float:
        return float(rl.risk(spectrum, law, target=target, aspect_ratio=aspect_ratio).total)

    out = []
    for number in sorted({samples, samples // 8, 20, 4}, reverse=True):
        size = samples // number
        problem = Problem(spectrum, R2MAE, aspect_ratio=aspect_ratio, target=target,
                          dimension=dimension, ratio_batch=size)  # fmt: skip
        found = simulate_risk(problem, trials=trials, rng=2)
        drawn = theory(R2MAE)
        if number <= FEW:
            draws = [rl.DiscreteRatio(R2MAE.sample(rng, number)) for _ in range(DRAWS)]
            drawn = float(np.mean([theory(law) for law in draws]))
        out.append(Batches(size, number, theory(R2MAE), drawn, found.mean, found.standard_error))
    return out


def table(found: Sequence[Batches]) -> str:
    """Return one line per size of batch, in Markdown."""
    head = ["samples per ratio", "ratios drawn", "theory of the law", "theory of the drawn ratios",
            "Monte Carlo"]  # fmt: skip
    lines = [
        [
            str(x.size),
            str(x.number),
            f"{x.theory:.4f}",
            f"{x.drawn:.4f}",
            f"{x.mean:.4f} ± {x.error:.4f}",
        ]
        for x in found
    ]
    return pages.table(head, lines)
