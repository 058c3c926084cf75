"""Ask the many-digit reference the question that `rl.risk` was asked."""

import math
from typing import Any

import numpy as np

import ridgeless as rl
from tests import oracle
from tests.tolerances import NEGLIGIBLE

PARTS = ("bias", "design_variance", "noise_variance", "total")


def reference(eigenvalues: Any, mask_ratio: Any, target: Any, **options: Any) -> dict[str, Any]:
    """Return the parts of the risk to 40 digits."""
    if isinstance(mask_ratio, rl.DiscreteRatio):
        mask_ratio = list(zip(mask_ratio.values, mask_ratio.weights, strict=True))
    if isinstance(target, rl.MaskedFeature):
        masses, noise = oracle.masked_feature(eigenvalues, None)
    else:
        masses, noise = oracle.linear_target(eigenvalues, None, target.snr, target.alignment)
    return oracle.risk(eigenvalues, mask_ratio, masses=masses, noise=noise, **options)


def worst_error(risk: rl.Risk, exact: dict[str, Any]) -> float:
    """Return the largest relative error of a part; a part that is 0 counts by the total."""
    errors = []
    for part in PARTS:
        got, right = getattr(risk, part), exact[part]
        if math.isinf(got) or math.isinf(right):
            errors.append(0.0 if got == right else math.inf)
        else:
            scale = right if right > NEGLIGIBLE * exact["total"] else exact["total"] or 1
            errors.append(float(abs(got - right) / scale))
    assert all(np.isfinite(errors) | np.isposinf(errors))
    return max(errors)
