"""Losses of networks that do not exist: one valley in log odds, with other slopes on its sides."""

import numpy as np

from ridgeless.pilot.runs import logit


class Curve:
    def __init__(self, rng: np.random.Generator, noise: float = 0.005) -> None:
        self.centre, self.depth = rng.uniform(-2, 2), rng.uniform(0.02, 0.3)
        self.right, self.noise, self.rng = rng.uniform(0.5, 2), noise, rng

    def __call__(self, p: np.ndarray | float) -> np.ndarray:
        away = logit(np.asarray(p)) - self.centre
        slope = np.where(away > 0, self.right, 1.0)
        return 0.3 * np.exp(self.depth * slope * away**2 / (1 + 0.2 * np.abs(away)))

    def run(self, p: float) -> float:
        return float(self(p) * np.exp(self.noise * self.rng.normal()))

    def regret(self, p: float) -> float:
        return float(self(p) / self(np.linspace(0.05, 0.95, 91)).min() - 1)
