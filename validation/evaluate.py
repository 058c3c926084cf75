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

import tyro
from torch import nn

from ridgeless import DomainError
from ridgeless.checks import real_array, require
from ridgeless.cli.files import replacing
from ridgeless.mask_shapes import named_shape
from simulations.running.style import COLOURS, SHAPES, STYLE, panels
from validation.behaviour import check_finite, check_predictions, notes_on
from validation.datasets import load
from validation.datasets.tokens import Tokens
from validation.experiment import run_of
from validation.models import make_model
from validation.pretrain import choose_device, load_checkpoint
from validation.probe import probe
from validation.reconstruction import MISMATCHED, reconstruction
from validation.weights import load_weights

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

    weights: Path | None = None
    """A file with the weights of the model of module:function, of torch or of safetensors: tensors
    by name. Nothing else in it is read, so that no file can run code."""

    shape: str = "independent"
    """What is hidden together: independent, spans:LENGTH, blocks:ROWSxCOLUMNS or tubes."""

    data: str | None = None
    """Data set, or a file, with tokens of the same shape; a kept model has its own by default."""

    device: str = "auto"
    """auto, cpu, cuda or cuda:N."""

    json: bool = False
    """Print JSON."""

    figure: Path | None = None
    """Where to draw the risk over the test ratio (.png, .svg or .pdf)."""


class Subject(NamedTuple):
    """What is tested, on what, and what is known about it."""

    model: Any
    data: Tokens
    name: str
    trained_with: str | None
    about: str


def evaluate(settings: Evaluation) -> int:
    """Print the risks of a model and return the exit code."""
    _drawable(settings.figure)
    asked = real_array("test_ratios", settings.test_ratios)
    ratios = require("test_ratios", asked, (asked >= 0) & (asked < 1), "lie in [0, 1)").tolist()
    device = choose_device(settings.device)
    named = ":" in settings.model and not Path(settings.model).exists()
    with _told(settings.model) if named else nullcontext():
        subject = (_named if named else _kept)(settings)
        model, data = subject.model, subject.data
        named_shape(settings.shape, data.grid)
        notes = notes_on(model, data)
        found = reconstruction(model, data, device, ratios, shape=settings.shape)
        check_finite(subject.name, all(map(math.isfinite, found.risk.values())))
        accuracy = probe(model, data, device) if hasattr(model, "represent") else None
    result = {
        "model": subject.name,
        "dataset": data.name,
        "trained_with": subject.trained_with,
        "risks": found.risk,
        "cross_entropy": found.cross_entropy,
        "probe": accuracy,
        "shape": settings.shape,
        "notes": notes,
    }
    if settings.figure is not None:
        _draw(result, settings.figure)
    if settings.json:
        print(json.dumps(result, allow_nan=False))
        return 0
    print(subject.about)
    for note in notes:
        print(f"note: {note}")
    shape = "" if settings.shape == "independent" else f", {settings.shape} hidden"
    print(f"tested on {data.name}{shape}; 1 is no better than the mean")
    for ratio, risk in found.risk.items():
        print(f"  test ratio {ratio:>7}  risk {risk:.4f}")
    if accuracy is not None:
        print(f"  linear probe      accuracy {accuracy:.3f}")
    if settings.figure is not None:
        print(f"wrote {settings.figure}")
    return 0


def _drawable(path: Path | None) -> None:
    """Refuse a figure that cannot be written, before the model is tested."""
    if path is None:
        return
    if path.suffix not in (".png", ".svg", ".pdf"):
        raise DomainError(f"figure must end in .png, .svg or .pdf, got {str(path)!r}")
    if not path.parent.is_dir():
        raise DomainError(f"figure must lie in a folder that exists, got {str(path)!r}")


def _draw(result: dict[str, Any], path: Path) -> None:
    """Draw the risk over the test ratio; the ratio that is a range is left to the table."""
    import matplotlib as mpl

    risks = {float(k): v for k, v in result["risks"].items() if k != MISMATCHED}
    with mpl.rc_context(STYLE), replacing(path) as file:
        figure, axes = panels(1, 1, 3.2)
        axis = axes[0, 0]
        axis.plot(list(risks), list(risks.values()), color=COLOURS[0], marker=SHAPES[0])
        axis.axhline(1.0, color="0.5", linewidth=1)
        axis.set_xlabel(f"test ratio ({result['shape']})")
        axis.set_ylabel("risk, 1 for the mean")
        axis.set_title(f"{result['model']} on {result['dataset']}")
        figure.savefig(file, dpi=150)


def _kept(settings: Evaluation) -> Subject:
    """Return a model from a checkpoint."""
    path = Path(settings.model)
    if settings.weights is not None:
        raise DomainError(
            f"weights must be left out beside a kept model, which has its own, got "
            f"{str(settings.weights)!r}"
        )
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
    if settings.weights is not None:
        load_weights(model, settings.weights)
    check_predictions(settings.model, model, data)
    return Subject(model, data, settings.model, None, f"{settings.model}: {type(model).__name__}")


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
