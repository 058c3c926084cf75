"""What a look at a few samples says of a model: its shapes, and what it makes of a mask."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from ridgeless import DomainError
from validation.datasets.tokens import Tokens
from validation.masking import Masker, RatioSampler

__all__ = ["check_finite", "check_predictions", "notes_on"]

SAMPLES = 8


def check_predictions(name: str, model: nn.Module, data: Tokens) -> None:
    """Refuse a model that does not map two samples to finite predictions of all tokens.

    Raises
    ------
    DomainError
        If it does not.
    """
    inputs, hidden = _few(data, 2)
    predicted, wanted = _predicted(model, inputs, hidden), (2, data.length, data.channels)
    got = tuple(predicted.shape) if isinstance(predicted, Tensor) else type(predicted).__name__
    if got != wanted:
        raise DomainError(
            f"model {name} must map 2 samples of {data.name} to a tensor {wanted}, got {got}"
        )
    check_finite(name, bool(predicted.isfinite().all()))


def check_finite(name: str, finite: bool) -> None:
    """Refuse predictions that are not finite."""
    if not finite:
        raise DomainError(f"predictions of {name} must be finite, got nan or inf")


def notes_on(model: nn.Module, data: Tokens) -> list[str]:
    """Return a sentence for each way in which a model does not do what a masked model does."""
    inputs, hidden = _few(data, SAMPLES)
    first = _predicted(model, inputs, hidden)
    notes = []
    if torch.equal(first, _predicted(model, inputs, ~hidden)):
        notes.append(
            "its output does not change when other tokens are hidden: the model ignores the mask"
        )
    other = (inputs + 1) % data.symbols if data.symbols else inputs + 1
    where = hidden if data.symbols else hidden[..., None]
    if not torch.equal(first, _predicted(model, torch.where(where, other, inputs), hidden)):
        notes.append(
            "its output changes with the tokens that are hidden: the model looks at what it is to "
            "predict"
        )
    return notes


def _few(data: Tokens, samples: int) -> tuple[Tensor, Tensor]:
    """Return samples from all over the test set, and half of their tokens hidden."""
    places = torch.linspace(0, len(data.test) - 1, samples).round().long()
    inputs = torch.as_tensor(data.test[places.numpy()])
    masker = Masker(RatioSampler(0.5, rng=0, rank=0), data.grid)
    hidden = torch.as_tensor(masker.draw(samples))
    return inputs.long() if data.symbols else inputs, hidden


def _predicted(model: nn.Module, inputs: Tensor, hidden: Tensor) -> Any:
    with torch.no_grad():
        return model.cpu().eval()(inputs, hidden)
