"""Asymptotic test risk of ridgeless regression on randomly masked inputs, for any spectrum."""

from ridgeless.errors import ConvergenceError, DomainError
from ridgeless.mask_ratio import DiscreteRatio, RatioLaw, ScheduledRatio, UniformRatio
from ridgeless.risk import Risk, learned_fraction, risk
from ridgeless.spectrum import Spectrum
from ridgeless.target import LinearTarget, MaskedFeature

__version__ = "0.1.0.dev0"

__all__ = [
    "ConvergenceError",
    "DiscreteRatio",
    "DomainError",
    "LinearTarget",
    "MaskedFeature",
    "RatioLaw",
    "Risk",
    "ScheduledRatio",
    "Spectrum",
    "UniformRatio",
    "learned_fraction",
    "risk",
]
