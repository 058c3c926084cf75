"""Masked features under a covariance: each the regression on the others."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.engine.covariance import Covariance
from ridgeless.engine.dense import DenseFamily
from ridgeless.engine.hidden import hidden_features
from tests.tolerances import LINEAR_ALGEBRA

SIGMA = np.array([[2.0, 1.0, 0.3], [1.0, 2.0, 0.2], [0.3, 0.2, 5.0]])


def test_each_feature_is_regressed_on_the_others() -> None:
    families = hidden_features(Covariance.of(SIGMA, None), None, together=True)
    precision = np.linalg.inv(SIGMA)
    for j, family in enumerate(families):
        assert isinstance(family, DenseFamily)
        expected = -precision[:, j] / precision[j, j]
        expected[j] = 0.0
        np.testing.assert_allclose(family.beta[:, 0], expected, rtol=LINEAR_ALGEBRA)
        assert float(family.noise) == pytest.approx(1 / precision[j, j], rel=LINEAR_ALGEBRA)


def test_a_group_is_hidden_with_its_feature() -> None:
    groups = ("a", "a", "b")
    for together in (True, False):
        sigma = Covariance.of(SIGMA, groups)
        first, *_ = hidden_features(sigma, groups, together=together)
        assert isinstance(first, DenseFamily)
        assert (first.beta[1, 0] == 0.0) == together


@pytest.mark.parametrize(
    ("sigma", "groups"), [([[2.0]], None), (2 * np.eye(2), [0, 0]), (np.diag([2.0, 0.0]), None)]
)
def test_without_anything_else_to_see_the_mean_is_predicted(sigma, groups) -> None:
    found = rl.covariance_risk(sigma, rl.MaskedFeature(), 0.5, aspect_ratio=0.5, groups=groups)
    assert (found.total, found.null, found.noise) == (0.0, 0.0, 2.0)


def test_the_mean_over_features_is_the_spectral_target_for_many() -> None:
    """A typical feature of many: they differ by one feature in 64, and so do the answers."""
    from tests.matrices import constant_diagonal

    values = rl.Spectrum.power_law(0.5, 64).eigenvalues
    options = {"aspect_ratio": 0.5, "masks_per_sample": 4}
    found = rl.covariance_risk(constant_diagonal(values), rl.MaskedFeature(), 0.4, **options)
    expected = rl.risk(values, 0.4, **options)
    assert found.total == pytest.approx(expected.total, rel=0.05)
    assert found.null == pytest.approx(expected.null, rel=0.02)
    assert found.noise == pytest.approx(expected.noise, rel=0.02)


def test_targets_bring_their_noise() -> None:
    with pytest.raises(rl.DomainError, match="noise must be left out with a target"):
        rl.covariance_risk(SIGMA, rl.MaskedFeature(), 0.4, aspect_ratio=0.5, noise=1.0)
    with pytest.raises(rl.DomainError, match="noise must be given with coefficients"):
        rl.covariance_risk(SIGMA, np.ones(3), 0.4, aspect_ratio=0.5)
    with pytest.raises(rl.DomainError, match="a mean over masked features"):
        rl.learned_fraction(
            SIGMA, 0.4, front=rl.covariance_risk, beta=rl.MaskedFeature(), aspect_ratio=0.5
        )
