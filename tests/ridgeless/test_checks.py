"""What counts as a number, and what is said of the rest."""

import numpy as np

import ridgeless as rl


def test_lists_and_integers_are_numbers_too() -> None:
    expected = rl.risk(np.array([1.0, 2.0]), 0.5, aspect_ratio=2.0).total
    assert rl.risk((1, 2), "0.5" and 0.5, aspect_ratio=2).total == expected
    assert isinstance(expected, float)
