"""The medium by features against the inverse of the kernel, written out."""

import numpy as np
import pytest

from ridgeless.rows.primal import FeatureRows
from tests.ridgeless.rows import brute
from tests.tolerances import ROWS_DUAL


@pytest.mark.parametrize("masks", [1, 3])
@pytest.mark.parametrize("e", [1.0, 0.3])
def test_the_medium_is_the_inverse(masks, e):
    rows, targets, whole, _ = brute.blocks(0, samples=12, masks=masks, features=7)
    rng = np.random.default_rng(1)
    roots = rng.normal(size=(12, masks, masks + 2))
    noise = roots @ roots.swapaxes(1, 2)
    medium = FeatureRows(rows, whole, 12).at(noise, e)
    size = 12 * masks
    flat = rows.reshape(size, 7)
    full = flat @ flat.T / e
    for i in range(12):
        here = slice(masks * i, masks * (i + 1))
        full[here, here] += noise[i]
    a = np.linalg.inv(full)
    cut = a.reshape(12, masks, 12, masks)
    inverse = np.stack([np.linalg.inv(cut[i, :, i]) for i in range(12)])
    np.testing.assert_allclose(medium.inverse_medium, inverse, rtol=ROWS_DUAL, atol=1e-9)
    np.testing.assert_allclose(medium.cavity, inverse - noise, rtol=ROWS_DUAL, atol=1e-9)
    # The unit of the medium is one of the roots of G: sums that do not depend on which.
    residuals = medium.residuals(targets)
    duals = (a @ targets.reshape(size, -1)).reshape(targets.shape)
    powers = np.einsum("bkt,bks->bts", residuals, residuals)
    np.testing.assert_allclose(
        powers, np.einsum("bkt,bkl,bls->bts", duals, inverse, duals), rtol=ROWS_DUAL
    )
    cross = whole @ flat.T / e
    straight = cross @ duals.reshape(size, -1)
    reach = (cross @ a).reshape(12, 12, masks)
    for i in range(12):
        left_out = reach[i, i] @ inverse[i] @ duals[i]
        assert medium.predictions(targets, residuals)[i] == pytest.approx(
            straight[i] - left_out, rel=ROWS_DUAL
        )
    traces = np.einsum("bkk->b", medium.exposure)
    wanted = np.zeros(12)
    for i in range(12):
        for j in range(12):
            if j != i:
                d = reach[i, j] - reach[i, i] @ inverse[i] @ cut[i, :, j]
                wanted[j] += d @ inverse[j] @ d / 12
    np.testing.assert_allclose(traces, wanted, rtol=ROWS_DUAL)


def test_coordinates_of_the_span():
    rows, _, whole, _ = brute.blocks(1, samples=10, features=7)
    assert FeatureRows(rows, whole, 0).in_their_span()[1] is None
    rank, spanned = FeatureRows(rows * (np.arange(7) < 4), whole, 0).in_their_span()
    assert rank == 4
    assert spanned is not None
    assert spanned.rows.shape == (10, 1, 4)
    np.testing.assert_allclose(
        spanned.norms, FeatureRows(rows[:, :, :4], whole, 0).norms, rtol=ROWS_DUAL
    )
    assert FeatureRows(rows[:5], whole, 0).in_their_span()[0] == 5
