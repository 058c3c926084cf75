"""Images in patches."""

import numpy as np
import pytest

from ridgeless import DomainError
from tests import tolerances
from validation.datasets.images import from_pixels


def test_images_are_cut_into_patches():
    pixels = np.random.default_rng(0).random((40, 4, 6, 3))
    data = from_pixels(pixels, 2, "noise", labels=np.arange(40))
    assert data.grid == (2, 3)
    assert data.channels == 12
    # Token 4 is the second row's second square, its pixels row by row.
    held = np.random.default_rng(7).permutation(40)
    cut = pixels[:, 2:4, 2:4].reshape(40, 12)
    mean, std = cut[held[8:]].mean(axis=0), cut[held[8:]].std(axis=0)
    np.testing.assert_allclose(
        data.test[:, 4], (cut[held[:8]] - mean) / std, atol=tolerances.STANDARDISED
    )
    np.testing.assert_array_equal(data.test_labels, held[:8])
    with pytest.raises(DomainError, match="patch must divide"):
        from_pixels(pixels, 4, "noise")
