"""Compressed spectra against the sums they stand for."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ridgeless as rl
from ridgeless.numerics.compression import WIDE, compress
from tests.tolerances import COMPRESSION, RISK

# Everything the theory sums: powers of s, up to the alignment's, times H and H^2.
FUNCTIONALS = [
    lambda s, k: k / (s + k),
    lambda s, k: s / (s + k),
    lambda s, k: (k / (s + k)) ** 2,
    lambda s, k: s * k / (s + k) ** 2,
    lambda s, k: (s / (s + k)) ** 2,
    lambda s, k: s**2 * s * (k / (s + k)) ** 2,
    lambda s, k: s**-2 * s * (s / (s + k)) ** 2,
]


def worst_error(values: np.ndarray, masses: np.ndarray) -> float:
    nodes, shares = compress(values, masses)
    assert (np.diff(nodes) > 0).all()
    assert (shares > 0).all()
    errors = []
    for kappa in np.geomspace(values[0] / 10, values[-1] * 10, 13):
        for functional in FUNCTIONALS:
            exact = math.fsum(masses * functional(values, kappa))
            errors.append(abs(math.fsum(shares * functional(nodes, kappa)) / exact - 1))
    return max(errors)


@pytest.mark.nojit_slow
@settings(max_examples=30)
@given(
    size=st.integers(1, 3000),
    decades=st.floats(0, 12),
    power=st.floats(0.2, 5),
    seed=st.integers(0, 2**32),
)
def test_sums_are_the_same_to_the_last_digits(
    size: int, decades: float, power: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    values = np.sort(10 ** (-decades * rng.random(size) ** power))
    masses = rng.random(size) ** 4 + 1e-12
    assert worst_error(values, masses / masses.sum()) < COMPRESSION


@pytest.mark.slow
@pytest.mark.nojit_slow
@pytest.mark.parametrize("make", ["power", "log-uniform"])
def test_a_million_atoms(make: str) -> None:
    size = 10**6
    if make == "power":
        values = np.arange(size, 0, -1.0) ** -2
    else:
        values = np.sort(10 ** np.random.default_rng(0).uniform(-12, 0, size))
    assert worst_error(values, np.full(size, 1 / size)) < COMPRESSION
    bands = math.log2(values[-1] / values[0]) / 2
    assert compress(values, np.full(size, 1 / size))[0].size <= WIDE.nodes * (bands + 2)


def test_few_atoms_are_kept_exactly() -> None:
    values = np.array([0.0, 0.5, 0.5, 1.0, 3.0])
    nodes, masses = compress(values, np.full(5, 0.2))
    np.testing.assert_array_equal(nodes, [0.0, 0.5, 1.0, 3.0])
    np.testing.assert_allclose(masses, [0.2, 0.4, 0.2, 0.2])


@pytest.mark.nojit_slow
@pytest.mark.parametrize("target", [rl.MaskedFeature(), rl.LinearTarget(alignment=2.0)], ids=str)
def test_risk_of_a_compressed_spectrum(target: object, monkeypatch: pytest.MonkeyPatch) -> None:
    values = 10 ** np.random.default_rng(3).uniform(-6, 0, 3000)
    options = {"aspect_ratio": [0.3, 3.0], "target": target, "test_mask_ratio": 0.2}
    short = rl.risk(values, 0.4, **options)
    masses = rl.LinearTarget(alignment=np.ones(values.size))
    short_masses = rl.risk(values, 0.4, **options | {"target": masses})
    monkeypatch.setattr("ridgeless.numerics.compression.MANY", 10**6)
    monkeypatch.setattr("ridgeless.numerics.compression.WIDE", WIDE._replace(nodes=10**6))
    long = rl.risk(rl.Spectrum(values), 0.4, **options)
    long_masses = rl.risk(rl.Spectrum(values), 0.4, **options | {"target": masses})
    for part in ("bias", "design_variance", "noise_variance"):
        np.testing.assert_allclose(getattr(short, part), getattr(long, part), rtol=RISK)
        np.testing.assert_allclose(
            getattr(short_masses, part), getattr(long_masses, part), rtol=RISK
        )
