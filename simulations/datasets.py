"""Real data sets as designs."""

from __future__ import annotations

from functools import lru_cache

import ridgeless as rl
from ridgeless.errors import ratio_array, real_scalar
from simulations.designs import RealRows

__all__ = ["digits"]


@lru_cache(maxsize=4)
def digits(least_used: float = 0.1) -> RealRows:
    """Return scikit-learn's 8 x 8 handwritten digits, one row per image.

    Parameters
    ----------
    least_used : float in [0, 1]
        Pixels that are blank in all but this share of the images are left out. At 0 only those
        go that never vary; then features that are constant in most small samples decide the risk
        of min-norm regression, which no spectrum knows about.

    Raises
    ------
    DomainError
        If no pixel is left.
    """
    from sklearn.datasets import load_digits

    share = float(ratio_array("least_used", real_scalar("least_used", least_used)))
    pixels = load_digits().data
    used = (pixels.std(axis=0) > 0) & ((pixels > 0).mean(axis=0) >= share)
    if not used.any():
        raise rl.DomainError(f"least_used must leave some pixels, got {least_used!r}")
    return RealRows(pixels[:, used], name="digits")
