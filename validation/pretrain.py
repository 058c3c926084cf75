"""Masked pretraining: one plain loop that stops and goes on exactly where it was.

Under ``torchrun`` every process takes its share of each batch. All processes draw the same batch
and the same masks, so a run on several devices is the run on one, up to rounding.
"""

from __future__ import annotations

import contextlib
import math
import os
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional
from torch.nn.parallel import DistributedDataParallel

from ridgeless import DomainError
from ridgeless.checks import count, nonnegative_array, ratio_array, real_scalar
from ridgeless.cli.files import replacing
from validation.datasets.tokens import Tokens
from validation.masking import Masker
from validation.models import Masked

__all__ = [
    "Recipe",
    "Trained",
    "choose_device",
    "errors",
    "is_final",
    "load_checkpoint",
    "pretrain",
    "processes",
]


@dataclass(frozen=True)
class Recipe:
    """How a model is trained, whatever the mask ratio."""

    steps: int = 500
    """Optimiser steps."""

    batch: int = 32
    """Samples per step, over all processes."""

    learning_rate: float = 4e-3
    """Peak of a linear warm-up and a cosine that ends at zero."""

    warm_up: float = 0.1
    """Share of the steps before the peak, rounded to whole steps."""

    weight_decay: float = 0.01
    """Of AdamW."""

    clip: float = 1.0
    """Largest gradient norm."""

    compile: bool = False
    """Run the model through torch.compile."""

    def __post_init__(self) -> None:
        count("steps", self.steps)
        count("batch", self.batch)
        ratio_array("warm_up", real_scalar("warm_up", self.warm_up))
        nonnegative_array(
            "weight_decay", real_scalar("weight_decay", self.weight_decay), finite=True
        )
        for name in ("learning_rate", "clip"):
            value = real_scalar(name, getattr(self, name))
            if not 0 < value < math.inf:
                raise DomainError(f"{name} must be positive and finite, got {value!r}")

    def rate(self, step: int) -> float:
        """Return the learning rate of a step."""
        rising = max(1, round(self.warm_up * self.steps))  # whole, so that a step is at the peak
        if step < rising:
            return self.learning_rate * (step + 1) / rising
        done = (step - rising) / max(1, self.steps - rising)
        return self.learning_rate * math.cos(math.pi * done / 2) ** 2


@dataclass(frozen=True)
class Trained:
    """What training cost and where it ended."""

    seconds: float  # of the processor on CPU, of the clock on CUDA
    tokens: int  # that the encoder saw
    loss: float  # mean over the last tenth of the steps


def choose_device(name: str = "auto") -> torch.device:
    """Return the device called ``auto``, ``cpu``, ``cuda`` or ``cuda:1``.

    Under ``torchrun``, ``cuda`` is the process's own device.

    Raises
    ------
    DomainError
        If there is no such device.
    """
    found = torch.cuda.device_count()
    if name == "auto":
        name = "cuda" if found else "cpu"
    if name == "cuda" and "LOCAL_RANK" in os.environ:
        name = f"cuda:{os.environ['LOCAL_RANK']}"
    try:
        device = torch.device(name)
    except RuntimeError:
        raise DomainError(f"device must be auto, cpu, cuda or cuda:N, got {name!r}") from None
    if device.type not in ("cpu", "cuda"):
        raise DomainError(f"device must be auto, cpu, cuda or cuda:N, got {name!r}")
    if device.type == "cuda" and (device.index or 0) >= found:
        raise DomainError(f"device {name!r} must exist, but torch sees {found} CUDA devices")
    return device


def errors(predicted: Tensor, inputs: Tensor, counted: Tensor) -> Tensor:
    """Return the loss of every token, (B, L).

    It is the squared error, summed over the values that count, or the cross-entropy of symbols.
    """
    if inputs.ndim == 2:
        logits = predicted.float().transpose(1, 2)
        return functional.cross_entropy(logits, inputs, reduction="none")
    return ((predicted.float() - inputs).square() * counted).sum(dim=2)


def pretrain(
    model: Masked,
    data: Tokens,
    chosen: NDArray[np.int64],
    masker: Masker,
    recipe: Recipe,
    *,
    rng: np.random.Generator,
    device: torch.device,
    checkpoint: Path | None = None,
    about: Mapping[str, Any] | None = None,
    every: int = 100,
) -> Trained:
    """Train `model` on the samples `chosen` of `data.train`, in place.

    Parameters
    ----------
    rng : numpy Generator
        Draws the order of the samples.
    checkpoint : Path, optional
        Written every `every` steps and at the end. If it is there, training goes on from it, and
        ends with the weights of a run that was never stopped.
    about : mapping, optional
        What the checkpoint says of itself.

    Raises
    ------
    DomainError
        If the loss is no longer finite, or the checkpoint is not whole or of another training.
    """
    # All processes draw the masks of whole batches, and each takes its share.
    masker = masker.with_sampler(masker.sampler.for_rank(0))
    with processes(device) as (rank, world):
        if recipe.batch % world:
            raise DomainError(f"batch must be a multiple of {world} processes, got {recipe.batch}")
        model.to(device).train()
        inner: Any = torch.compile(model) if recipe.compile else model
        # Weights start alike in all processes, and gradients are averaged.
        network = DistributedDataParallel(inner) if world > 1 else inner
        optimizer = torch.optim.AdamW(model.parameters(), weight_decay=recipe.weight_decay)
        order = _Order(len(chosen), rng)
        state = _State(
            model, optimizer, masker, order, {"recipe": asdict(recipe)} | dict(about or {})
        )
        first = state.load(checkpoint) if checkpoint is not None and checkpoint.exists() else 0

        rows = torch.as_tensor(data.train[chosen]).to(device)
        rows = rows.long() if data.symbols else rows
        counted = torch.as_tensor(data.counted).to(device)
        scale = 1.0 if data.symbols else data.counted.sum() / data.length
        # Other programs on the machine do not count as the model's cost.
        clock = time.perf_counter if device.type == "cuda" else time.process_time
        began = clock() - state.seconds
        for step in range(first, recipe.steps):
            picked = order.take(recipe.batch)
            hidden, _, weights = masker.drawn(recipe.batch, progress=step / recipe.steps)
            state.tokens += _tokens(data, hidden)
            share = slice(rank, None, world)
            inputs = rows[torch.as_tensor(picked[share]).to(device)]
            mask = torch.as_tensor(hidden[share]).to(device)
            with autocast(device):
                predicted = network(inputs, mask)
            weight = torch.as_tensor(weights[share], dtype=torch.float32).to(device)
            wrong = (errors(predicted, inputs, counted) * mask * weight[:, None]).sum()
            # Divided by the hidden tokens of the whole batch; averaging over processes divides
            # by their number once more.
            loss = wrong * world / (hidden.sum() * scale)
            for group in optimizer.param_groups:
                group["lr"] = recipe.rate(step)
            optimizer.zero_grad(set_to_none=True)
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), recipe.clip)
            optimizer.step()
            shown = loss.detach()
            if world > 1:
                torch.distributed.all_reduce(shown)
            state.losses.append(float(shown) / world)
            if not math.isfinite(state.losses[-1]):
                raise DomainError(
                    f"the loss must stay finite, but is {state.losses[-1]} at step {step}: lower "
                    f"the learning rate, now {recipe.learning_rate:g}"
                )
            state.seconds = clock() - began
            last = step + 1 == recipe.steps
            if checkpoint is not None and rank == 0 and (last or (step + 1) % every == 0):
                state.save(checkpoint, step + 1)
        ending = state.losses[-max(1, recipe.steps // 10) :]
        return Trained(state.seconds, state.tokens, float(np.mean(ending)))


def autocast(device: torch.device) -> contextlib.AbstractContextManager[Any]:
    """Return bfloat16 arithmetic on CUDA, and full precision elsewhere."""
    if device.type == "cuda":
        return torch.autocast("cuda", dtype=torch.bfloat16)
    return contextlib.nullcontext()


@contextlib.contextmanager
def processes(device: torch.device) -> Iterator[tuple[int, int]]:
    """Join the processes that ``torchrun`` started; give the rank and their number."""
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1 or torch.distributed.is_initialized():
        yield int(os.environ.get("RANK", "0")), world
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    torch.distributed.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield torch.distributed.get_rank(), world
    finally:
        torch.distributed.destroy_process_group()


class _Order:
    """Samples in random order, epoch after epoch."""

    def __init__(self, size: int, rng: np.random.Generator) -> None:
        self.size, self.rng = size, rng
        self.left = np.empty(0, dtype=np.int64)

    def take(self, number: int) -> NDArray[np.int64]:
        while self.left.size < number:
            self.left = np.concatenate([self.left, self.rng.permutation(self.size)])
        taken, self.left = self.left[:number], self.left[number:]
        return taken


@dataclass
class _State:
    """Everything that a run needs to go on exactly."""

    model: Masked
    optimizer: torch.optim.Optimizer
    masker: Masker
    order: _Order
    about: dict[str, Any]
    tokens: int = 0
    seconds: float = 0.0
    losses: list[float] = field(default_factory=list)

    def save(self, path: Path, step: int) -> None:
        state = {
            "about": self.about,
            "step": step,
            "tokens": self.tokens,
            "seconds": self.seconds,
            "losses": self.losses,
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "masker": self.masker.sampler.state_dict(),
            "order": self.order.rng.bit_generator.state,
            "left": torch.as_tensor(self.order.left),
        }
        with replacing(path) as file:
            torch.save(state, file)

    def load(self, path: Path) -> int:
        state = load_checkpoint(path)
        about = self.about
        other = sorted(name for name in about if state["about"].get(name) != about[name])
        if other:
            raise DomainError(
                f"checkpoint {path} must be of this training, but has another {', '.join(other)}; "
                "remove it to start afresh"
            )
        _fill(self.model, state, path)
        flaw = self._flaw(state)
        if flaw is not None:
            raise DomainError(
                f"checkpoint {path} must be as training wrote it, but {flaw!r} in it is not; "
                "remove it to start afresh"
            )
        self.order.left, self.tokens = state["left"].numpy(), state["tokens"]
        self.seconds, self.losses = state["seconds"], state["losses"]
        return int(state["step"])

    def _flaw(self, state: Mapping[str, Any]) -> str | None:
        """Take over the generators and the optimiser; return the first entry that cannot be."""
        steps, size = self.about["recipe"]["steps"], self.order.size

        def order(found: Any) -> bool:
            self.order.rng.bit_generator.state = found
            return True

        def masker(found: Any) -> bool:
            self.masker.sampler.load_state_dict(found)
            return True

        checks: dict[str, Callable[[Any], Any]] = {
            "step": lambda v: type(v) is int and 0 < v <= steps,
            "tokens": lambda v: type(v) is int and v >= 0,
            "seconds": lambda v: type(v) is float and 0 <= v < math.inf,
            "losses": lambda v: len(v) == state["step"] and _finite(v),
            "left": lambda v: _indices(v) and ((v >= 0) & (v < size)).all(),
            "order": order,
            "masker": masker,
            "optimizer": lambda v: self._optimised(v, state["step"]),
        }
        for name, sound in checks.items():
            try:
                if not sound(state[name]):
                    return name
            except (KeyError, ValueError, TypeError, AttributeError, RuntimeError):
                return name
        return None

    def _optimised(self, found: dict[str, Any], step: int) -> bool:
        """Load the optimiser; return whether what it now holds fits the model and the recipe.

        torch checks neither, and fails in the next step, or does not.
        """
        self.optimizer.load_state_dict(found)
        settings = {k: v for k, v in self.optimizer.defaults.items() if k != "lr"}
        if any(group[k] != v for group in self.optimizer.param_groups for k, v in settings.items()):
            return False
        moments = self.optimizer.state
        known = [(p, moments[p]) for p in self.model.parameters() if p in moments]
        return bool(known) and all(
            own["exp_avg"].shape == own["exp_avg_sq"].shape == p.shape
            and 0 < float(own["step"]) <= step
            for p, own in known
        )


def _finite(losses: Any) -> bool:
    return isinstance(losses, list) and all(
        type(loss) is float and math.isfinite(loss) for loss in losses
    )


def _indices(left: Any) -> bool:
    return isinstance(left, Tensor) and left.dtype == torch.int64 and left.ndim == 1


def load_checkpoint(path: Path, model: Masked | None = None) -> dict[str, Any]:
    """Return a checkpoint, with its weights put into `model` if one is given.

    Raises
    ------
    DomainError
        If the file is not there, not whole, or of another model.
    """
    if not path.is_file():
        raise DomainError(f"checkpoint must be a file, got {str(path)!r}")
    try:
        with zipfile.ZipFile(path) as parts:  # torch does not look at the check sums of its parts
            whole = parts.testzip() is None
        state = torch.load(path, map_location="cpu", weights_only=True) if whole else {}
        found = isinstance(state, dict) and "model" in state and isinstance(state["about"], dict)
    except Exception:  # what a broken file raises is anybody's guess
        found = False
    if not found:
        raise DomainError(
            f"checkpoint {path} must be a whole file that this package wrote; remove it to start "
            "afresh"
        )
    if model is not None:
        _fill(model, state, path)
    return dict(state)


def is_final(path: Path, steps: int) -> bool:
    """Return whether a checkpoint is there that was written after the last of `steps` steps.

    Its weights are not read: they may be many.
    """
    try:
        state = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        return bool(state["step"] == steps)
    except Exception:  # what a broken file raises is anybody's guess
        return False


def _fill(model: Masked, state: dict[str, Any], path: Path) -> None:
    try:
        model.load_state_dict(state["model"])
    except (RuntimeError, KeyError, TypeError, AttributeError):
        raise DomainError(
            f"checkpoint {path} must be of a {type(model).__name__} of the same data and size"
        ) from None


def _tokens(data: Tokens, hidden: NDArray[np.bool_]) -> int:
    """Return how many tokens an encoder that drops hidden ones sees; symbols are never dropped."""
    return hidden.size if data.symbols else int((~hidden).sum())
