"""Weights of a user's own file, put into a user's own model; nothing in the file is unpickled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ridgeless import DomainError

__all__ = ["load_weights"]

#: Under which of its entries a checkpoint keeps the weights, where it holds more.
ENTRIES = ("state_dict", "model_state_dict", "model")


def load_weights(model: nn.Module, path: Path) -> None:
    """Put the weights of a file into a model: all of them, in their shapes.

    A file of torch or of safetensors, tensors by name; a part that all names begin with, as
    "module." of parallel training or "model." of a wrapper, may be there or lack.

    Raises
    ------
    DomainError
        If the file is missing, holds anything but tensors, or not those of the model.
    """
    found = _tensors(path)
    own = model.state_dict()
    found = _renamed(found, own)
    kind = type(model).__name__
    shared = {_place(own[name]) for name in found if name in own}
    lack = [name for name in own if name not in found and _place(own[name]) not in shared]
    others = [name for name in found if name not in own]
    if lack or others:
        parts = [
            f"{words} {len(names)}, as {names[0]!r}"
            for words, names in (("lack", lack), ("have", others))
            if names
        ]
        tail = " that it has not" if others else ""
        raise DomainError(
            f"weights {path} must be those of {kind}, but {' and '.join(parts)}{tail}"
        )
    for name, values in found.items():
        if values.shape != own[name].shape:
            raise DomainError(
                f"weights {path} must have the shapes of {kind}, but {name!r} is "
                f"{tuple(values.shape)}, not {tuple(own[name].shape)}"
            )
    model.load_state_dict(found, strict=False)


def _tensors(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a file by their names."""
    if not path.is_file():
        raise DomainError(f"weights must be a file, got {str(path)!r}")
    try:
        if path.suffix == ".safetensors":
            from safetensors.torch import load_file

            return dict(load_file(path))
        state = torch.load(path, map_location="cpu", weights_only=True)
    except ModuleNotFoundError:
        raise DomainError(f"weights {path} need a package: pip install safetensors") from None
    except Exception:  # what a broken file raises is anybody's guess
        raise DomainError(
            f"weights {path} must be a whole file of tensors by name: anything else would have to "
            "be unpickled, which can run code, and is not read"
        ) from None
    for entry in ENTRIES:
        if isinstance(state, Mapping) and isinstance(state.get(entry), Mapping):
            state = state[entry]
    if (
        not isinstance(state, Mapping)
        or not state
        or not all(isinstance(values, Tensor) for values in state.values())
    ):
        raise DomainError(f"weights {path} must hold tensors by name, and hold something else")
    return {str(name): values for name, values in state.items()}


def _renamed(found: dict[str, Tensor], own: Mapping[str, Any]) -> dict[str, Tensor]:
    """Return tensors under the model's names, if these differ by their beginnings only."""
    first = min(found)
    longer = (name.removesuffix(first) for name in own if name.endswith(f".{first}"))
    shorter = (first.removesuffix(name) for name in own if first.endswith(f".{name}"))
    for start in longer:
        if _all_in((start + name for name in found), own):
            return {start + name: values for name, values in found.items()}
    for start in shorter:
        if all(name.startswith(start) for name in found):
            return {name.removeprefix(start): values for name, values in found.items()}
    return found


def _all_in(names: Iterable[str], own: Mapping[str, Any]) -> bool:
    return all(name in own for name in names)


def _place(tensor: Tensor) -> tuple[int, int]:
    """Return where a tensor is: two names of one, as of tied embeddings, need one value."""
    return tensor.data_ptr(), tensor.numel()
