"""Random mask ratios in training: R2MAE, Dynamic MR and fixed ratios are one sampler of a law.

`RatioSampler` draws how much is hidden, `Masker` which tokens are.
"""

from validation.masking.fill import filled, kept_share
from validation.masking.masker import Drawn, Masker, hidden_counts
from validation.masking.sampler import RatioSampler, ungrouped

__all__ = [
    "Drawn",
    "Masker",
    "RatioSampler",
    "filled",
    "hidden_counts",
    "kept_share",
    "ungrouped",
]
