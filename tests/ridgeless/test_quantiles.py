"""Any spectrum as that of d directions."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.quantiles import quantized, systematic_sample
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


def test_a_systematic_sample_has_every_atom_by_its_weight() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        drawn = systematic_sample(LAW, 10, rng)
        assert np.isin(drawn, LAW.eigenvalues).all()
        for value, weight in zip(LAW.eigenvalues, LAW.weights, strict=True):
            assert abs((drawn == value).sum() - 10 * weight) < 1


def test_atoms_without_weight_are_not_sampled() -> None:
    spectrum = rl.Spectrum([1.0, 2.0, 9.0], weights=[1, 1, 0])
    drawn = systematic_sample(spectrum, 1000, np.random.default_rng(0))
    assert set(drawn) == {1.0, 2.0}
