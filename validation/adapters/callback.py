"""What the Trainer of transformers does not know: progress, evaluation ratios, the stream."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed, nn

from ridgeless import DomainError
from validation.adapters.collator import RatioCollator
from validation.adapters.feed import ModelFeed
from validation.adapters.streams import open_ratio
from validation.masking import Masker, RatioSampler

__all__ = ["RatioCallback"]

#: Under which name the Trainer's own state keeps the stream.
STATE = "RatioStream"
#: What the log calls the mean ratio of the batches since it was last written.
LOGGED = "mask_ratio"


class RatioCallback:
    """A callback of the Trainer of transformers, for random mask ratios.

    - A schedule advances with the batches.
    - Evaluation is at a fixed ratio, with masks that depend on the examples alone, so that two
      evaluations can be compared. Several ratios are several metrics: `eval_loss` at the first,
      and `eval_loss_RATIO` for each, of the model's own loss.
    - Checkpoints keep the stream of masks: a run that goes on draws what it would have drawn.
      Each batch has a stream of its own, named by seed, rank and number, so that the number of
      data-loader workers and of ranks may change.
    - The log has `mask_ratio`, the mean since the last line, of this process.

    Parameters
    ----------
    source : RatioCollator, RatioSampler or Masker
        A collator that is the Trainer's `data_collator`; a sampler, for a model that keeps a
        `mask_ratio` (ViTMAE, Hiera); a masker, for a model that takes a mask.
    evaluation : float in (0, 1), or a sequence of them, optional
        The ratio at evaluation; by default the mean of the law.
    length : int, optional
        L, how many tokens a model with a `mask_ratio` chooses from, if its configuration does not
        tell.
    name : str
        What the model calls its mask.

    Raises
    ------
    DomainError
        If the source is none of these, or a ratio is not in (0, 1); when the Trainer starts: if
        its loader does not use the collator, or the model keeps no ratio or takes no such mask.
    """

    def __init__(
        self,
        source: RatioCollator | RatioSampler | Masker,
        *,
        evaluation: float | Sequence[float] | None = None,
        length: int | None = None,
        name: str = "bool_masked_pos",
    ) -> None:
        if not isinstance(source, RatioCollator | RatioSampler | Masker):
            raise DomainError(
                "source must be a RatioCollator, a RatioSampler or a Masker, got "
                f"{type(source).__name__}"
            )
        sampler = source if isinstance(source, RatioSampler) else source.sampler
        asked = sampler.law.mean if evaluation is None else evaluation
        ratios: Iterable[Any] = [asked] if np.ndim(asked) == 0 else asked  # type: ignore[assignment]
        self.evaluation = [open_ratio("evaluation", ratio) for ratio in ratios]
        if not self.evaluation:
            raise DomainError("evaluation must hold a ratio, got none")
        self.several = np.ndim(asked) > 0
        self.collator = source if isinstance(source, RatioCollator) else None
        self.feed = (
            None
            if isinstance(source, RatioCollator)
            else ModelFeed(source, self.evaluation[0], length, name)
        )
        self._batches, self._logged, self._total = 0, 0, 0.0

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Do nothing at the events that are not named here."""
        if name.startswith("on_"):
            return lambda *_, **__: None
        raise AttributeError(f"{type(self).__name__} has no {name}")

    @property
    def batches(self) -> int:
        """How many batches this process has trained on, over all runs that were gone on with."""
        return self._batches if self.feed is None else self.feed.batches

    def on_init_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Fix the ratio of whatever does not train."""
        self._evaluate_at(self.evaluation[0])
        if self.feed is not None and isinstance(parts.get("model"), nn.Module):
            self.feed.attach(parts["model"])

    def on_train_begin(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Take up the stream, of a checkpoint if there is one."""
        self.on_init_end(args, state, control, **parts)
        loader = parts["train_dataloader"]
        saved = state.stateful_callbacks.get(STATE)
        self._go_on(args.process_index, saved)
        self._total = _batches(loader, args, state)
        if self.feed is not None:
            self.feed.total = self._total
        if self.collator is not None:
            _trains_with(loader, self.collator)

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Number the batches of the epoch, before the loader and its workers start."""
        if self.collator is not None:
            self.collator.streams.number(self._batches, int(self._total))

    def on_substep_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Count a batch whose gradient is kept."""
        self._batches += 1

    def on_step_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Count a batch, and note where the stream is for a checkpoint."""
        self._batches += 1
        state.stateful_callbacks[STATE] = {"batches": self.batches, "seed": self._sampler.seed}
        if self.collator is not None:
            self.collator.progress = min(1.0, self._batches / self._total)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **parts: Any) -> None:
        """Add the mean ratio of the batches since the last line."""
        if not logs or "loss" not in logs:
            return
        found = self._ratios()
        if found:
            logs[LOGGED] = float(np.mean(found))
            state.log_history[-1][LOGGED] = logs[LOGGED]

    def on_evaluate(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Add the losses at further ratios."""
        metrics, model, loader = (parts[name] for name in ("metrics", "model", "eval_dataloader"))
        if not self.several:
            return
        known = next((name for name in metrics if name.endswith("_loss")), "eval_loss")
        first, *others = self.evaluation
        metrics[f"{known}_{first:g}"] = metrics[known] if known in metrics else _loss(model, loader)
        for ratio in others:
            self._evaluate_at(ratio)
            metrics[f"{known}_{ratio:g}"] = _loss(model, loader)
        self._evaluate_at(first)
        if state.log_history:
            state.log_history[-1].update({k: v for k, v in metrics.items() if k.startswith(known)})

    @property
    def _sampler(self) -> RatioSampler:
        return self.collator.sampler if self.feed is None else self.feed.sampler  # type: ignore[union-attr]

    def _evaluate_at(self, ratio: float) -> None:
        if self.collator is not None:
            self.collator.streams.evaluation = ratio
        if self.feed is not None:
            self.feed.evaluation = ratio

    def _go_on(self, rank: int, saved: Any) -> None:
        """Give each rank its stream of one seed: that of the checkpoint, else of rank 0."""
        seed = saved["seed"] if saved else _of_rank_0(self._sampler.seed)
        sampler = self._sampler.with_seed(seed).for_rank(rank)
        self._batches = self._logged = saved["batches"] if saved else 0
        if self.collator is not None:
            self.collator.streams.sampler = sampler
        if self.feed is not None:
            self.feed.sampler, self.feed.batches = sampler, self._batches

    def _ratios(self) -> list[float]:
        """Return the ratios of the batches since they were last asked for."""
        if self.feed is not None:
            found, self.feed.ratios = self.feed.ratios, []
            return found
        assert self.collator is not None
        numbers = range(self._logged, self._batches)
        self._logged = self._batches
        # They were drawn in other processes, but follow from their numbers.
        drawn = (self.collator.streams.batch(number) for number in numbers)
        return [sampler.ratio(progress) for sampler, progress in drawn]


def _batches(loader: Any, args: Any, state: Any) -> int:
    """Return how many batches this process will train on in all."""
    each = int(args.gradient_accumulation_steps)
    try:
        batches = len(loader)
    except TypeError:  # a stream of samples
        return int(max(1, state.max_steps * each))
    return max(1, round(int(state.max_steps) * batches / max(1, math.ceil(batches / each))))


def _trains_with(loader: Any, collator: RatioCollator) -> None:
    """Let the loader that trains draw ratios; all others make batches for evaluation."""
    inner = getattr(loader, "base_dataloader", loader)  # accelerate wraps loaders
    found = inner.collate_fn
    if isinstance(found, RatioCollator) and found.streams is collator.streams:
        inner.collate_fn = found.for_training()
        return
    held = getattr(found, "data_collator", None)  # as where the Trainer removes columns
    if isinstance(held, RatioCollator) and held.streams is collator.streams:
        inner.collate_fn = copy.copy(found)
        inner.collate_fn.data_collator = held.for_training()
        return
    raise DomainError(
        "data_collator of the Trainer must be the RatioCollator of this callback, but the loader "
        f"that trains uses {type(found).__name__}"
    )


def _of_rank_0(seed: Any) -> Any:
    if not distributed.is_available() or not distributed.is_initialized():
        return seed
    shared = [seed]
    distributed.broadcast_object_list(shared)
    return shared[0]


def _loss(model: nn.Module, loader: Any) -> float:
    """Return the mean loss over the samples of a loader, over all ranks."""
    device = next(model.parameters()).device
    sums = torch.zeros(2, dtype=torch.float64, device=device)
    model.eval()
    with torch.no_grad():
        for batch in loader:
            given = {k: v.to(device) if isinstance(v, Tensor) else v for k, v in batch.items()}
            loss = model(**given)["loss"]
            samples = len(next(v for v in given.values() if isinstance(v, Tensor) and v.ndim))
            sums += torch.stack([loss.double() * samples, torch.full_like(loss.double(), samples)])
    if distributed.is_available() and distributed.is_initialized():
        distributed.all_reduce(sums)
    return float(sums[0] / sums[1])
