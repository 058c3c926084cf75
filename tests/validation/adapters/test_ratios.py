"""A ratio per batch hides the number of tokens that was meant, in the real models too."""

import numpy as np
import pytest
import torch

import ridgeless as rl
from tests import tolerances
from validation.adapters import batch_ratio, sampled_ratio, with_ratio
from validation.adapters.ratios import ratio_hiding
from validation.masking import RatioSampler


def hidden(ratio, length):
    """Count as MAE does."""
    return length - int(length * (1 - ratio))


def test_any_number_can_be_hidden_exactly():
    for length in range(2, 300):
        counts = [hidden(ratio_hiding(k, length), length) for k in range(length + 1)]
        assert counts == [*range(length), length]


def test_the_mean_is_that_of_the_law_and_no_ratio_hides_all_or_nothing():
    sampler, length = RatioSampler(rl.UniformRatio(0.2, 0.6), rng=0), 5
    counts = np.array([hidden(batch_ratio(sampler, length), length) for _ in range(4000)])
    error = counts.std() / np.sqrt(len(counts))
    assert abs(counts.mean() - 0.4 * length) < tolerances.MONTE_CARLO_Z * error

    extremes = RatioSampler(rl.DiscreteRatio([0.0, 1.0]), rng=0)
    ends = [hidden(batch_ratio(extremes, length), length) for _ in range(50)]
    assert set(ends) == {1, length - 1}


def test_a_schedule_follows_progress():
    sampler = RatioSampler(rl.ScheduledRatio(0.25, 0.75), rng=0)
    drawn = [hidden(batch_ratio(sampler, 8, progress), 8) for progress in (0, 0.5, 1)]
    assert drawn == [2, 4, 6]


def test_a_sampler_goes_on_from_its_state():
    sampler = RatioSampler(rl.UniformRatio(), rng=0)
    batch_ratio(sampler, 196)
    state = sampler.state_dict()
    after = [batch_ratio(sampler, 196) for _ in range(5)]
    other = RatioSampler(rl.UniformRatio(), rng=1)
    assert [batch_ratio(other, 196) for _ in range(5)] != after
    other.load_state_dict(state)
    assert [batch_ratio(other, 196) for _ in range(5)] == after


@pytest.mark.parametrize("ratio", [0.0, 0.3, 0.999, 1.0])
def test_vit_mae_hides_between_one_patch_and_all_but_one(vit_mae, ratio):
    images = torch.randn(3, 1, 8, 8)
    with sampled_ratio(vit_mae, RatioSampler(rl.DiscreteRatio([ratio]), rng=0), 16) as drawn:
        out = vit_mae(images)
    assert out.mask.sum(dim=1).tolist() == [hidden(drawn, 16)] * 3
    assert 1 <= hidden(drawn, 16) <= 15
    assert abs(hidden(drawn, 16) - 16 * ratio) <= 1
    assert torch.isfinite(out.loss)


def test_the_model_has_its_own_ratio_again(vit_mae):
    sampler = RatioSampler(0.3, rng=0)
    with sampled_ratio(vit_mae, sampler, 16) as drawn:
        assert vit_mae.config.mask_ratio == drawn != 0.75
    assert vit_mae.config.mask_ratio == 0.75
    with pytest.raises(KeyError), sampled_ratio(vit_mae, sampler, 16):
        raise KeyError
    assert vit_mae.config.mask_ratio == 0.75


def test_hiera_which_keeps_a_copy_of_the_ratio_is_reached(hiera):
    images, sampler = torch.randn(2, 1, 32, 32), RatioSampler(rl.UniformRatio(0, 1), rng=0)
    counts = []
    for _ in range(4):
        with sampled_ratio(hiera, sampler, 64) as drawn:
            seen = hiera(images).bool_masked_pos.sum(dim=1)  # Hiera marks what it keeps
        assert (64 - seen).tolist() == [hidden(drawn, 64)] * 2
        counts.append(hidden(drawn, 64))
    assert len(set(counts)) > 1


def test_any_forward_that_takes_a_ratio():
    seen = with_ratio(lambda x, *, share, y=0: (x, y, share), RatioSampler(0.5, rng=0), 8, "share")
    assert seen("x", y=1, progress=0.3) == ("x", 1, ratio_hiding(4, 8))


def test_refusals(vit_mae):
    with pytest.raises(rl.DomainError, match="one ratio per batch here, got per='sample'"):
        batch_ratio(RatioSampler(0.5, "sample", rng=0), 8)
    with pytest.raises(rl.DomainError, match="length must be an integer of at least 2, got 1"):
        batch_ratio(RatioSampler(0.5, rng=0), 1)
    with (
        pytest.raises(rl.DomainError, match="must have a mask_ratio to set, but Linear has none"),
        sampled_ratio(torch.nn.Linear(1, 1), RatioSampler(0.5, rng=0), 8),
    ):
        pass
