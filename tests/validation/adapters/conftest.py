"""The real library, or a skip; small random models of it, made from configurations."""

import os

import pytest

SENTENCE = "transformers must be installed: pip install transformers==5.23.0"
#: 8 x 8 grey images in 4 x 4 patches of 2 x 2.
PATCHES = {
    "image_size": 8,
    "patch_size": 2,
    "num_channels": 1,
    "hidden_size": 16,
    "num_hidden_layers": 1,
    "num_attention_heads": 2,
    "intermediate_size": 32,
}


@pytest.fixture(scope="session")
def transformers():
    """Skip with a sentence, except under CI=true."""
    if os.environ.get("CI", "").lower() != "true":
        pytest.importorskip("transformers", reason=SENTENCE)
    import transformers

    return transformers


@pytest.fixture
def vit_mae(transformers):
    """8 x 8 grey images in 4 x 4 patches of 2 x 2."""
    import torch

    torch.manual_seed(0)
    config = transformers.ViTMAEConfig(
        **PATCHES,
        decoder_hidden_size=16,
        decoder_num_hidden_layers=1,
        decoder_num_attention_heads=2,
        decoder_intermediate_size=32,
    )
    return transformers.ViTMAEForPreTraining(config).eval()


@pytest.fixture
def hiera(transformers):
    """32 x 32 grey images in 8 x 8 mask units."""
    config = transformers.HieraConfig(
        image_size=(32, 32),
        patch_size=(3, 3),
        patch_stride=(2, 2),
        patch_padding=(1, 1),
        masked_unit_size=(2, 2),
        num_channels=1,
        embed_dim=8,
        depths=(1, 1),
        num_heads=(1, 1),
        num_query_pool=1,
        masked_unit_attention=(True, False),
        decoder_depth=1,
        decoder_num_heads=1,
        decoder_hidden_size=8,
    )
    return transformers.HieraForPreTraining(config).eval()


@pytest.fixture
def vit(transformers):
    """8 x 8 grey images in 4 x 4 patches, masked one by one."""
    config = transformers.ViTConfig(**PATCHES, encoder_stride=2)
    return transformers.ViTForMaskedImageModeling(config).eval()


@pytest.fixture
def swin(transformers):
    """16 x 16 grey images in 8 x 8 patches of 2 x 2, masked in squares of 2 x 2 patches."""
    config = transformers.SwinConfig(
        image_size=16,
        patch_size=2,
        encoder_stride=4,
        num_channels=1,
        embed_dim=8,
        depths=(1, 1),
        num_heads=(1, 1),
        window_size=2,
    )
    return transformers.SwinForMaskedImageModeling(config).eval()
