"""What a model is fed at every forward pass: a mask, or a ratio and noise that sorts patches."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ridgeless import DomainError
from validation.adapters.masks import batch_of
from validation.adapters.ratios import drawn_ratio, holders_of, restore, set_ratios
from validation.adapters.vit_mae import patch_grid
from validation.masking import Masker, RatioSampler
from validation.masking.fill import scaled
from validation.masking.sampler import ungrouped

__all__ = ["ModelFeed"]

Inputs = tuple[tuple[Any, ...], dict[str, Any]]


class ModelFeed:
    """Hooks that draw for a model whenever it runs: in training by law, else at a fixed ratio.

    Batch n of training has a stream of its own, which follows from the seed, the rank and n.
    Outside of training the masks depend on the batch alone, so that evaluations can be compared.

    Parameters
    ----------
    source : RatioSampler or Masker
        A masker's mask is handed on as the argument `name`. A sampler's ratio is set where the
        model keeps its `mask_ratio`; where its forward takes `noise`, that is drawn too.
    evaluation : float in (0, 1)
        The ratio when the model is not in training mode.
    length : int, optional
        L, how many tokens a model with a ratio chooses from; of images, its configuration says.
    """

    def __init__(
        self,
        source: RatioSampler | Masker,
        evaluation: float,
        length: int | None = None,
        name: str = "bool_masked_pos",
    ) -> None:
        self.masker = source if isinstance(source, Masker) else None
        self.sampler = source.sampler if isinstance(source, Masker) else ungrouped(source)
        if self.masker is None and self.sampler.per != "batch":
            raise DomainError(
                f"sampler must draw one ratio per batch here, got per={self.sampler.per!r}"
            )
        weighted = getattr(self.sampler.law, "loss_weights", None) is not None
        if weighted and self.sampler.per != "batch":
            raise DomainError(
                "law must have no loss weights with per='sample': a model returns one loss for the "
                f"batch, got {self.sampler.law}"
            )
        self.evaluation, self.length, self.name = evaluation, length, name
        self.batches, self.total = 0, 0
        self.ratios: list[float] = []  # that training drew, since they were last taken
        #: Whether the model is being trained; None: as its mode says.
        self.training: bool | None = None
        self._model: nn.Module | None = None
        self._own: list[tuple[Any, float]] = []
        self._weight = 1.0

    def attach(self, model: nn.Module) -> None:
        """Draw for a model from now on; once is enough.

        Raises
        ------
        DomainError
            If it takes no such argument, keeps no mask_ratio, or does not say its L.
        """
        if self._model is not None:
            return
        known = inspect.signature(model.forward).parameters
        takes_all = any(p.kind is p.VAR_KEYWORD for p in known.values())
        if self.masker is not None:
            if self.name not in known and not takes_all:
                raise DomainError(
                    f"model must take the mask as {self.name}, but the forward of "
                    f"{type(model).__name__} takes {', '.join(known)}; set name="
                )
        else:
            holders_of(model)
            if self.length is None:
                self.length = _length(model)
        self._noise = self.masker is None and "noise" in known
        self._model = model
        model.register_forward_pre_hook(self._before, with_kwargs=True)
        model.register_forward_hook(self._after, always_call=True)  # also after an exception

    def _before(self, model: nn.Module, given: tuple[Any, ...], named: dict[str, Any]) -> Inputs:
        inputs: dict[int | str, Any] = dict(enumerate(given))
        inputs.update(named)
        place, batch = batch_of(inputs)
        if self._trains(model):
            sampler = self.sampler.for_batch(self.batches)
            progress = min(1.0, self.batches / self.total) if self.total else None
            if progress is None and self.batches:
                sampler.mute()
            self.batches += 1
        else:
            sampler = RatioSampler(self.evaluation, rng=_seed(batch), rank=0)
            progress = 1.0
        extra = (
            self._mask(model, inputs, place, batch, sampler, progress)
            if self.masker is not None
            else self._ratio(model, batch, sampler, progress)
        )
        places = [inputs.pop(number) for number in range(len(given))]
        return tuple(places), {**{str(k): v for k, v in inputs.items()}, **extra}

    def _mask(
        self,
        model: nn.Module,
        inputs: dict[int | str, Any],
        place: int | str,
        batch: Tensor,
        sampler: RatioSampler,
        progress: float | None,
    ) -> dict[str, Any]:
        assert self.masker is not None
        if inputs.get(self.name) is not None:
            raise DomainError(
                f"inputs must leave {self.name} to the masker, but the batch brings its own"
            )
        hidden, ratios, weights = self.masker.with_sampler(sampler).drawn(len(batch), progress)
        mask = torch.as_tensor(hidden, device=batch.device)
        inputs[place] = scaled(batch, mask, self.masker.fill)
        self._note(model, float(ratios.mean()), float(weights[0]))
        return {self.name: mask}

    def _ratio(
        self, model: nn.Module, batch: Tensor, sampler: RatioSampler, progress: float | None
    ) -> dict[str, Any]:
        assert self.length is not None
        drawn, ratio = drawn_ratio(sampler, self.length, progress)
        self._own = set_ratios(model, ratio)
        weight = (
            self.sampler.law.loss_weight(np.array([drawn])) if self._trains(model) else np.ones(1)
        )
        self._note(model, drawn, float(weight[0]))
        if not self._noise:
            return {}
        noise = sampler.rng.random((len(batch), self.length)).astype(np.float32)
        return {"noise": torch.as_tensor(noise, device=batch.device)}

    def _after(self, model: nn.Module, given: Any, output: Any) -> Any:
        restore(self._own)
        self._own = []
        if self._weight == 1.0 or not self._trains(model):
            return output
        return _weighted(output, self._weight)

    def _trains(self, model: nn.Module) -> bool:
        return model.training if self.training is None else self.training

    def _note(self, model: nn.Module, ratio: float, weight: float) -> None:
        if self._trains(model):
            self.ratios.append(ratio)
        self._weight = weight


def _length(model: Any) -> int:
    """Return L of a model of images."""
    config = getattr(model, "config", None)
    if hasattr(config, "image_size") and hasattr(config, "patch_size"):
        rows, columns = patch_grid(config)
        return rows * columns
    raise DomainError(
        f"length must be given for {type(model).__name__}, whose configuration does not say how "
        "many tokens it chooses from"
    )


def _seed(batch: Tensor) -> int:
    """Return a number that depends on what a batch holds."""
    whole = batch.detach().float()  # not every device has float64
    parts = whole.sum(), whole.flatten()[:: max(1, whole.numel() // 64)].sum()
    return zlib.crc32(repr((*batch.shape, *map(float, parts))).encode())


def _weighted(output: Any, weight: float) -> Any:
    """Return the output of a model with its loss times a weight."""
    if isinstance(output, Mapping) or hasattr(output, "loss"):
        output["loss"] = output["loss"] * weight
        return output
    return output[0] * weight, *output[1:]
