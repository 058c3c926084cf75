"""Data sets small enough to train on in a moment."""

import numpy as np
import torch

from validation.datasets.tokens import Tokens, standardised
from validation.masking import Masker, RatioSampler
from validation.models import make_model
from validation.pretrain import Recipe, Trained, pretrain

CPU = torch.device("cpu")
MODELS = ("linear", "mlp", "cnn", "transformer")


def values(samples: int = 160, grid: tuple[int, int] = (3, 4), channels: int = 2) -> Tokens:
    """Correlated values, four fifths of them for training, with labels that can be read off."""
    rng = np.random.default_rng(0)
    length = grid[0] * grid[1]
    factors = rng.standard_normal((samples, 3))
    loadings = rng.standard_normal((3, length * channels))
    rows = factors @ loadings + 0.5 * rng.standard_normal((samples, length * channels))
    cut = rows.reshape(samples, length, channels)
    edge = samples * 4 // 5
    train, test, used = standardised(cut[:edge], cut[edge:])
    labels = (factors[:, 0] > 0).astype(np.int64)
    return Tokens("values", train, test, grid, 0, used, labels[:edge], labels[edge:])


def symbols(samples: int = 160, length: int = 10, alphabet: int = 5) -> Tokens:
    """Symbols that repeat the one before half of the time."""
    rng = np.random.default_rng(0)
    drawn = rng.integers(alphabet, size=(samples, length))
    for place in range(1, length):
        repeats = rng.random(samples) < 0.5
        drawn[repeats, place] = drawn[repeats, place - 1]
    edge = samples * 4 // 5
    return Tokens("symbols", drawn[:edge], drawn[edge:], (1, length), alphabet)


def both() -> list[Tokens]:
    return [values(), symbols()]


def batch(data: Tokens, number: int = 6) -> torch.Tensor:
    rows = torch.as_tensor(data.train[:number])
    return rows.long() if data.symbols else rows


def trained(
    data: Tokens, recipe: Recipe, model: str = "mlp", ratio=0.5, **options
) -> tuple[torch.nn.Module, Trained]:
    """A model of width 16 trained on all samples, and what that cost."""
    network = make_model(model, data, 16, 1, seed=3)
    masker = Masker(RatioSampler(ratio, options.pop("per", "batch"), rng=1), data.grid)
    rows = np.arange(len(data.train))
    order = np.random.default_rng(2)
    cost = pretrain(network, data, rows, masker, recipe, rng=order, device=CPU, **options)
    return network, cost


def same_weights(first: torch.nn.Module, second: torch.nn.Module) -> bool:
    pairs = zip(first.state_dict().items(), second.state_dict().items(), strict=True)
    return all(a == b and torch.equal(x, y) for (a, x), (b, y) in pairs)
