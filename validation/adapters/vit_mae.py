"""ViTMAE of transformers as a model that the validation can test."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
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
        Images on the same grid.

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
        grid, channels = patch_grid(config), math.prod(_sides(config.patch_size)) * _colours(config)
        if data.symbols or data.grid != grid or data.channels != channels:
            shape = f"a {data.grid[0]} x {data.grid[1]} grid of {data.channels} values"
            raise DomainError(
                f"patches of the model, a {grid[0]} x {grid[1]} grid of {channels} values, must be "
                f"the tokens of {data.name}, {'symbols' if data.symbols else shape}"
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
                size = _sides(self.model.config.image_size)
                images = self.model.unpatchify(inputs[alike], original_image_size=size)
                done.append(read(images, noise[alike]))
            rows.append(alike)
        return torch.cat(done)[torch.cat(rows).argsort()]


def place_patches(model: Any) -> None:
    """Give a ViTMAEForPreTraining the fixed positions that MAE has, where it has none.

    Those of a model that transformers 5.23 makes from a configuration are zero and never trained:
    it cannot tell where a patch is. Positions that are there, as in pretrained weights, stay.
    """
    grid = patch_grid(model.config)
    for positions in (model.vit.embeddings.position_embeddings, model.decoder.decoder_pos_embed):
        if positions.shape[1] != 1 + math.prod(grid):
            raise DomainError(
                f"model must have a place for each of its {grid[0]} x {grid[1]} patches and one "
                f"more, got {positions.shape[1]}"
            )
        if not positions.any():
            # The first place, of the class token, stays zero.
            positions.data[0, 1:] = waves(grid, positions.shape[2])


def patch_grid(config: Any) -> tuple[int, int]:
    """Return rows and columns of patches; sizes are numbers or pairs, height first.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> patch_grid(SimpleNamespace(image_size=[32, 64], patch_size=8))
    (4, 8)
    """
    image, patch = _sides(config.image_size), _sides(config.patch_size)
    return image[0] // patch[0], image[1] // patch[1]


def _sides(size: Any) -> tuple[int, int]:
    """Return height and width."""
    sides = tuple(size) if isinstance(size, Sequence) else (size, size)
    if len(sides) != 2:
        raise DomainError(f"image_size and patch_size must be a number or a pair, got {size!r}")
    return int(sides[0]), int(sides[1])


def _colours(config: Any) -> int:
    return int(config.num_channels)
