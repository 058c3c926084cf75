"""Finite-size Monte Carlo of the risks that `ridgeless` predicts."""

from simulations.collection.runner import simulate_risk, simulate_risks
from simulations.collection.statistics import RiskEstimate
from simulations.populations.designs import (
    EllipticalRows,
    GaussianRows,
    PowerRows,
    RademacherRows,
    StudentRows,
)
from simulations.populations.real_rows import RealRows
from simulations.trials.estimators.kernel import ArcCosineKernel
from simulations.trials.estimators.linear import LinearRegression
from simulations.trials.estimators.random_features import RandomFeatures
from simulations.trials.estimators.ratio_aware import RatioAware
from simulations.trials.problem import Problem
from simulations.trials.transfer import Transfer, simulate_transfer

__all__ = [
    "ArcCosineKernel",
    "EllipticalRows",
    "GaussianRows",
    "LinearRegression",
    "PowerRows",
    "Problem",
    "RademacherRows",
    "RandomFeatures",
    "RatioAware",
    "RealRows",
    "RiskEstimate",
    "StudentRows",
    "Transfer",
    "simulate_risk",
    "simulate_risks",
    "simulate_transfer",
]
