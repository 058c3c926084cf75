"""Finite-size Monte Carlo of the risks that `ridgeless` predicts."""

from simulations.designs import GaussianRows, RealRows
from simulations.problem import Problem
from simulations.runner import simulate_risk
from simulations.statistics import RiskEstimate

__all__ = ["GaussianRows", "Problem", "RealRows", "RiskEstimate", "simulate_risk"]
