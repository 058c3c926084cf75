"""Any spectrum as that of d directions."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.quantiles import quantized
from tests.tolerances import ROUNDING

LAW = rl.Spectrum([0.0, 1.0, 7.0], weights=[1, 4, 2])


def test_whole_numbers_of_directions_are_exact() -> None:
    exact = quantized(LAW, 14).eigenvalues
    np.testing.assert_array_equal(exact, np.repeat([0.0, 1.0, 7.0], [2, 8, 4]))
    shared = quantized(rl.Spectrum([1.0, 3.0, 2.0]), 6).eigenvalues
    np.testing.assert_array_equal(shared, [1, 1, 2, 2, 3, 3])


def test_other_numbers_keep_the_mean() -> None:
    assert quantized(LAW, 10).mean == pytest.approx(LAW.mean, rel=ROUNDING)
    assert quantized(LAW, 10).eigenvalues[0] == 0.0
    spectrum = rl.Spectrum([4.0, 1.0, 1.0, 1.0, 3.0, 2.0])
    for size in (3, 8, 24):
        assert len(quantized(spectrum, size)) == size
        assert quantized(spectrum, size).mean == pytest.approx(spectrum.mean, rel=ROUNDING)
