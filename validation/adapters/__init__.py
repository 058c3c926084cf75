"""Random mask ratios where people already train, and their models where ours are tested.

Everything goes by what a model or a collator has, not by its class: no other library is imported
here, so that none needs to be installed.
"""

from validation.adapters.callback import RatioCallback
from validation.adapters.collator import RatioCollator
from validation.adapters.lightning import LightningRatioCallback
from validation.adapters.loop import random_ratio
from validation.adapters.masked_lm import MaskedLM
from validation.adapters.masks import token_mask, with_mask
from validation.adapters.ratios import batch_ratio, sampled_ratio, with_ratio
from validation.adapters.vit_mae import ViTMAE, place_patches

__all__ = [
    "LightningRatioCallback",
    "MaskedLM",
    "RatioCallback",
    "RatioCollator",
    "ViTMAE",
    "batch_ratio",
    "place_patches",
    "random_ratio",
    "sampled_ratio",
    "token_mask",
    "with_mask",
    "with_ratio",
]
