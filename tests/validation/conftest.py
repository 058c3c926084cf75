"""A data set of one's own, training without a pool of workers, and small random models."""

import numpy as np
import pytest

from tests.validation import tiny

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


@pytest.fixture
def table(tmp_path) -> str:
    """A file of one's own, which is quick to train on."""
    path = tmp_path / "table.npy"
    np.save(path, tiny.values(200).train.reshape(160, 24))
    return str(path)


@pytest.fixture
def here(monkeypatch):
    """Train in this process: a pool of workers takes seconds to start."""
    import joblib

    class Serial:
        def __init__(self, **_):
            pass

        def __call__(self, tasks):
            return (function(*given, **named) for function, given, named in tasks)

    monkeypatch.setattr(joblib, "Parallel", Serial)


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
