"""Four models of masked inputs: Linear, MLP, CNN and Transformer.

Each maps ``(inputs, hidden)`` to one prediction per token: a linear `head` of its `last` layer.
It has `represent` too, whose features of whole samples a probe reads. Shapes: B samples, L tokens
on a grid, c values per token or V symbols, w the width. ``inputs`` are values (B, L, c) or symbols
(B, L); ``hidden`` is boolean (B, L), True where masked. What is hidden never reaches a model.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

from ridgeless import DomainError
from validation.datasets.tokens import Tokens
from validation.masking.fill import Fill, check_fill, filled, scaled

__all__ = ["CNN", "MLP", "MODELS", "Linear", "Transformer", "make_model"]

HEAD_WIDTH = 16  # of one attention head


class Masked(nn.Module):
    """What the models share: how hidden tokens are blanked."""

    fill: Fill = "zero"

    def __init__(self, data: Tokens) -> None:
        super().__init__()
        self.grid, self.length = data.grid, data.length
        self.symbols, self.channels = data.symbols, data.channels

    def blank(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        """Return values, or indicators of symbols, with zeros where hidden: (B, L, c)."""
        if self.symbols:
            inputs = functional.one_hot(inputs, self.symbols).float()
        return filled(inputs, hidden, self.fill)

    def flag(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        """Return `blank` with a last channel that is 1 where hidden: (B, L, c + 1)."""
        return torch.cat([self.blank(inputs, hidden), hidden[..., None].float()], dim=-1)

    def represent(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        """Return features of the whole sample: (B, features)."""
        raise NotImplementedError

    def last(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        """Return what the head reads at every token: (B, L, features)."""
        raise NotImplementedError


class Linear(Masked):
    """One matrix from all zero-filled tokens to all tokens, started at zero: the theory's model.

    Gradient descent from zero converges to the min-norm solution. It has no size to choose.
    """

    def __init__(self, data: Tokens, width: int = 0, depth: int = 0) -> None:
        super().__init__(data)
        size = self.length * self.channels
        self.map = nn.Linear(size, size, bias=bool(self.symbols))
        nn.init.zeros_(self.map.weight)
        if self.symbols:
            nn.init.zeros_(self.map.bias)

    def represent(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        return self.map(self.blank(inputs, hidden).flatten(1))  # (B, L c)

    def last(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        return _everywhere(self.blank(inputs, hidden).flatten(1), self.length)

    def forward(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        return self.represent(inputs, hidden).unflatten(1, (self.length, self.channels))


class MLP(Masked):
    """`depth` hidden layers of `width` on all tokens at once; it sees which are hidden."""

    def __init__(self, data: Tokens, width: int = 256, depth: int = 1) -> None:
        super().__init__(data)
        sizes = [self.length * (self.channels + 1), *[width] * depth]
        self.body = nn.Sequential(
            *(layer for a, b in itertools.pairwise(sizes) for layer in (nn.Linear(a, b), nn.GELU()))
        )
        self.head = nn.Linear(sizes[-1], self.length * self.channels)

    def represent(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        return self.body(self.flag(inputs, hidden).flatten(1))  # (B, w)

    def last(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        return _everywhere(self.represent(inputs, hidden), self.length)

    def forward(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        predicted = self.head(self.represent(inputs, hidden))
        return predicted.unflatten(1, (self.length, self.channels))


class CNN(Masked):
    """An encoder-decoder of convolutions on the grid of tokens, with skips at each scale.

    Text is a grid of one row, on which kernels and strides are one-dimensional.
    """

    def __init__(self, data: Tokens, width: int = 32, depth: int = 1) -> None:
        super().__init__(data)
        kernel = tuple(3 if side > 1 else 1 for side in self.grid)
        stride = tuple(2 if side > 1 else 1 for side in self.grid)

        def block(a: int, b: int, step: tuple[int, ...] | int = 1) -> nn.Sequential:
            padding = tuple(side // 2 for side in kernel)
            return nn.Sequential(nn.Conv2d(a, b, kernel, step, padding), nn.GELU())  # type: ignore[arg-type]

        widths = [width * 2**level for level in range(depth + 1)]
        scales = list(itertools.pairwise(widths))
        self.inlet = block(self.channels + 1, width)
        self.down = nn.ModuleList(
            nn.Sequential(block(a, b, stride), block(b, b)) for a, b in scales
        )
        self.up = nn.ModuleList(block(a + b, a) for a, b in reversed(scales))
        self.head = nn.Conv2d(width, self.channels, 1)

    def encode(self, inputs: Tensor, hidden: Tensor) -> list[Tensor]:
        """Return the maps of every scale, finest first: (B, w 2^k, H / 2^k, W / 2^k)."""
        flagged = self.flag(inputs, hidden).transpose(1, 2)  # (B, c + 1, L)
        maps = [self.inlet(flagged.unflatten(2, self.grid))]
        for down in self.down:
            maps.append(down(maps[-1]))
        return maps

    def represent(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        return self.encode(inputs, hidden)[-1].flatten(1)

    def decode(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        """Return the maps that the head reads: (B, w, H, W)."""
        *skips, found = self.encode(inputs, hidden)
        for up, skip in zip(self.up, reversed(skips), strict=True):
            grown = functional.interpolate(found, size=skip.shape[2:])
            found = up(torch.cat([skip, grown], dim=1))
        return found

    def last(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        return self.decode(inputs, hidden).flatten(2).transpose(1, 2)

    def forward(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        predicted: Tensor = self.head(self.decode(inputs, hidden))  # (B, c, H, W)
        return predicted.flatten(2).transpose(1, 2)


class Block(nn.Module):
    """Self-attention and a two-layer MLP, each behind a norm and around a skip."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.heads = max(1, width // HEAD_WIDTH)
        self.before, self.between = nn.LayerNorm(width), nn.LayerNorm(width)
        self.mix, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.mlp = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )

    def forward(self, x: Tensor, seen: Tensor | None = None) -> Tensor:
        """Map tokens (B, T, w) to (B, T, w); attend only where `seen`, (B, T), is True."""
        parts = self.mix(self.before(x)).unflatten(2, (3, self.heads, -1))  # (B, T, 3, h, w/h)
        query, key, value = parts.permute(2, 0, 3, 1, 4)  # each (B, h, T, w/h)
        mask = None if seen is None else seen[:, None, None, :]
        mixed = functional.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = x + self.out(mixed.transpose(1, 2).flatten(2))
        return x + self.mlp(self.between(x))


class Transformer(Masked):
    """`depth` blocks of `width`; values as MAE has them, symbols as BERT has them.

    Values: the encoder sees the visible tokens only, and one more block decodes all places from
    what it found and a mask token. Symbols: a mask token stands for the hidden ones all along.
    """

    def __init__(self, data: Tokens, width: int = 64, depth: int = 2) -> None:
        super().__init__(data)
        if width % HEAD_WIDTH and width > HEAD_WIDTH:
            raise DomainError(f"width must be a multiple of {HEAD_WIDTH}, got {width}")
        self.embed = (
            nn.Embedding(self.symbols, width) if self.symbols else nn.Linear(self.channels, width)
        )
        self.place = nn.Parameter(waves(self.grid, width))
        self.mask_token = nn.Parameter(0.02 * torch.randn(width))
        self.encoder = nn.ModuleList(Block(width) for _ in range(depth))
        self.decoder = None if self.symbols else Block(width)
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, self.channels)

    def encode(self, inputs: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """Return encoded tokens (B, T, w), their places (B, T), and which are no padding.

        T is L for symbols, and the largest number of visible tokens in the batch for values.
        """
        tokens = self.embed(scaled(inputs, hidden, self.fill)) + self.place  # (B, L, w)
        if self.decoder is None:
            tokens = torch.where(hidden[..., None], self.mask_token + self.place, tokens)
            places, seen = torch.arange(self.length, device=hidden.device).expand_as(hidden), None
        else:
            visible = (~hidden).sum(dim=1)
            most = int(visible.max())
            places = torch.argsort(hidden.int(), dim=1, stable=True)[:, :most]  # visible first
            tokens = tokens.gather(1, places[..., None].expand(-1, -1, tokens.shape[2]))
            padded = bool((visible != most).any())
            seen = ~hidden.gather(1, places) if padded else None
        for block in self.encoder:
            tokens = block(tokens, seen)
        return tokens, places, seen

    def represent(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        tokens, _, seen = self.encode(inputs, hidden)
        tokens = self.norm(tokens)
        if seen is None:
            return tokens.mean(dim=1)  # (B, w)
        return (tokens * seen[..., None]).sum(dim=1) / seen.sum(dim=1, keepdim=True)

    def last(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        tokens, places, _ = self.encode(inputs, hidden)
        if self.decoder is not None:
            found = torch.zeros(*hidden.shape, tokens.shape[2], dtype=tokens.dtype).to(
                tokens.device
            )
            found = found.scatter(1, places[..., None].expand_as(tokens), tokens)
            blank = self.mask_token.to(tokens.dtype)
            tokens = self.decoder(torch.where(hidden[..., None], blank, found) + self.place)
        normed: Tensor = self.norm(tokens)  # (B, L, w)
        return normed

    def forward(self, inputs: Tensor, hidden: Tensor) -> Tensor:
        predicted: Tensor = self.head(self.last(inputs, hidden))  # (B, L, c)
        return predicted


def _everywhere(features: Tensor, length: int) -> Tensor:
    """Return features of samples, (B, features), as those of each of their tokens."""
    return features[:, None].expand(-1, length, -1)


def waves(grid: tuple[int, int], width: int) -> Tensor:
    """Return sines and cosines of the places on a grid, (L, w): where learning of places starts.

    From random numbers instead, small models take much longer to find out what is near.
    """
    places = torch.stack(torch.meshgrid(*map(torch.arange, grid), indexing="ij"), dim=2)
    axes = [(places[..., axis].flatten(), side) for axis, side in enumerate(grid) if side > 1]
    each = width // (2 * len(axes))
    waves = []
    for place, side in axes:
        frequencies = math.pi / torch.logspace(math.log10(1.5), math.log10(2 * side), each)
        waves += [torch.sin(place[:, None] * frequencies), torch.cos(place[:, None] * frequencies)]
    found = torch.cat(waves, dim=1)
    return functional.pad(found, (0, width - found.shape[1]))


MODELS: dict[str, Callable[..., Masked]] = {
    "linear": Linear,
    "mlp": MLP,
    "cnn": CNN,
    "transformer": Transformer,
}


def make_model(
    name: str, data: Tokens, width: int, depth: int, seed: int, fill: Fill = "zero"
) -> Masked:
    """Return a model with weights drawn from `seed`; the global generator is left alone.

    With fill "rescale" it divides the values that it sees by 1 - p of their sample.

    Raises
    ------
    DomainError
        If there is no such model, or symbols shall be rescaled.
    """
    if fill != "zero" and data.symbols:
        raise DomainError(
            f"fill must be 'zero' for the symbols of {data.name}, which cannot be divided by "
            f"1 - p, got {fill!r}"
        )
    if name not in MODELS:
        raise DomainError(f"model must be one of {', '.join(MODELS)}, got {name!r}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = MODELS[name](data, width, depth)
    model.fill = check_fill(fill)
    return model
