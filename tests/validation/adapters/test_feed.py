"""Hooks that draw for real models whenever they run."""

import numpy as np
import pytest
import torch
from torch import nn

import ridgeless as rl
from tests import tolerances
from validation.adapters.feed import ModelFeed
from validation.masking import Masker, RatioSampler


class Watch(nn.Module):
    """A model that gives back the mask it was fed, and a loss."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))

    def forward(self, x, bool_masked_pos=None):
        self.x = x
        return {"loss": self.weight, "mask": bool_masked_pos}


def fed(source, model, evaluation=0.5, **options):
    feed = ModelFeed(source, evaluation, **options)
    feed.attach(model)
    feed.attach(model)  # once is enough
    return feed


def test_vit_mae_hides_what_was_drawn_and_has_its_own_ratio_again(vit_mae):
    feed = fed(RatioSampler(rl.UniformRatio(0.2, 0.8), rng=0), vit_mae)
    images = torch.randn(3, 1, 8, 8)
    counts = []
    vit_mae.train()
    for _ in range(20):
        mask = vit_mae(pixel_values=images).mask
        assert vit_mae.config.mask_ratio == 0.75
        assert len(set(mask.sum(dim=1).tolist())) == 1
        assert len(torch.unique(mask, dim=0)) > 1
        counts.append(int(mask[0].sum()))
    assert feed.batches == len(feed.ratios) == 20
    np.testing.assert_allclose(np.array(counts), 16 * np.array(feed.ratios), atol=1)
    assert len(set(counts)) > 5
    with pytest.raises(ValueError, match="Make sure"):
        vit_mae(pixel_values=torch.randn(3, 2, 8, 8))
    assert vit_mae.config.mask_ratio == 0.75


def test_masks_follow_from_the_number_of_the_batch_and_other_draws_do_not_move(vit_mae):
    feed = fed(RatioSampler(rl.UniformRatio(), rng=0), vit_mae)
    images = torch.randn(3, 1, 8, 8)
    vit_mae.train()
    first = [vit_mae(images).mask for _ in range(5)]
    feed.batches = 3
    torch.manual_seed(9)
    before = torch.get_rng_state()
    assert torch.equal(vit_mae(images).mask, first[3])
    assert torch.equal(torch.get_rng_state(), before)
    feed.batches = 3
    feed.sampler = feed.sampler.for_rank(1)
    assert not torch.equal(vit_mae(images).mask, first[3])


@pytest.mark.parametrize("name", ["vit_mae", "vit"])
def test_evaluation_is_at_a_fixed_ratio_with_the_same_masks_for_the_same_images(request, name):
    model = request.getfixturevalue(name).eval()
    sampler = RatioSampler(rl.UniformRatio(0.1, 0.9), rng=0)
    source = sampler if name == "vit_mae" else Masker(sampler, (4, 4))
    feed, masks = fed(source, model, 0.25), []
    if name == "vit":
        model.register_forward_pre_hook(
            lambda _, given, named: masks.append(named["bool_masked_pos"].float()), with_kwargs=True
        )
    images = torch.randn(4, 1, 8, 8)
    for batch in (images, images + 1, images):
        out = model(batch)
        if name == "vit_mae":
            masks.append(out.mask)
    assert all(mask.sum(dim=1).tolist() == [4.0] * 4 for mask in masks)
    assert torch.equal(masks[0], masks[2])
    assert not torch.equal(masks[0], masks[1])
    assert (feed.batches, feed.ratios) == (0, [])


def test_a_masker_feeds_its_shape_and_fill():
    model = Watch().train()
    masker = Masker(RatioSampler(0.5, rng=0), (4, 4), shape="blocks:2x2", fill="rescale")
    fed(masker, model)
    mask = model(torch.ones(3, 16))["mask"]
    assert (mask.reshape(3, 2, 2, 2, 2).transpose(2, 3).flatten(3).float().std(dim=3) == 0).all()
    assert torch.equal(model.x, torch.full((3, 16), 2.0))
    with pytest.raises(rl.DomainError, match="fill must be 'zero' for tokens that are symbols"):
        model(torch.ones(3, 16, dtype=torch.long))
    with pytest.raises(rl.DomainError, match="inputs must leave bool_masked_pos to the masker"):
        model(torch.ones(3, 16), bool_masked_pos=mask)


def test_a_schedule_advances_with_the_batches():
    model = Watch().train()
    feed = fed(Masker(RatioSampler(rl.ScheduledRatio(0.2, 0.8), rng=0), (10,)), model)
    feed.total = 6
    counts = [int(model(torch.ones(1, 2))["mask"].sum()) for _ in range(6)]
    np.testing.assert_allclose(feed.ratios, 0.2 + 0.1 * np.arange(6), rtol=tolerances.ROUNDING)
    assert counts == [2, 3, 4, 5, 6, 7]
    untold = Watch().train()
    fed(Masker(RatioSampler(rl.ScheduledRatio(0.2, 0.8), rng=0), (10,)), untold)
    with pytest.warns(UserWarning, match="ScheduledRatio"):
        untold(torch.ones(1, 2))
    untold(torch.ones(1, 2))  # once


def test_loss_weights_of_the_law_reach_the_loss_in_training_only(vit_mae):
    law = rl.DiscreteRatio([0.25, 0.75], loss_weights=[1.0, 3.0])
    model = Watch().train()
    feed = fed(Masker(RatioSampler(law, rng=0), (8,)), model)
    losses = [float(model(torch.ones(1, 2))["loss"].detach()) for _ in range(20)]
    assert losses == [1.0 if ratio < 0.5 else 3.0 for ratio in feed.ratios]
    assert set(losses) == {1.0, 3.0}
    assert float(model.eval()(torch.ones(1, 2))["loss"].detach()) == 1.0
    images = torch.randn(2, 1, 8, 8)
    vit_mae.train()
    weighted = fed(RatioSampler(rl.DiscreteRatio([0.5], loss_weights=[3.0]), rng=0), vit_mae)
    loss = float(vit_mae(images).loss.detach())
    weighted.sampler = RatioSampler(0.5, rng=0)
    weighted.batches = 0
    tuples = vit_mae(images, return_dict=True).loss.detach()
    assert loss == pytest.approx(3 * float(tuples), rel=tolerances.FLOAT32["rtol"])


def test_hiera_which_says_no_length(hiera):
    with pytest.raises(rl.DomainError, match="length must be given for ModuleDict"):
        fed(RatioSampler(0.5, rng=0), nn.ModuleDict({"a": hiera}))
    fed(RatioSampler(0.5, rng=0), hiera, length=64)
    hiera.train()
    assert (64 - hiera(torch.randn(2, 1, 32, 32)).bool_masked_pos.sum(dim=1)).tolist() == [32, 32]


@pytest.mark.parametrize(
    ("source", "model", "words"),
    [
        (RatioSampler(0.5), nn.Linear(2, 2), "must have a mask_ratio to set, but Linear has none"),
        (Masker(RatioSampler(0.5), (4,)), nn.Linear(2, 2), "forward of Linear takes input; set"),
        (RatioSampler(0.5, "sample"), None, "one ratio per batch here, got per='sample'"),
        (RatioSampler(rl.Masking(0.5, groups=[0, 1])), None, "groups must be None here"),
        (
            Masker(
                RatioSampler(rl.DiscreteRatio([0.5], loss_weights=[2.0]), "sample", rng=0), (4,)
            ),
            None,
            "no loss weights with per='sample'",
        ),
    ],
)
def test_refusals(source, model, words):
    with pytest.raises(rl.DomainError, match=words):
        fed(source, model)
