"""ViTMAE under our contract predicts what it predicts on its own."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import ridgeless as rl
from validation.adapters import ViTMAE, place_patches
from validation.adapters.ratios import fixed_ratio, ratio_hiding
from validation.adapters.vit_mae import patch_grid
from validation.datasets import images, load
from validation.datasets.tokens import split
from validation.models import waves


@pytest.fixture
def samples():
    """Digits that hide 0, 5, 5, 1 and 15 of their 16 patches."""
    generator = torch.Generator().manual_seed(0)
    counts = torch.tensor([0, 5, 5, 1, 15])
    ranks = torch.rand(5, 16, generator=generator).argsort(dim=1).argsort(dim=1)
    return torch.as_tensor(load("digits").test[:5]), ranks < counts[:, None]


def test_positions_are_put_where_there_are_none(vit_mae):
    fixed = vit_mae.vit.embeddings.position_embeddings, vit_mae.decoder.decoder_pos_embed
    place_patches(vit_mae)
    for positions in fixed:
        apart = torch.cdist(positions[0, 1:], positions[0, 1:])
        assert apart[~torch.eye(16, dtype=torch.bool)].min() > 0.1
        positions.data.fill_(2.0)
    place_patches(vit_mae)
    assert all(bool((positions == 2.0).all()) for positions in fixed)


@pytest.mark.parametrize("size", [(8, 8), [8, 8], (4, 16), [16, 4]])
def test_places_of_tuples_lists_and_images_that_are_not_square(transformers, vit_mae, size):
    own = {k: v for k, v in vit_mae.config.to_dict().items() if k != "image_size"}
    model = transformers.ViTMAEForPreTraining(
        transformers.ViTMAEConfig(**own | {"image_size": size})
    )
    place_patches(model)
    grid = patch_grid(model.config)
    assert grid == (size[0] // 2, size[1] // 2)
    (places,) = model.vit.embeddings.position_embeddings
    torch.testing.assert_close(places[1:], waves(grid, 16))
    assert not places[0].any()
    if size[0] == size[1]:
        assert torch.isfinite(model(torch.randn(2, 1, *size)).loss)


def test_places_that_the_model_has_no_room_for(vit_mae):
    vit_mae.config.image_size = (4, 8)
    with pytest.raises(rl.DomainError, match="a place for each of its 2 x 4 patches and one more"):
        place_patches(vit_mae)
    with pytest.raises(rl.DomainError, match="must be a number or a pair"):
        patch_grid(SimpleNamespace(image_size=(4, 8, 8), patch_size=2))


def test_predictions_are_the_models_own(vit_mae, samples):
    place_patches(vit_mae)
    inputs, hidden = samples
    with torch.no_grad():
        found = ViTMAE(vit_mae, load("digits"))(inputs, hidden)
        for row, mask, predicted in zip(inputs, hidden, found, strict=True):
            with fixed_ratio(vit_mae, ratio_hiding(int(mask.sum()), 16)):
                noise = torch.where(mask, 1.0, 0.0)[None]
                out = vit_mae(vit_mae.unpatchify(row[None]), noise=noise)
            assert torch.equal(out.mask[0].bool(), mask)
            torch.testing.assert_close(out.logits[0], predicted)
    assert vit_mae.config.mask_ratio == 0.75


def test_hidden_patches_do_not_matter_and_visible_ones_do(vit_mae, samples):
    place_patches(vit_mae)
    inputs, hidden = samples
    model = ViTMAE(vit_mae, load("digits"))
    with torch.no_grad():
        for read in (model, model.represent):
            found = read(inputs, hidden)
            torch.testing.assert_close(read(inputs + 9 * hidden[..., None], hidden), found)
            moved = (read(inputs + 9 * ~hidden[..., None], hidden) - found).abs().flatten(1)
            assert (moved.max(dim=1).values > 1e-3).all()


def test_tokens_are_the_models_patches(vit_mae):
    pixels = np.random.default_rng(0).normal(size=(10, 8, 8, 1))
    tokens = torch.as_tensor(images.from_pixels(pixels, 2, "noise").train)
    kept = pixels[split(10)[0], ..., 0]
    wanted = (kept - kept.mean(axis=0)) / kept.std(axis=0)
    pictures = vit_mae.unpatchify(tokens)
    np.testing.assert_allclose(pictures[:, 0].numpy(), wanted, atol=1e-6)
    assert torch.equal(vit_mae.patchify(pictures), tokens)


def test_refusals(vit_mae):
    digits = load("digits")
    with pytest.raises(rl.DomainError, match="4 x 4 grid of 4 values, must be the tokens of pydoc"):
        ViTMAE(vit_mae, load("pydoc"))
    wide = replace(digits, grid=(2, 8), name="wide")
    with pytest.raises(rl.DomainError, match="tokens of wide, a 2 x 8 grid of 4 values"):
        ViTMAE(vit_mae, wide)
    vit_mae.config.norm_pix_loss = True
    with pytest.raises(rl.DomainError, match="norm_pix_loss must be False"):
        ViTMAE(vit_mae, digits)
