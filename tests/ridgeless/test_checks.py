"""What counts as a number, and what is said of the rest."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from tests import tolerances


def test_lists_and_integers_are_numbers_too() -> None:
    expected = rl.risk(np.array([1.0, 2.0]), 0.5, aspect_ratio=2.0).total
    assert rl.risk((1, 2), "0.5" and 0.5, aspect_ratio=2).total == expected
    assert isinstance(expected, float)


@pytest.mark.parametrize("law", [rl.DiscreteRatio, rl.DiscretePower])
def test_weights_of_any_size_count_by_their_quotients(law: Callable[..., Any]) -> None:
    values = [0.2, 0.8, 0.3]
    for scale in (1e-310, 1.0, 2.0**1022):
        found = law(values, [scale, 3 * scale, 0.0])
        np.testing.assert_allclose(found.weights, [0.25, 0.75], rtol=tolerances.ROUNDING)
        assert len(found.values) == 2
    with pytest.raises(rl.DomainError, match=r"weights must be 3 numbers.*got \[0.0"):
        law(values, [0.0, 0.0, 0.0])
    with pytest.raises(rl.DomainError, match=r"weights must be 3 numbers.*got \[1\]"):
        law(values, [1])
