"""A network's last hidden layer as features of rows, for `ridgeless.rows_risk`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from validation.datasets.tokens import Tokens
from validation.models import Masked, make_model
from validation.theories.places import inputs_of

__all__ = ["frozen_layer", "last_layer"]

Array = NDArray[np.float64]

BATCH = 500


def last_layer(
    model: Masked, data: Tokens, token: int, device: torch.device
) -> Callable[[Array], Array]:
    """Return what the head of a model reads at a token, with a one for its bias.

    The read-out has n rows for this token alone; where a network shares its head among tokens,
    as convolutions and Transformers do, its own read-out has more.
    """
    model.to(device).eval()

    def features(rows: Array) -> Array:
        inputs, hidden = inputs_of(data, rows)
        found = []
        with torch.no_grad():
            for at in range(0, len(rows), BATCH):
                given = torch.as_tensor(inputs[at : at + BATCH]).to(device)
                mask = torch.as_tensor(hidden[at : at + BATCH]).to(device)
                found.append(model.last(given, mask)[:, token].float().cpu())
        read = torch.cat(found).numpy().astype(np.float64)
        return np.concatenate([read, np.ones((len(read), 1))], axis=1)

    return features


def frozen_layer(
    data: Tokens, width: int, token: int, seed: int, device: torch.device
) -> Callable[[Array], Array]:
    """Return random features of that width: the first layer of an MLP before any training."""
    return last_layer(make_model("mlp", data, width, 1, seed), data, token, device)
