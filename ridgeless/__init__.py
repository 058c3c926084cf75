"""Asymptotic test risk of ridgeless regression on randomly masked inputs, for any spectrum."""

from ridgeless.covariance import covariance_risk
from ridgeless.errors import ConvergenceError, DomainError
from ridgeless.learned import learned_fraction
from ridgeless.mask_ratio import DiscreteRatio, RatioLaw, ScheduledRatio, UniformRatio
from ridgeless.masking import Masking
from ridgeless.optimal import OptimalMaskRatio, optimal_mask_ratio
from ridgeless.parts import RandomFeaturesRisk, Risk, TransferRisk
from ridgeless.pilot import Pilot, pilot
from ridgeless.random_features import random_features_risk
from ridgeless.ratio_aware import ratio_aware_risk
from ridgeless.recommend import (
    ProbeRecommendation,
    Recommendation,
    recommend,
    recommend_probe,
)
from ridgeless.risk import risk
from ridgeless.row_power import DiscretePower, LognormalPower, RowPower, StudentPower
from ridgeless.rows import RowsRisk, learning_curve, rows_risk
from ridgeless.spectrum import Spectrum
from ridgeless.target import LinearTarget, MaskedFeature
from ridgeless.transfer.covariance import covariance_transfer_risk
from ridgeless.transfer.from_rows import RowsTransferRisk, rows_transfer_risk
from ridgeless.transfer.spectral import transfer_risk

__version__ = "0.2.0"

__all__ = [
    "ConvergenceError",
    "DiscretePower",
    "DiscreteRatio",
    "DomainError",
    "LinearTarget",
    "LognormalPower",
    "MaskedFeature",
    "Masking",
    "OptimalMaskRatio",
    "Pilot",
    "ProbeRecommendation",
    "RandomFeaturesRisk",
    "RatioLaw",
    "Recommendation",
    "Risk",
    "RowPower",
    "RowsRisk",
    "RowsTransferRisk",
    "ScheduledRatio",
    "Spectrum",
    "StudentPower",
    "TransferRisk",
    "UniformRatio",
    "covariance_risk",
    "covariance_transfer_risk",
    "learned_fraction",
    "learning_curve",
    "optimal_mask_ratio",
    "pilot",
    "random_features_risk",
    "ratio_aware_risk",
    "recommend",
    "recommend_probe",
    "risk",
    "rows_risk",
    "rows_transfer_risk",
    "transfer_risk",
]
