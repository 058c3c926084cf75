"""Ask the many-digit reference the question that `rl.risk` was asked."""

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from mpmath import mp, mpf

import ridgeless as rl
from tests import oracle
from tests.tolerances import NEGLIGIBLE

PARTS = ("bias", "design_variance", "noise_variance", "total")


def without_one_feature(eigenvalues: Sequence[float]) -> tuple[list[Any], list[Any], Any]:
    """Return where a masked feature's signal lies, its masses, and the noise, to 60 digits.

    Not by the package's route: the zeros of mean 1/(s - z) are roots of a polynomial, and the
    masses come from its partial fractions.
    """
    with mp.workdps(60):
        s = sorted({mpf(float(x)) for x in eigenvalues})
        h = [mpf(sum(float(x) == v for x in eigenvalues)) / len(eigenvalues) for v in s]
        noise = mpf(0) if s[0] == 0 else 1 / mp.fsum(w / v for w, v in zip(h, s, strict=True))
        zeros = []
        for left, right in pairwise(s):
            low, high = left, right
            for _ in range(230):
                middle = (low + high) / 2
                value = mp.fsum(w / (v - middle) for w, v in zip(h, s, strict=True))
                low, high = (low, middle) if value > 0 else (middle, high)
            zeros.append((low + high) / 2)
        # 1/m(z) = -prod (z - s) / prod (z - t): its residue at t is 1/m'(t).
        masses = []
        for t in zeros:
            top = mp.fprod(t - v for v in s)
            bottom = mp.fprod(t - other for other in zeros if other != t)
            masses.append(abs(top / bottom) / t**2)
        return zeros, masses, noise


def reference(eigenvalues: Any, mask_ratio: Any, target: Any, **options: Any) -> dict[str, Any]:
    """Return the parts of the risk to 40 digits."""
    if isinstance(mask_ratio, rl.RatioLaw):
        mask, weight = mask_ratio.nodes(64)
        if isinstance(mask_ratio, rl.DiscreteRatio):
            weight = np.array(mask_ratio.chances)
        mask_ratio = list(zip(mask, weight, mask_ratio.loss_weight(mask), strict=True))
    eigenvalues = [float(s) for s in eigenvalues]
    if isinstance(target, rl.MaskedFeature):
        zeros, loads, noise = without_one_feature(eigenvalues)
        # Directions without weight carry the signal and count for nothing else.
        weights = [1.0] * len(eigenvalues) + [0.0] * len(zeros)
        masses = [0] * len(eigenvalues) + loads
        points = eigenvalues + zeros
    else:
        masses, noise = oracle.linear_target(eigenvalues, None, target.snr, target.alignment)
        weights, points = [1.0] * len(eigenvalues), eigenvalues
    return oracle.risk(points, mask_ratio, weights=weights, masses=masses, noise=noise, **options)


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
