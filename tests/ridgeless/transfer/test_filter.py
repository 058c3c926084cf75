"""The map that linear masked pretraining learns, against regressions that are written out."""

import math

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.transfer.filter import Pretraining, damping, spectral_filter
from tests import tolerances

SIZE = 6


def correlated(size=SIZE):
    rng = np.random.default_rng(3)
    rows = rng.standard_normal((4 * size, size)) @ rng.standard_normal((size, size))
    return rows.T @ rows / len(rows)


def moments(second, groups, law):
    """Second moments of masked rows, and with the whole ones, over every mask there is."""
    number = groups.max() + 1
    masked, cross = np.zeros_like(second), np.zeros_like(second)
    own = np.zeros((number, *second.shape)), np.zeros((number, *second.shape))
    for ratio, chance in law:
        for bits in range(2**number):
            hidden = np.array([bits >> g & 1 for g in range(number)], dtype=bool)
            weight = chance * np.prod(np.where(hidden, ratio, 1 - ratio))
            seen = ~hidden[groups]
            inner, outer = second * np.outer(seen, seen), second * seen  # E x~x~', E x x~'
            masked += weight * inner
            cross += weight * outer
            for g in np.flatnonzero(hidden):
                own[0][g] += weight * inner
                own[1][g] += weight * outer
    return masked, cross, own


@pytest.mark.parametrize("groups", [np.arange(SIZE), np.array([0, 0, 1, 1, 2, 2])])
@pytest.mark.parametrize(
    ("ratio", "law"),
    [
        (0.3, [(0.3, 1.0)]),
        (rl.DiscreteRatio([0.2, 0.7], [1, 2]), [(0.2, 1 / 3), (0.7, 2 / 3)]),
    ],
)
def test_maps_are_regressions_over_every_mask(groups, ratio, law):
    second = correlated()
    masked, cross, (own_masked, own_cross) = moments(second, groups, law)
    pretraining = Pretraining.of(second, groups)
    lam = damping(rl.Masking(ratio, masks_per_sample=math.inf, rows="all")).item()
    found, expected = pretraining.map(lam, "all"), cross @ np.linalg.inv(masked)
    scale = found[0, 0] / expected[0, 0]
    np.testing.assert_allclose(found, scale * expected, atol=tolerances.TRANSFER)
    # A masked feature is predicted where it is hidden: its own group is never seen.
    lam = damping(rl.Masking(ratio, masks_per_sample=math.inf, rows="masked")).item()
    found, expected = pretraining.map(lam, "masked"), np.zeros_like(second)
    for g in range(groups.max() + 1):
        mine, rest = np.flatnonzero(groups == g), np.flatnonzero(groups != g)
        inverse = np.linalg.inv(own_masked[g][np.ix_(rest, rest)])
        expected[np.ix_(mine, rest)] = own_cross[g][np.ix_(mine, rest)] @ inverse
    scale = found[0, -1] / expected[0, -1]
    np.testing.assert_allclose(found, scale * expected, atol=tolerances.TRANSFER)


@pytest.mark.parametrize("rows", ["all", "masked"])
@pytest.mark.parametrize("lam", [0.0, 1e-9, 0.4, 1e8, math.inf])
def test_a_spectrum_has_the_filter_of_its_covariance(rows, lam):
    place = np.minimum(np.arange(8), 8 - np.arange(8))
    values = 1 / (1.0 + place)
    fourier = np.fft.fft(np.eye(8)) / math.sqrt(8)
    covariance = (fourier.conj().T * values @ fourier).real
    dense = Pretraining.of((covariance + covariance.T) / 2, np.arange(8)).map(lam, rows)
    order = np.argsort(values, kind="stable")
    along = np.einsum("ik,ij,jk->k", fourier.conj(), dense, fourier).real[order]
    found = spectral_filter(values[order], np.full(8, 1 / 8), lam, rows)
    along = along / np.abs(along).max()
    assert np.allclose(found, along, rtol=0, atol=tolerances.TRANSFER_ENDS)


def test_what_hardly_any_mask_leaves():
    values, weights = np.array([0.5, 1.0, 4.0]), np.array([0.2, 0.5, 0.3])
    assert spectral_filter(values, weights, 0.0, "all").tolist() == [1.0, 1.0, 1.0]
    theta = weights @ (1 / values)
    expected = 1 - 1 / (values * theta)
    found = spectral_filter(values, weights, 0.0, "masked")
    np.testing.assert_allclose(found, expected / np.abs(expected).max(), rtol=tolerances.TRANSFER)
    near = spectral_filter(values, weights, 1e-9, "masked")
    np.testing.assert_allclose(found, near, rtol=tolerances.TRANSFER_ENDS)
    # A direction without variance makes the others known by heart.
    beside = spectral_filter(np.array([0.0, 1.0, 4.0]), weights, 0.0, "masked")
    assert beside.tolist() == [0.0, 1.0, 1.0]


def test_isotropic_features_say_nothing_of_each_other():
    for lam in (0.0, 0.3, 1e6, math.inf):
        assert not spectral_filter(np.ones(3), np.full(3, 1 / 3), lam, "masked").any()
        assert spectral_filter(np.ones(3), np.full(3, 1 / 3), lam, "all").tolist() == [1.0] * 3


def test_damping_of_laws():
    def of(ratio, rows="all", fill="zero"):
        return damping(rl.Masking(ratio, masks_per_sample=math.inf, rows=rows, fill=fill)).item()

    law = rl.DiscreteRatio([0.2, 0.6])
    q, p = np.array([0.8, 0.4]), np.array([0.2, 0.6])
    assert of(law) == pytest.approx((q * p).sum() / (q * q).sum())
    assert of(law, "masked") == pytest.approx((q * p * p).sum() / (q * q * p).sum())
    assert of(law, "all", "rescale") == pytest.approx((p / q).mean())
    assert of(rl.UniformRatio(0.1, 0.9), "all", "rescale") == pytest.approx(math.log(9) / 0.8 - 1)
    assert of(rl.UniformRatio(0.0, 1.0), "all", "rescale") == math.inf
    assert of(0.75) == of(0.75, "masked") == of(0.75, "all", "rescale") == 3.0
    assert of(0.0, "masked") == 0.0
    assert of(1.0, "masked") == math.inf
