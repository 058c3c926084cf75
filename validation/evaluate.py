"""`python -m validation evaluate`: test a kept model, or any model that maps tokens to tokens."""

from __future__ import annotations

import importlib
import json
import math
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import torch
import tyro
from torch import Tensor, nn

from ridgeless import DomainError
from ridgeless.checks import real_array, require
from validation.datasets import load
from validation.datasets.tokens import Tokens
from validation.experiment import run_of
from validation.models import make_model
from validation.pretrain import choose_device, load_checkpoint
from validation.probe import probe
from validation.reconstruction import reconstruction

__all__ = ["Evaluation", "evaluate"]


@dataclass(frozen=True)
class Evaluation:
    """Settings of `evaluate`."""

    model: Annotated[str, tyro.conf.Positional] = ""
    """A file that --keep-models wrote, or module:function, where function(data) returns a torch
    module that maps (inputs, hidden) to a prediction per token (see docs/how-to/ratio-sampler.md).
    """

    test_ratios: tuple[float, ...] = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9)
    """Shares of tokens hidden; 0 hides one token per sample."""

    data: str | None = None
    """Data set, or a file, with tokens of the same shape; a kept model has its own by default."""

    device: str = "auto"
    """auto, cpu, cuda or cuda:N."""

    json: bool = False
    """Print JSON."""


class Subject(NamedTuple):
    """What is tested, on what, and what is known about it."""

    model: Any
    data: Tokens
    name: str
    trained_with: str | None
    about: str


def evaluate(settings: Evaluation) -> int:
    """Print the risks of a model and return the exit code."""
    asked = real_array("test_ratios", settings.test_ratios)
    ratios = require("test_ratios", asked, (asked >= 0) & (asked < 1), "lie in [0, 1)").tolist()
    device = choose_device(settings.device)
    named = ":" in settings.model and not Path(settings.model).exists()
    with _told(settings.model) if named else nullcontext():
        subject = (_named if named else _kept)(settings)
        model, data = subject.model, subject.data
        found = reconstruction(model, data, device, ratios)
        _finite(subject.name, all(map(math.isfinite, found.risk.values())))
        accuracy = probe(model, data, device) if hasattr(model, "represent") else None
    result = {
        "model": subject.name,
        "dataset": data.name,
        "trained_with": subject.trained_with,
        "risks": found.risk,
        "cross_entropy": found.cross_entropy,
        "probe": accuracy,
    }
    if settings.json:
        print(json.dumps(result, allow_nan=False))
        return 0
    print(subject.about)
    print(f"tested on {data.name}; 1 is no better than the mean")
    for ratio, risk in found.risk.items():
        print(f"  test ratio {ratio:>7}  risk {risk:.4f}")
    if accuracy is not None:
        print(f"  linear probe      accuracy {accuracy:.3f}")
    return 0


def _kept(settings: Evaluation) -> Subject:
    """Return a model from a checkpoint."""
    path = Path(settings.model)
    run = run_of(load_checkpoint(path)["about"], f"checkpoint {path}")
    data = load(settings.data or run.dataset)
    model = make_model(run.model, data, run.width, run.depth, run.seed, run.fill)
    load_checkpoint(path, model)
    about = (
        f"{run.model} of width {run.width}, trained on {run.dataset} with mask ratio {run.ratio}"
    )
    return Subject(model, data, run.model, run.ratio, about)


def _named(settings: Evaluation) -> Subject:
    """Return the model that a function of the user's makes for the data."""
    if settings.data is None:
        raise DomainError(f"data must be given to test {settings.model}")
    data = load(settings.data)
    module, _, function = settings.model.partition(":")
    model = getattr(importlib.import_module(module), function)(data)
    if not isinstance(model, nn.Module):
        raise DomainError(
            f"model {settings.model} must return a torch.nn.Module, got {type(model).__name__}"
        )
    predicted, wanted = _trial(model, data), (2, data.length, data.channels)
    got = tuple(predicted.shape) if isinstance(predicted, Tensor) else type(predicted).__name__
    if got != wanted:
        raise DomainError(
            f"model {settings.model} must map 2 samples of {data.name} to a tensor {wanted}, "
            f"got {got}"
        )
    _finite(settings.model, bool(predicted.isfinite().all()))
    return Subject(model, data, settings.model, None, f"{settings.model}: {type(model).__name__}")


def _finite(name: str, finite: bool) -> None:
    if not finite:
        raise DomainError(f"predictions of {name} must be finite, got nan or inf")


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Tell in one line what goes wrong in code that is not ours, and where."""
    try:
        yield
    except DomainError:
        raise
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        place = [frame for frame in frames if not frame.filename.startswith("<")][-1]
        raise DomainError(
            f"model {name} must run, but line {place.lineno} of {Path(place.filename).name} "
            f"raised {type(error).__name__}: {error}"
        ) from error


def _trial(model: nn.Module, data: Tokens) -> Any:
    """Return what the model makes of two samples with one token hidden."""
    inputs = torch.as_tensor(data.test[np.array([0, -1])])
    hidden = torch.zeros(2, data.length, dtype=torch.bool)
    hidden[:, 0] = True
    with torch.no_grad():
        return model.eval()(inputs.long() if data.symbols else inputs, hidden)
