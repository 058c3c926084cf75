"""Masks reach the real models the right way round."""

import pytest
import torch

import ridgeless as rl
from validation.adapters import token_mask, with_mask
from validation.masking import Masker, RatioSampler


def test_a_ratio_per_batch_or_per_sample():
    law = rl.UniformRatio(0, 1)
    together, alone = (
        token_mask(Masker(RatioSampler(law, per, rng=0), (4, 4)), samples=200).sum(dim=1)
        for per in ("batch", "sample")
    )
    assert len(set(together.tolist())) == 1
    assert set(alone.tolist()) == set(range(1, 16))


def test_a_schedule_follows_progress():
    masker = Masker(RatioSampler(rl.ScheduledRatio(0.25, 0.75), rng=0), (2, 2))
    shape = with_mask(lambda x, hide: hide.sum(dim=1).tolist(), masker, "hide")
    assert shape(torch.zeros(2, 1), progress=0.0) == [1, 1]
    assert shape(torch.zeros(2, 1), progress=1.0) == [3, 3]


@pytest.mark.parametrize(("name", "grid", "block"), [("vit", 4, 1), ("swin", 8, 2)])
def test_hidden_pixels_do_not_matter_and_visible_ones_do(request, name, grid, block):
    model = request.getfixturevalue(name)
    masker = Masker(RatioSampler(rl.UniformRatio(0.2, 0.8), "sample", rng=0), (grid, grid), block)
    masks = []
    model.register_forward_pre_hook(
        lambda _, given, named: masks.append(named["bool_masked_pos"]), with_kwargs=True
    )
    images = torch.randn(5, 1, 2 * grid, 2 * grid)
    out = with_mask(model, masker)(pixel_values=images)
    assert torch.isfinite(out.loss)
    (mask,) = masks
    assert mask.shape == (5, grid**2)
    assert len(set(mask.sum(dim=1).tolist())) > 1

    pixels = mask.reshape(5, 1, grid, grid).repeat_interleave(2, 2).repeat_interleave(2, 3)
    read = [
        model(images + 9 * where, bool_masked_pos=mask).reconstruction
        for where in (pixels, ~pixels)
    ]
    assert torch.equal(read[0], out.reconstruction)
    assert not torch.allclose(read[1], out.reconstruction)
