"""Runs of the real Trainer of Lightning."""

import copy

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

import ridgeless as rl
from tests import tolerances
from validation.adapters import LightningRatioCallback, RatioCollator
from validation.masking import Masker, RatioSampler

pytestmark = [
    # Of the library itself, and of small loaders on few cores.
    pytest.mark.filterwarnings("ignore::Warning:pytorch_lightning"),
    pytest.mark.filterwarnings("ignore:.*does not have many workers"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::FutureWarning"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]
SENTENCES = [
    {"input_ids": row} for row in np.random.default_rng(0).integers(5, 17, size=(24, 12)).tolist()
]
IMAGES = torch.randn(24, 1, 8, 8, generator=torch.Generator().manual_seed(0))


@pytest.fixture
def fit(lightning, tmp_path):
    """Train a model of transformers; return the Trainer and the masks that the model was given."""

    class Module(lightning.LightningModule):  # type: ignore[misc,name-defined]
        def __init__(self, model):
            super().__init__()
            self.model, self.train_masks, self.test_masks, self.drawn = model, [], [], []

        def step(self, batch, masks):
            batch = {"pixel_values": batch} if isinstance(batch, torch.Tensor) else dict(batch)
            out = self.model(**batch)
            masks.append(batch["labels"] != -100 if "labels" in batch else out.mask)
            return out.loss

        def training_step(self, batch, _):
            return self.step(batch, self.train_masks)

        def validation_step(self, batch, _):
            self.step(batch, self.test_masks)

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

        def log(self, name, value, *given, **named):
            self.drawn.append((name, value))
            super().log(name, value, *given, **named)

    def fit(model, callback, data, epochs, collate=None, resume=None, workers=0):
        def loader(samples):
            return DataLoader(samples, 4, collate_fn=collate, num_workers=workers)

        module = Module(copy.deepcopy(model))
        trainer = lightning.Trainer(
            max_epochs=epochs,
            accelerator="cpu",
            logger=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            enable_checkpointing=False,
            num_sanity_val_steps=1,
            callbacks=[callback],
            default_root_dir=tmp_path,
        )
        trainer.fit(module, loader(data), loader(data[:8]), ckpt_path=resume)
        return trainer, module

    return fit


def image_callback():
    sampler = RatioSampler(rl.ScheduledRatio(0.8, 0.2), rng=0)
    return LightningRatioCallback(sampler, module="model", evaluation=0.25)


def test_a_schedule_advances_and_validation_is_at_a_fixed_ratio(fit, vit_mae):
    _, module = fit(vit_mae, image_callback(), IMAGES, epochs=3)
    drawn = [value for name, value in module.drawn if name == "mask_ratio"]
    np.testing.assert_allclose(drawn, 0.8 - 0.6 * np.arange(18) / 18)
    counts = [int(mask[0].sum()) for mask in module.train_masks]
    np.testing.assert_allclose(counts, 16 * np.array(drawn), atol=1)
    assert {tuple(mask.sum(dim=1).tolist()) for mask in module.test_masks} == {(4.0,) * 4}
    assert len(module.test_masks) == 1 + 3 * 2  # one to see whether it works
    assert torch.equal(module.test_masks[1], module.test_masks[3])


def test_a_run_goes_on_with_the_masks_that_it_would_have_drawn(fit, vit_mae, tmp_path):
    _, whole = fit(vit_mae, image_callback(), IMAGES, epochs=4)
    half, _ = fit(vit_mae, image_callback(), IMAGES, epochs=2)
    half.save_checkpoint(tmp_path / "half.ckpt")
    callback = image_callback()
    _, rest = fit(vit_mae, callback, IMAGES, 4, resume=tmp_path / "half.ckpt")
    assert callback.draws.batches == 24
    assert len(rest.train_masks) == 12
    assert all(map(torch.equal, whole.train_masks[12:], rest.train_masks))


@pytest.mark.parametrize("workers", [0, 2])
def test_collators_and_their_workers(fit, bert, language, workers):
    collator = RatioCollator(language, RatioSampler(rl.UniformRatio(0.1, 0.9), rng=0))
    callback = LightningRatioCallback(collator)
    _, module = fit(bert(), callback, SENTENCES, 2, collator, workers=workers)
    drawn = np.array([value for name, value in module.drawn if name == "mask_ratio"])
    root = RatioSampler(rl.UniformRatio(0.1, 0.9), rng=0)
    np.testing.assert_allclose(drawn, [root.for_batch(n).ratio() for n in range(12)])
    shares = np.array([float(mask.float().mean()) for mask in module.train_masks])
    error = np.sqrt(drawn * (1 - drawn) / 48)
    assert (np.abs(shares - drawn) < tolerances.MONTE_CARLO_Z * error).all()
    assert torch.equal(module.test_masks[1], module.test_masks[3])


def test_refusals(fit, vit_mae):
    callback = LightningRatioCallback(RatioSampler(0.5, rng=0), module="network")
    with pytest.raises(rl.DomainError, match="module must name a module of Module, got 'network'"):
        fit(vit_mae, callback, IMAGES, 1)
    with pytest.raises(rl.DomainError, match="evaluation must lie"):
        LightningRatioCallback(Masker(RatioSampler(0.5), (4,)), evaluation=2.0)
    with pytest.raises(AttributeError, match="has no colour"):
        _ = callback.colour
