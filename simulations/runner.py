"""Trials of many problems, in parallel, with results that do not depend on how many workers."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError
from ridgeless.errors import count
from simulations.problem import Problem
from simulations.statistics import RiskEstimate, Tally
from simulations.trial import run_trial

__all__ = ["Batch", "batches", "run", "simulate_risk", "simulate_risks"]

#: Trials per batch. A batch is what one worker does at a time.
BATCH = 4

Seed = np.random.Generator | np.random.SeedSequence | int | None


@dataclass(frozen=True)
class Batch:
    """Consecutive trials of one problem."""

    cell: int
    problem: Problem
    root: np.random.SeedSequence
    trials: range


def simulate_risk(
    problem: Problem, *, trials: int = 16, rng: Seed = None, jobs: int = 1
) -> RiskEstimate:
    """Return the Monte Carlo risk of a problem.

    Parameters
    ----------
    problem : Problem
    trials : int, at least 2
        Independent draws of rows and masks. The population is drawn once and shared by them.
    rng : Generator, SeedSequence, int or None
        Trial k draws from a seed of its own, spawned from this one.
    jobs : int, at least 1
        Worker processes; the result does not depend on it.

    Raises
    ------
    DomainError
        If an argument is outside its domain.

    Examples
    --------
    >>> problem = Problem([1.0], 0.5, aspect_ratio=0.5, dimension=50)
    >>> simulate_risk(problem, trials=4, rng=0).trials
    4
    """
    return next(iter(simulate_risks([problem], trials=trials, rng=rng, jobs=jobs)))


def simulate_risks(
    problems: Sequence[Problem],
    *,
    trials: int = 16,
    rng: Seed = None,
    jobs: int | None = 1,
    on_trials: Callable[[int], object] = lambda number: None,
) -> Iterator[RiskEstimate]:
    """Return an iterator over the Monte Carlo risks of the problems, each as soon as it is known.

    `on_trials` is told how many more trials are done; `jobs` = None takes all cores.
    """
    tasks = batches(problems, trials, seed_sequence(rng))
    workers = jobs if jobs is None else count("jobs", jobs)

    def estimates() -> Iterator[RiskEstimate]:
        for _, cell in groupby(run(tasks, workers), key=lambda done: done[0].cell):
            tally: Tally | None = None
            for task, parts in cell:
                on_trials(len(task.trials))
                tally = Tally.of(parts) if tally is None else tally + Tally.of(parts)
            assert tally is not None
            yield tally.estimate()

    return estimates()


def batches(problems: Sequence[Problem], trials: int, root: np.random.SeedSequence) -> list[Batch]:
    """Return the batches of all problems, cell by cell."""
    total = count("trials", trials, least=2)
    tasks = []
    for cell, problem in enumerate(problems):
        seed = np.random.SeedSequence(root.entropy, spawn_key=(*root.spawn_key, cell))
        for start in range(0, total, BATCH):
            tasks.append(Batch(cell, problem, seed, range(start, min(start + BATCH, total))))
    return tasks


def run(tasks: Iterable[Batch], jobs: int | None) -> Iterator[tuple[Batch, NDArray[np.float64]]]:
    """Yield each batch with the parts of its trials' risks, in order, as they are done."""
    from joblib import Parallel, delayed

    tasks = list(tasks)
    workers = -1 if jobs is None else jobs
    parallel = Parallel(n_jobs=workers, return_as="generator", batch_size=1)
    with _deaf_children():
        results = parallel(delayed(run_batch)(task) for task in tasks)
    return zip(tasks, results, strict=True)


@contextmanager
def _deaf_children() -> Iterator[None]:
    """Start processes that do not hear Ctrl-C: this one does, and ends them quietly."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def run_batch(batch: Batch) -> NDArray[np.float64]:
    """Return the parts of the risk in each trial of a batch, shape (trials, parts).

    Linear algebra runs in one thread: workers do not fight over cores, and sums are taken in
    the same order whatever their number.
    """
    from threadpoolctl import threadpool_limits

    sampling, readout = batch.problem.sampling, batch.problem.readout
    with threadpool_limits(1):
        return np.array([run_trial(sampling, readout, batch.root, k) for k in batch.trials])


def seed_sequence(rng: Seed) -> np.random.SeedSequence:
    """Return the root of all seeds: a child of a generator, else what was given."""
    if isinstance(rng, np.random.Generator):
        return rng.bit_generator.seed_seq.spawn(1)[0]  # type: ignore[attr-defined,no-any-return]
    if isinstance(rng, np.random.SeedSequence):
        return rng
    try:
        return np.random.SeedSequence(rng)
    except (TypeError, ValueError):
        raise DomainError(
            f"rng must be a Generator, a SeedSequence or an integer of at least 0, got {rng!r}"
        ) from None
