"""Asymptotic test risk of ridgeless regression on randomly masked inputs, for any spectrum."""

from ridgeless.covariance import covariance_risk
from ridgeless.errors import ConvergenceError, DomainError
from ridgeless.learned import learned_fraction
from ridgeless.mask_ratio import DiscreteRatio, RatioLaw, ScheduledRatio, UniformRatio
from ridgeless.masking import Masking
from ridgeless.optimal import OptimalMaskRatio, optimal_mask_ratio
from ridgeless.parts import Risk
from ridgeless.pilot import Pilot, pilot
from ridgeless.ratio_aware import ratio_aware_risk
from ridgeless.recommend import Recommendation, recommend
from ridgeless.risk import risk
from ridgeless.spectrum import Spectrum
from ridgeless.target import LinearTarget, MaskedFeature

__version__ = "0.1.0"

__all__ = [
    "ConvergenceError",
    "DiscreteRatio",
    "DomainError",
    "LinearTarget",
    "MaskedFeature",
    "Masking",
    "OptimalMaskRatio",
    "Pilot",
    "RatioLaw",
    "Recommendation",
    "Risk",
    "ScheduledRatio",
    "Spectrum",
    "UniformRatio",
    "covariance_risk",
    "learned_fraction",
    "optimal_mask_ratio",
    "pilot",
    "ratio_aware_risk",
    "recommend",
    "risk",
]
