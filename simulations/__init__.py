"""Finite-size Monte Carlo of the risks that `ridgeless` predicts."""

from simulations.designs import EllipticalRows, GaussianRows, RademacherRows, StudentRows
from simulations.problem import Problem
from simulations.real_rows import RealRows
from simulations.runner import simulate_risk, simulate_risks
from simulations.statistics import RiskEstimate

__all__ = [
    "EllipticalRows",
    "GaussianRows",
    "Problem",
    "RademacherRows",
    "RealRows",
    "RiskEstimate",
    "StudentRows",
    "simulate_risk",
    "simulate_risks",
]
