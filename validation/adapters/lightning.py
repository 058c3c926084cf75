"""The same for the Trainer of Lightning, which is not imported: it goes by what a callback has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from torch import nn

from ridgeless import DomainError
from validation.adapters.callback import LOGGED, STATE
from validation.adapters.draws import Draws, Source

__all__ = ["LightningRatioCallback"]


class LightningRatioCallback:
    """A callback of Lightning's Trainer, for random mask ratios.

    A schedule advances with the batches; validation is at a fixed ratio with masks that depend on
    the batch alone; a run that goes on from a checkpoint, which Lightning makes between epochs,
    draws what it would have drawn; `mask_ratio` is logged at every step.

    Parameters
    ----------
    source : RatioCollator, RatioSampler or Masker
        A collator that is the `collate_fn` of the loaders; else what a model is fed.
    module : str, optional
        Which attribute of the LightningModule is the model that is fed, as "model"; by default
        the LightningModule itself.
    evaluation : float in (0, 1), optional
        The ratio at validation and test; by default the mean of the law.
    length, name
        As of `RatioCallback`.

    Raises
    ------
    DomainError
        As `RatioCallback` does, or if there is no such module.
    """

    #: Under which name a checkpoint keeps the stream; Lightning looks for both.
    state_key = _legacy_state_key = STATE

    def __init__(
        self,
        source: Source,
        *,
        module: str | None = None,
        evaluation: float | None = None,
        length: int | None = None,
        name: str = "bool_masked_pos",
    ) -> None:
        self.draws, self.module = Draws(source, evaluation, length, name), module
        self._saved: dict[str, Any] | None = None

    def __getattr__(self, name: str) -> Callable[..., None]:
        """Do nothing at the events that are not named here."""
        if name.startswith("on_") or name == "teardown":
            return lambda *_, **__: None
        raise AttributeError(f"{type(self).__name__} has no {name}")

    def setup(self, trainer: Any, pl_module: Any, stage: str) -> None:
        """Fix the ratio of whatever does not train."""
        self.draws.evaluate_at(self.draws.evaluation[0])
        if self.draws.feed is None:
            return
        model = pl_module if self.module is None else getattr(pl_module, self.module, None)
        if not isinstance(model, nn.Module):
            raise DomainError(
                f"module must name a module of {type(pl_module).__name__}, got {self.module!r}"
            )
        self.draws.feed.attach(model)
        # Not as the model's mode says: Lightning trains a model that came in evaluation mode, as
        # pretrained ones do, without changing that.
        self.draws.feed.training = False

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Take up the stream, of a checkpoint if there is one."""
        total = trainer.estimated_stepping_batches * trainer.accumulate_grad_batches
        if not 0 < total < float("inf"):
            raise DomainError("max_epochs or max_steps of the Trainer must be given")
        self.draws.go_on(trainer.global_rank, int(total), self._saved)

    def on_train_epoch_start(self, trainer: Any, pl_module: Any) -> None:
        """Number the batches of the epoch."""
        self.draws.trains_with(trainer.train_dataloader)
        self.draws.begin_pass()

    def on_train_batch_start(self, *_: Any) -> None:
        """Draw for a batch of training."""
        if self.draws.feed is not None:
            self.draws.feed.training = True

    def on_train_batch_end(self, trainer: Any, pl_module: Any, *_: Any) -> None:
        """Count a batch, and log its ratio."""
        if self.draws.feed is not None:
            self.draws.feed.training = False
        self.draws.count()
        found = self.draws.ratios()
        if found:
            pl_module.log(LOGGED, float(np.mean(found)))

    def state_dict(self) -> dict[str, Any]:
        """Return where the stream is, for a checkpoint."""
        return self.draws.state

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a checkpoint, once training starts."""
        self._saved = state
