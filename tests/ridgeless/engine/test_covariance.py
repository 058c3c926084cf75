"""A covariance in the eigenvectors of D: what is left out, and what is kept."""

import numpy as np
import pytest

from ridgeless import DomainError
from ridgeless.engine.covariance import Covariance
from tests.tolerances import ROUNDING

SIGMA = np.array([[2.0, 1.0, 0.3], [1.0, 2.0, 0.2], [0.3, 0.2, 5.0]])


def test_features_on_their_own_are_the_coordinates() -> None:
    law = Covariance.of(SIGMA, None)
    np.testing.assert_allclose(law.scale * law.sigma, SIGMA, rtol=ROUNDING)
    np.testing.assert_allclose(law.scale * law.masked, np.diag(SIGMA), rtol=ROUNDING)
    assert law.rank == law.size == 3
    assert law.scale * law.mean == pytest.approx(3.0)


def test_groups_are_turned_into_their_eigenvectors() -> None:
    law = Covariance.of(SIGMA, ("a", "a", "b"))
    np.testing.assert_allclose(law.scale * law.masked, [1.0, 3.0, 5.0], rtol=ROUNDING)
    back = law.scale * (law.basis @ law.sigma @ law.basis.T)
    np.testing.assert_allclose(back, SIGMA, rtol=ROUNDING)
    blocks = law.scale * (law.basis * law.masked) @ law.basis.T
    np.testing.assert_allclose(blocks[:2, :2], SIGMA[:2, :2], rtol=ROUNDING)
    np.testing.assert_allclose(blocks[2, :2], 0.0, atol=ROUNDING)


def test_what_never_varies_is_left_out_but_counts() -> None:
    """A constant feature, and collinear features of one group; of two groups they stay."""
    padded = np.zeros((4, 4))
    padded[:3, :3] = SIGMA
    law = Covariance.of(padded, None)
    assert (law.size, law.masked.size, law.rank) == (4, 3, 3)
    twins = [[1.0, 1.0], [1.0, 1.0]]
    assert Covariance.of(twins, (0, 0)).masked.size == 1
    apart = Covariance.of(twins, None)
    assert (apart.masked.size, apart.rank) == (2, 1)
    assert apart.eigenbasis[0][0] == 0.0


def test_groups_need_a_label_per_feature() -> None:
    with pytest.raises(DomainError, match="groups must hold 3 labels, one per feature, got 2"):
        Covariance.of(SIGMA, (0, 1))
