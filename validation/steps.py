"""How many steps train a model out: chosen once per data set, model and size, not per ratio."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ridgeless import DomainError
from ridgeless.cli.files import write_text
from simulations.running.backends import backend, deaf_children, task
from validation.experiment import data_digest, train
from validation.settings import Experiment, Run

__all__ = ["FALLING", "RATIO", "trained_out", "trials_of"]

STEPS = "steps.json"
#: The loss has stopped falling when twice the steps lower it by less than this share.
FALLING = 0.03
#: The run on which steps are chosen.
RATIO, SEED = "0.5", 0

#: Numbers of steps, and the loss over the last tenth of them.
Trials = list[tuple[int, float]]


def trained_out(settings: Experiment, runs: Mapping[str, Run]) -> dict[str, Run]:
    """Return the runs with steps that train them out, by their new ids.

    Steps are doubled, from those of the recipe, until the loss falls by less than `FALLING`, or
    would be more than the settings allow. What was tried is kept in the folder.
    """
    from joblib import Parallel

    known = trials_of(settings.output)
    most = settings.trained_out or settings.recipe.steps
    sizes = {_size(run): replace(run, ratio=RATIO, seed=SEED) for run in runs.values()}
    missing = [size for size in sizes if size not in known]
    settings.output.mkdir(parents=True, exist_ok=True)
    with backend(settings.backend, settings.jobs):
        parallel = Parallel(return_as="generator", batch_size=1)
        with deaf_children():
            found = parallel(task(doubled)(sizes[size], most, settings.device) for size in missing)
        for size, trials in zip(missing, found, strict=True):
            known[size] = trials
            write_text(settings.output / STEPS, json.dumps(known, indent=1) + "\n")
    chosen = [_with(run, known[_size(run)][-1][0]) for run in runs.values()]
    return {run.id(data_digest(run.dataset)): run for run in chosen}


def doubled(run: Run, most: int, device: str) -> Trials:
    """Return the losses of a run whose steps are doubled until they stop falling."""
    import torch

    from validation.pretrain import choose_device

    torch.set_num_threads(1)
    trials: Trials = []
    steps = run.recipe.steps
    while steps <= most:
        _, trained = train(_with(run, steps), choose_device(device), None)
        trials.append((steps, trained.loss))
        if len(trials) > 1 and trials[-1][1] > (1 - FALLING) * trials[-2][1]:
            break
        steps *= 2
    return trials


def trials_of(folder: Path) -> dict[str, Trials]:
    """Return what was tried in a folder, by data set, model and size; nothing if nothing was.

    Raises
    ------
    DomainError
        If the file is not whole.
    """
    path = folder / STEPS
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {
            str(name): [(int(steps), float(loss)) for steps, loss in trials]
            for name, trials in found.items()
        }
    except (ValueError, TypeError, AttributeError):
        raise DomainError(
            f"{path} must hold the steps that were tried, but is not whole; delete it"
        ) from None


def _size(run: Run) -> str:
    return f"{run.dataset}, {run.model}, width {run.width}, n = {run.n}"


def _with(run: Run, steps: int) -> Run:
    return replace(run, recipe=replace(run.recipe, steps=steps))
