"""`python -m validation theories`: three theories and the measured risk of a folder's runs."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
import tyro

from ridgeless import DomainError
from simulations.running.backends import backend, deaf_children, task
from validation.datasets import load
from validation.experiment import MODELS, run_of, samples_of
from validation.results import Result, end_last_line, read_results
from validation.settings import Run

__all__ = ["MEASURED", "Theorising", "collect", "read_theories"]

#: One line of JSON per risk, appended.
THEORIES = "theories.jsonl"
MEASURED = "measured"
#: Entries that say what a line is about, in this order.
KEYS = ("source", "dataset", "model", "width", "n", "ratio", "seed", "test_ratio")


@dataclass(frozen=True)
class Theorising:
    """Settings of `theories`."""

    folder: Annotated[Path, tyro.conf.Positional] = Path()
    """A folder with runs.jsonl and the weights that --keep-models keeps."""

    jobs: int | None = None
    """Worker processes; all cores by default."""

    device: str = "cpu"
    """Where the features of networks are computed: cpu, cuda or cuda:N."""


class Work(NamedTuple):
    """What one worker does: the lines of one source."""

    source: str
    run: Run
    weights: Path | None


def collect(settings: Theorising) -> int:
    """Append what is missing to theories.jsonl, and return how many lines there are.

    Raises
    ------
    DomainError
        If the folder has no run whose weights are kept.
    """
    from joblib import Parallel

    folder = settings.folder
    results = [r for r in read_results(folder) if _comparable(r)]
    if not results:
        raise DomainError(
            f"folder must hold runs with tokens hidden one by one and filled with zeros, got "
            f"{str(folder)!r}"
        )
    end_last_line(folder, THEORIES)
    done = {_key(line) for line in read_theories(folder)}
    work = list(_missing(folder, results, done))
    with (folder / THEORIES).open("a", encoding="utf-8") as file, backend("loky", settings.jobs):
        parallel = Parallel(return_as="generator_unordered", batch_size=1)
        with deaf_children():
            found = parallel(task(lines_of)(one, settings.device) for one in work)
        for lines in found:
            for line in lines:
                file.write(json.dumps(line, allow_nan=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
    return len(read_theories(folder))


def read_theories(folder: Path) -> list[Result]:
    """Return the lines of a folder's theories, none if there are none.

    Raises
    ------
    DomainError
        If a line but the last is not whole.
    """
    path = folder / THEORIES
    if not path.exists():
        return []
    found = {}
    lines = path.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines, start=1):
        try:
            entry = json.loads(line)
            found[_key(entry)] = {name: entry[name] for name in (*KEYS, "risk")}
        except (ValueError, KeyError, TypeError):
            if number < len(lines):
                raise DomainError(
                    f"{path} must hold a risk per line, but line {number} is none"
                ) from None
    return list(found.values())


def lines_of(work: Work, device_name: str) -> list[Result]:
    """Return the lines of one source: risks at the places, by test ratio."""
    import torch

    from validation.models import make_model
    from validation.pretrain import choose_device, load_checkpoint
    from validation.theories import predictions

    torch.set_num_threads(1)
    run, device = work.run, choose_device(device_name)
    data = load(run.dataset)
    rest = np.setdiff1d(np.arange(len(data.train)), samples_of(run, data))
    if work.source == "linear":
        tests = predictions.TESTS
        risks = predictions.linear(data, rest, run.ratio, run.n, tests)
        return [_line(work, test, risk) for test, risk in zip(tests, risks, strict=True)]
    if work.source == "random features":
        risk = predictions.random_features(data, rest, run.ratio, run.n, run.width, device)
        return [_line(work, 0.0, risk)]
    model = make_model(run.model, data, run.width, run.depth, run.seed, run.fill)
    assert work.weights is not None
    load_checkpoint(work.weights, model)
    # At its own ratio a network is tested on what it was trained on; one seed tells.
    fixed = run.named.kind == "fixed" and run.seed == 0 and run.width
    found = []
    for test in (0.0, float(run.ratio)) if fixed else (0.0,):
        risk = predictions.measured(model, data, device, test)
        found.append(_line(work._replace(source=MEASURED), test, risk))
        if work.source != MEASURED:
            risk = predictions.trained_features(model, data, rest, run.ratio, run.n, device, test)
            found.append(_line(work, test, risk))
    return found


def _missing(folder: Path, results: Sequence[Result], done: set[tuple[Any, ...]]) -> Iterator[Work]:
    """Yield what is not there yet; theories that know no seed, or no model, are asked once."""
    asked = set(done)
    for result in results:
        run = run_of(result)
        weights = folder / MODELS / f"{result['id']}.pt"
        if not weights.is_file():
            raise DomainError(
                f"weights of run {result['id']} must be in {folder / MODELS}: train with "
                "--keep-models"
            )
        sources = ("linear", "random features", "trained features")
        for source in sources if run.width else ("linear", MEASURED):
            work = Work(source, run, weights)
            key = _key(_line(work, 0.0, 0.0))
            if key not in asked:
                asked.add(key)
                yield work


def _comparable(result: Result) -> bool:
    """Return whether theories of rows speak of a run: they know no order of ratios."""
    plain = result["block"] == 1 and result.get("fill", "zero") == "zero"
    return bool(plain and result["equal"] == "steps" and result["kind"] != "schedule")


def _line(work: Work, test: float, risk: float) -> Result:
    """Return a line; a theory that knows no model, width or seed has none of them."""
    run, source = work.run, work.source
    about = {"source": source, "dataset": run.dataset, "model": run.model, "width": run.width}
    about |= {"n": run.n, "ratio": run.ratio, "seed": run.seed, "test_ratio": f"{test:g}"}
    if source in ("linear", "random features"):
        about |= {"model": None, "seed": None}
    if source == "linear":
        about["width"] = None
    return about | {"risk": float(risk)}


def _key(line: Result) -> tuple[Any, ...]:
    return tuple(line[name] for name in KEYS)
