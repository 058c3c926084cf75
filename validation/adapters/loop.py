"""One call for a training loop that has no trainer and keeps no state."""

from __future__ import annotations

import numpy as np

from ridgeless import DomainError, RatioLaw
from ridgeless.checks import count
from validation.masking import RatioSampler

__all__ = ["random_ratio"]


def random_ratio(
    step: int,
    total: int,
    law: RatioLaw | float,
    rng: np.random.Generator | np.random.SeedSequence | int | None = None,
) -> float:
    """Return the mask ratio of a training step: drawn from a law, or where a schedule is.

    Parameters
    ----------
    step : int, from 0 to `total` - 1
    total : int
        All steps of the training. A schedule's progress is `step` / `total`.
    law : RatioLaw, or a float in (0, 1)
        `UniformRatio` is R2MAE, `ScheduledRatio` is Dynamic MR.
    rng : int, SeedSequence or Generator, optional
        With a seed the ratio follows from seed and step: a run that goes on after an interruption
        has nothing to restore. A generator is drawn from.

    Raises
    ------
    DomainError
        If the step is not one of the training, or a fixed ratio lies outside (0, 1).

    Examples
    --------
    >>> from ridgeless import ScheduledRatio, UniformRatio
    >>> random_ratio(50, 100, ScheduledRatio(0.3, 0.15))
    0.225
    >>> random_ratio(7, 100, UniformRatio(0.2, 0.2), rng=0)
    0.2
    """
    total = count("total", total)
    if count("step", step, least=0) >= total:
        raise DomainError(f"step must be below total = {total}, got {step!r}")
    sampler = RatioSampler(law, rng=rng)
    seeded = rng is not None and not isinstance(rng, np.random.Generator)
    return (sampler.for_batch(step) if seeded else sampler).ratio(step / total)
