"""Run what an experiment lacks, and keep each result the moment it is there."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError
from ridgeless.cli.files import write_text
from simulations.running.backends import backend, deaf_children, task
from simulations.running.identity import array_digest
from validation.datasets import load
from validation.datasets.tokens import Tokens
from validation.masking.fill import Fill, check_fill
from validation.pretrain import Recipe
from validation.results import RUNS, Result, end_last_line, read_results
from validation.settings import Experiment, Run

if TYPE_CHECKING:
    import torch

    from validation.models import Masked
    from validation.pretrain import Trained

__all__ = [
    "data_digest",
    "experiment_runs",
    "perform",
    "run_of",
    "samples_of",
    "shared_settings",
    "train",
    "train_one",
]

SHAPE = "settings.json"
MODELS = "models"


def experiment_runs(settings: Experiment) -> dict[str, Run]:
    """Return the runs of an experiment by their ids.

    Raises
    ------
    DomainError
        If a data set is unknown, not installed, or has too few training samples, or a model or
        its masks do not fit it.
    """
    sets = {name: load(name) for name in settings.data}
    for name, data in sets.items():
        if max(settings.samples) > len(data.train):
            raise DomainError(
                f"samples must be at most {len(data.train)} for {name}, got {max(settings.samples)}"
            )
    runs = settings.runs(
        {name: bool(data.symbols) for name, data in sets.items()},
        {name: data.ordered for name, data in sets.items()},
    )
    for shape in {
        (run.model, sets[run.dataset], run.width, run.depth, run.block, run.fill) for run in runs
    }:
        _build_nothing(*shape)
    return {run.id(data_digest(run.dataset)): run for run in runs}


def _build_nothing(name: str, data: Tokens, width: int, depth: int, block: int, fill: Fill) -> None:
    """Make a model without memory, so that what does not fit is said before hours of training."""
    import torch

    from validation.masking import Masker, RatioSampler
    from validation.models import make_model

    Masker(RatioSampler(0.5), data.grid, block)
    with torch.device("meta"):
        make_model(name, data, width, depth, seed=0, fill=fill)


def perform(
    settings: Experiment, runs: dict[str, Run], progress: Callable[[int], Any] = lambda _: None
) -> None:
    """Train what is missing in the folder, in parallel, and append each result to its file.

    Where models are kept, a finished run whose weights are not there is missing: it is trained
    again, and its new line, which is that of the weights, takes the place of the old one.
    """
    from joblib import Parallel

    from validation.pretrain import is_final

    folder = settings.output
    folder.mkdir(parents=True, exist_ok=True)
    _claim(settings)
    if os.environ.get("RANK", "0") == "0":
        end_last_line(folder)
    done = {result["id"] for result in read_results(folder)}
    if settings.keep_models:
        done = {
            name
            for name in done & runs.keys()
            if is_final(folder / MODELS / f"{name}.pt", runs[name].recipe.steps)
        }
    missing = [(name, run) for name, run in runs.items() if name not in done]
    progress(len(runs) - len(missing))
    jobs = settings.jobs
    if jobs is None and _device(settings).type == "cuda":
        jobs = 1
    threads = 1 if jobs is None else max(1, (os.cpu_count() or 1) // jobs)
    tasks = [
        (name, run, settings.device, threads, folder / MODELS if settings.keep_models else None)
        for name, run in missing
    ]
    with (folder / RUNS).open("a", encoding="utf-8") as file, backend(settings.backend, jobs):
        if "WORLD_SIZE" in os.environ:  # torchrun: its processes share every run
            results: Iterable[Result] = (train_one(*given) for given in tasks)
        else:
            parallel = Parallel(return_as="generator_unordered", batch_size=1)
            with deaf_children():
                results = parallel(task(train_one)(*given) for given in tasks)
        for result in results:
            if os.environ.get("RANK", "0") == "0":
                file.write(json.dumps(result, allow_nan=False) + "\n")
                file.flush()
                os.fsync(file.fileno())
            progress(1)


def train_one(
    name: str, run: Run, device_name: str = "auto", threads: int = 1, models: Path | None = None
) -> Result:
    """Train and test one model; return its line of the results.

    With a folder for `models`, the weights are kept there, and training that was cut short goes
    on from its last checkpoint.
    """
    import torch

    from validation.pretrain import choose_device
    from validation.probe import probe
    from validation.reconstruction import components, reconstruction

    torch.set_num_threads(threads)
    data, device = load(run.dataset), choose_device(device_name)
    if models is not None:
        models.mkdir(parents=True, exist_ok=True)
    model, trained = train(run, device, None if models is None else models / f"{name}.pt")
    found = reconstruction(model, data, device)
    if not np.isfinite(list(found.risk.values())).all():
        raise DomainError(
            f"learning_rate must be small enough that training does not diverge, got "
            f"{run.recipe.learning_rate!r} for the {run.model} at mask ratio {run.ratio}"
        )
    return run.record() | {
        "id": name,
        "kind": run.named.kind,
        "mean_ratio": run.named.mean,
        "risks": found.risk,
        "cross_entropy": found.cross_entropy,
        "targets": found.targets,
        "components": components(model, data, device),
        "probe": probe(model, data, device),
        "parameters": sum(p.numel() for p in model.parameters()),
        "tokens": trained.tokens,
        "seconds": round(trained.seconds, 3),
        "steps": run.recipe.steps,
        "loss": trained.loss,
    }


def train(run: Run, device: torch.device, checkpoint: Path | None) -> tuple[Masked, Trained]:
    """Return the model of a run, trained, and what that cost."""
    from validation.masking import Masker, RatioSampler
    from validation.models import make_model
    from validation.pretrain import pretrain

    data = load(run.dataset)
    _, order, masks = _streams(run)
    model = make_model(run.model, data, run.width, run.depth, run.seed, run.fill)
    sampler = RatioSampler(run.named.law, "sample" if run.per == "sample" else "batch", masks)
    trained = pretrain(
        model,
        data,
        samples_of(run, data),
        Masker(sampler, data.grid, run.block),
        run.recipe,
        rng=np.random.default_rng(order),
        device=device,
        checkpoint=checkpoint,
        about=run.record(),
    )
    return model, trained


def samples_of(run: Run, data: Tokens) -> NDArray[np.int64]:
    """Return which samples of the training pool a run learns from: the same at all ratios."""
    return np.random.default_rng(_streams(run)[0]).permutation(len(data.train))[: run.n]


def _streams(run: Run) -> list[np.random.SeedSequence]:
    """Return a stream per purpose, which ratios do not change: samples, batches, masks."""
    return np.random.SeedSequence([run.seed, run.n]).spawn(3)


def run_of(record: Mapping[str, Any], source: str = "record") -> Run:
    """Return the run that a checkpoint or a result is of; `source` is what errors call it.

    Raises
    ------
    DomainError
        If the record lacks what makes a run, or has something else there.
    """
    kinds = get_type_hints(Run) | {"recipe": dict, "fill": str}
    try:
        whole = {"fill": Run.fill, **record}
        check_fill(whole["fill"])
        known = {name: whole[name] for name in kinds}
        if all(type(known[name]) is kind for name, kind in kinds.items()):
            return Run(**known | {"recipe": Recipe(**known["recipe"])})
    except (KeyError, TypeError, DomainError):
        pass
    raise DomainError(f"{source} must say which run it is of, but does not")


def shared_settings(folder: Path) -> dict[str, Any] | None:
    """Return what all runs of a folder share; None if nothing is written down.

    Raises
    ------
    DomainError
        If the file is not whole.
    """
    path = folder / SHAPE
    if not path.exists():
        return None
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError):
        raise DomainError(
            f"{path} must hold the settings of the runs beside it, but is not whole; choose "
            "another folder, or delete that one"
        ) from None


def _claim(settings: Experiment) -> None:
    """Write down what all runs of the folder share, or refuse a folder of other runs."""
    shape, there = settings.shape(), shared_settings(settings.output)
    if there is None:
        write_text(settings.output / SHAPE, json.dumps(shape, indent=2) + "\n")
        return
    other = sorted(name for name in shape.keys() | there if shape.get(name) != there.get(name))
    if other:
        raise DomainError(
            f"{settings.output} holds runs with other settings ({', '.join(other)}); choose "
            "another --output, or delete that folder"
        )


def _device(settings: Experiment) -> Any:
    from validation.pretrain import choose_device

    return choose_device(settings.device)


@lru_cache(maxsize=16)
def data_digest(name: str) -> str:
    """Return what tells the samples of a data set from those of another."""
    data: Tokens = load(name)
    return array_digest(data.train) + array_digest(data.test)
