"""The distance to a threshold keeps its digits, whatever the factors."""

from fractions import Fraction

import numpy as np
import pytest

from ridgeless.engine.distance import constants, excess
from tests.tolerances import ROUNDING


@pytest.mark.parametrize("seed", range(20))
def test_products_are_exact_beside_the_threshold(seed: int) -> None:
    """Against rational arithmetic, for aspect ratios one rounding away from the threshold."""
    rng = np.random.default_rng(seed)
    per_mask, masks = float(rng.uniform(0.1, 1)), float(rng.integers(1, 9))
    total = (997.0, 1 / 3)[seed % 2]  # counts, or shares whose product with masks is rounded
    above = total * float(rng.integers(1, 997)) / 997
    gamma = per_mask * masks * total / above * (1 + rng.integers(-4, 5) * 2e-16)
    rows = Fraction(per_mask) * Fraction(masks) * Fraction(total)
    exact = (Fraction(gamma) * Fraction(above) - rows) / rows
    found = excess(gamma, above, per_mask, masks, 1.0, total)
    assert abs(Fraction(found) - exact) <= ROUNDING * abs(exact)


def test_constants_multiply_to_the_ridge() -> None:
    assert constants(0.5, 3.0) == (3.0, 1.0)
    assert constants(0.0, 3.0) == (3.0, 1.0)
    assert constants(-0.5, 3.0) == (1.0, 3.0)
    assert constants(-0.5, 0.0) == (1.0, 0.0)
    assert constants(0.0, 0.0) == (0.0, 0.0)
