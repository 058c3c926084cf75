"""The spectrum that one feature sees, by partial fractions and by matrices."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from mpmath import mp, mpf

from ridgeless.numerics.interlacing import interlace
from tests.reference import without_one_feature
from tests.tolerances import IDENTITY, LINEAR_ALGEBRA


def interlaced(values: list[float]) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    s, count = np.unique(values, return_counts=True)
    h = count / count.sum()
    zeros, loads = np.empty((2, s.size - 1))
    interlace(s, h, zeros, loads)
    return s, h, zeros, loads


@given(st.lists(st.floats(1e-3, 1e3), min_size=2, max_size=12))
def test_partial_fractions(values: list[float]) -> None:
    """1/m(z) = d0 - z - sum load/(t - z), off the real line."""
    s, h, zeros, loads = interlaced(values)
    assert (s[:-1] < zeros).all()
    assert (zeros < s[1:]).all()
    for z in (1j, -3 + 2j, 40 - 0.5j):
        expected = 1 / (h @ (1 / (s - z)))
        found = h @ s - z - np.sum(loads / (zeros - z))
        assert found == pytest.approx(expected, rel=IDENTITY)


@pytest.mark.parametrize("values", [[0.0, 1.0, 3.0], [1.0, 1 + 1e-9, 5.0], [1e-12, 1.0, 1e6]])
def test_zeros_to_the_last_digits(values: list[float]) -> None:
    _, _, zeros, loads = interlaced(values)
    exact, masses, _ = without_one_feature(values)
    np.testing.assert_allclose(zeros, [float(t) for t in exact], rtol=IDENTITY)
    expected = [float(mass * t**2) for mass, t in zip(masses, exact, strict=True)]
    np.testing.assert_allclose(loads, expected, rtol=IDENTITY)


@pytest.mark.parametrize("rare", [1e-6, 1e-12, 1e-16, 1e-80])
@pytest.mark.parametrize("values", [[1.0, 10.0], [1.0, 2.0, 3.0], [0.3, 1.0, 7.0, 8.0]])
def test_the_load_beside_a_rare_eigenvalue(values: list[float], rare: float) -> None:
    """A zero as near to its node as the weight is small: no digit of the offset is lost."""
    for common in range(len(values)):
        h = np.where(np.arange(len(values)) == common, 1.0, rare)
        zeros, loads = np.empty((2, len(values) - 1))
        interlace(np.array(values), h, zeros, loads)
        with mp.workdps(300):
            s, w = [mpf(x) for x in values], [mpf(x) for x in h]
            for k, (low, high) in enumerate(pairwise(s)):
                for _ in range(900):
                    middle = (low + high) / 2
                    value = mp.fsum(a / (b - middle) for a, b in zip(w, s, strict=True))
                    low, high = (low, middle) if value > 0 else (middle, high)
                load = 1 / mp.fsum(a / (b - low) ** 2 for a, b in zip(w, s, strict=True))
                assert loads[k] == pytest.approx(float(load), rel=IDENTITY, abs=0)


def test_a_matrix_without_one_of_its_features() -> None:
    """A Hadamard basis makes all features alike, so that any may be left out."""
    values = np.array([0.5, 1.0, 2.0, 4.0])
    basis = np.kron([[1, 1], [1, -1]], [[1, 1], [1, -1]]) / 2
    rest = ((basis * values) @ basis.T)[1:, 1:]
    _, _, zeros, _ = interlaced(list(values))
    np.testing.assert_allclose(np.linalg.eigvalsh(rest), zeros, rtol=LINEAR_ALGEBRA)
