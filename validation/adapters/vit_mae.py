"""ViTMAE of transformers as a model that the validation can test."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from ridgeless import DomainError
from validation.adapters.ratios import fixed_ratio, ratio_hiding
from validation.datasets.tokens import Tokens
from validation.models import waves

__all__ = ["ViTMAE", "place_patches"]


class ViTMAE(nn.Module):
    """Maps tokens and which are hidden to a prediction per token, by ViTMAEForPreTraining.

    Parameters
    ----------
    model : ViTMAEForPreTraining
        Its patches are the tokens of `data`.
    data : Tokens
        Images on a square grid.

    Raises
    ------
    DomainError
        If the patches are not the tokens, or the model predicts patches that are normalised one
        by one (`norm_pix_loss`), whose mean and scale a hidden patch does not tell.
    """

    def __init__(self, model: Any, data: Tokens) -> None:
        super().__init__()
        config = model.config
        if config.norm_pix_loss:
            raise DomainError("model must predict pixels as they are: norm_pix_loss must be False")
        side, channels = config.image_size // config.patch_size, _patch_values(config)
        if data.symbols or data.grid != (side, side) or data.channels != channels:
            shape = f"a {data.grid[0]} x {data.grid[1]} grid of {data.channels} values"
            raise DomainError(
                f"patches of the model, a {side} x {side} grid of {channels} values, must be the "
                f"tokens of {data.name}, {'symbols' if data.symbols else shape}"
            )
        self.model, self.length = model, data.length

    def forward(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        """Return predicted values of all tokens, (B, L, c); inputs (B, L, c), hidden (B, L)."""

        def logits(images: Tensor, noise: Tensor) -> Tensor:
            found: Tensor = self.model(images, noise=noise).logits
            return found

        return self._read(inputs, hidden, logits)

    def represent(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        """Return the mean of the encoded visible patches, (B, width)."""

        def mean(images: Tensor, noise: Tensor) -> Tensor:
            tokens: Tensor = self.model.vit(images, noise=noise).last_hidden_state
            return tokens[:, 1:].mean(dim=1)  # the first is the class token

        return self._read(inputs, hidden, mean)

    def _read(
        self, inputs: Tensor, hidden: Tensor, read: Callable[[Tensor, Tensor], Tensor]
    ) -> Tensor:
        """Return what is read off all samples; those that hide equally many go together."""
        counts = hidden.sum(dim=1)
        # The model hides the patches of largest noise.
        places = torch.arange(self.length, device=hidden.device)
        noise = (hidden * self.length + places).float()
        done: list[Tensor] = []
        rows: list[Tensor] = []
        for number in sorted(set(counts.tolist())):
            alike = torch.nonzero(counts == number)[:, 0]
            with fixed_ratio(self.model, ratio_hiding(number, self.length)):
                images = self.model.unpatchify(inputs[alike])
                done.append(read(images, noise[alike]))
            rows.append(alike)
        return torch.cat(done)[torch.cat(rows).argsort()]


def place_patches(model: Any) -> None:
    """Give a ViTMAEForPreTraining the fixed positions that MAE has, where it has none.

    Those of a model that transformers 5.23 makes from a configuration are zero and never trained:
    it cannot tell where a patch is. Positions that are there, as in pretrained weights, stay.
    """
    side = model.config.image_size // model.config.patch_size
    for positions in (model.vit.embeddings.position_embeddings, model.decoder.decoder_pos_embed):
        if not positions.any():
            # The first place, of the class token, stays zero.
            positions.data[0, 1:] = waves((side, side), positions.shape[2])


def _patch_values(config: Any) -> int:
    return int(config.patch_size**2 * config.num_channels)
