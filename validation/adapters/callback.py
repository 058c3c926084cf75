"""What the Trainer of transformers does not know: progress, evaluation ratios, the stream."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, distributed, nn

from validation.adapters.draws import Draws, Source

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
        source: Source,
        *,
        evaluation: float | Sequence[float] | None = None,
        length: int | None = None,
        name: str = "bool_masked_pos",
    ) -> None:
        self.draws = Draws(source, evaluation, length, name)

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Do nothing at the events that are not named here."""
        if name.startswith("on_"):
            return lambda *_, **__: None
        raise AttributeError(f"{type(self).__name__} has no {name}")

    @property
    def evaluation(self) -> list[float]:
        """The ratios at evaluation."""
        return self.draws.evaluation

    def on_init_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Fix the ratio of whatever does not train."""
        self.draws.evaluate_at(self.evaluation[0])
        if self.draws.feed is not None and isinstance(parts.get("model"), nn.Module):
            self.draws.feed.attach(parts["model"])

    def on_train_begin(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Take up the stream, of a checkpoint if there is one."""
        self.on_init_end(args, state, control, **parts)
        loader, saved = parts["train_dataloader"], state.stateful_callbacks.get(STATE)
        # Of a checkpoint from before there was a callback: as many batches as it had steps.
        done = state.global_step * args.gradient_accumulation_steps
        self.draws.go_on(args.process_index, _batches(loader, args, state), saved, done)
        self.draws.trains_with(loader)

    def on_epoch_begin(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Number the batches of the epoch."""
        self.draws.begin_pass()

    def on_substep_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Count a batch whose gradient is kept."""
        self.draws.count()

    def on_step_end(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Count a batch, and note where the stream is for a checkpoint."""
        self.draws.count()
        state.stateful_callbacks[STATE] = self.draws.state

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **parts: Any) -> None:
        """Add the mean ratio of the batches since the last line."""
        if not logs or "loss" not in logs:
            return
        found = self.draws.ratios()
        if found:
            logs[LOGGED] = float(np.mean(found))
            state.log_history[-1][LOGGED] = logs[LOGGED]

    def on_evaluate(self, args: Any, state: Any, control: Any, **parts: Any) -> None:
        """Add the losses at further ratios."""
        metrics, model, loader = (parts[name] for name in ("metrics", "model", "eval_dataloader"))
        if not self.draws.several:
            return
        known = next((name for name in metrics if name.endswith("_loss")), "eval_loss")
        first, *others = self.evaluation
        metrics[f"{known}_{first:g}"] = metrics[known] if known in metrics else _loss(model, loader)
        for ratio in others:
            self.draws.evaluate_at(ratio)
            metrics[f"{known}_{ratio:g}"] = _loss(model, loader)
        self.draws.evaluate_at(first)
        if state.log_history:
            state.log_history[-1].update({k: v for k, v in metrics.items() if k.startswith(known)})


def _batches(loader: Any, args: Any, state: Any) -> int:
    """Return how many batches this process will train on in all."""
    each = int(args.gradient_accumulation_steps)
    try:
        batches = len(loader)
    except TypeError:  # a stream of samples
        return int(max(1, state.max_steps * each))
    return max(1, round(int(state.max_steps) * batches / max(1, math.ceil(batches / each))))


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
