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


def test_keywords_in_any_order_and_what_is_no_batch():
    masker = Masker(RatioSampler(0.5, rng=0), (2, 2))

    def forward(*given, **named):
        return given, named

    train = with_mask(forward, masker)
    images = torch.ones(3, 8)
    given, named = train(return_dict=True, labels=None, pixel_values=images)
    assert given == ()
    assert named["return_dict"] is True
    assert named["pixel_values"] is images
    assert named["bool_masked_pos"].shape == (3, 4)
    given, named = train("first", images, progress=0.5)
    assert given == ("first", images)
    with pytest.raises(rl.DomainError, match="a tensor whose first axis are samples"):
        train(return_dict=True)


@pytest.mark.parametrize("name", ["vit", "swin"])
def test_real_models_with_return_dict_before_the_images(request, name):
    model = request.getfixturevalue(name)
    grid, block = (4, 1) if name == "vit" else (8, 2)
    masker = Masker(RatioSampler(0.5, rng=0), (grid, grid), block)
    out = with_mask(model, masker)(
        return_dict=True, pixel_values=torch.randn(2, 1, 2 * grid, 2 * grid)
    )
    assert torch.isfinite(out.loss)


def test_rescaled_inputs_are_divided_by_the_share_that_is_seen():
    masker = Masker(RatioSampler(rl.UniformRatio(), "sample", rng=0), (4, 4), fill="rescale")
    seen = []
    train = with_mask(lambda x, bool_masked_pos: seen.append((x, bool_masked_pos)), masker)
    train(torch.ones(6, 1, 8, 8))
    ((images, mask),) = seen
    kept = (~mask).float().mean(dim=1)
    torch.testing.assert_close(images, (1 / kept)[:, None, None, None].expand(6, 1, 8, 8))
    assert len(set(kept.tolist())) > 1
    with pytest.raises(rl.DomainError, match="fill must be 'zero' for tokens that are symbols"):
        train(torch.ones(6, 8, dtype=torch.long))


def test_a_schedule_without_progress_warns():
    masker = Masker(RatioSampler(rl.ScheduledRatio(0.25, 0.75), rng=0), (2, 2))
    with pytest.warns(UserWarning, match="ScheduledRatio"):
        assert token_mask(masker, 2).sum() == 2
    assert token_mask(masker, 2).sum() == 2
