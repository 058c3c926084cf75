"""Zeros where hidden; what is kept over 1 - p of its own row."""

import numpy as np
import pytest
import torch

import ridgeless as rl
from tests import tolerances
from validation.masking import Masker, RatioSampler, filled, kept_share
from validation.masking.fill import check_fill, scaled

VALUES = torch.arange(1.0, 25.0).reshape(3, 4, 2)
HIDDEN = torch.tensor([[1, 0, 0, 0], [1, 1, 1, 0], [0, 0, 0, 0]]).bool()


def test_each_row_has_its_own_ratio():
    assert kept_share(HIDDEN).tolist() == [0.75, 0.25, 1.0]
    zero, rescaled = filled(VALUES, HIDDEN), filled(VALUES, HIDDEN, "rescale")
    assert torch.equal(zero, VALUES * ~HIDDEN[..., None])
    expected = zero / torch.tensor([0.75, 0.25, 1.0])[:, None, None]
    torch.testing.assert_close(rescaled, expected)
    assert torch.equal(scaled(VALUES, HIDDEN, "zero"), VALUES)


def test_the_mean_of_a_sum_over_tokens_is_kept():
    masker = Masker(RatioSampler(rl.UniformRatio(0.2, 0.8), "sample", rng=0), (10,), fill="rescale")
    hidden = torch.as_tensor(masker.draw(20_000))
    row = torch.linspace(-1, 3, 10).double()
    sums = filled(row.expand(20_000, 10), hidden, masker.fill).sum(dim=1).numpy()
    error = sums.std() / np.sqrt(len(sums))
    assert abs(sums.mean() - float(row.sum())) < tolerances.MONTE_CARLO_Z * error


def test_refusals():
    with pytest.raises(rl.DomainError, match="fill must be 'zero' or 'rescale', got 'half'"):
        check_fill("half")
    with pytest.raises(rl.DomainError, match="fill must be 'zero' or 'rescale'"):
        Masker(RatioSampler(0.5, rng=0), (4,), fill="normalise")
    with pytest.raises(rl.DomainError, match=r"fill must be 'zero' for tokens that are symbols"):
        filled(torch.ones(3, 4, dtype=torch.long), HIDDEN, "rescale")
