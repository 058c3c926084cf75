"""Trials of many problems, in parallel, with results that do not depend on how many workers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError
from ridgeless.checks import count
from simulations.collection.ledger import Batch, Ledger, tallied
from simulations.collection.statistics import RiskEstimate, Tally
from simulations.running.backends import deaf_children, task
from simulations.running.threads import one_thread
from simulations.trials.problem import Problem, Readout
from simulations.trials.sampling import Sampling
from simulations.trials.trial import run_trial

__all__ = ["Seed", "run", "seed_sequence", "simulate_risk", "simulate_risks"]

#: Batches per worker in a round, where results come in rounds.
ROUND = 8

Seed = np.random.Generator | np.random.SeedSequence | int | None


def simulate_risk(
    problem: Problem, *, trials: int = 16, rng: Seed = None, jobs: int | None = 1
) -> RiskEstimate:
    """Return the Monte Carlo risk of a problem.

    Parameters
    ----------
    problem : Problem
    trials : int, at least 2
        Independent draws of rows and masks. The population is drawn once and shared by them.
    rng : Generator, SeedSequence, int or None
        Root of the seeds. Trial k of a design draws from a seed that is made of the root, the
        design's id and k.
    jobs : int, at least 1, or None
        Worker processes; the result does not depend on it. None takes what
        `joblib.parallel_config` says.

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
    return simulate_risks([problem], trials=trials, rng=rng, jobs=jobs)[0]


def simulate_risks(
    problems: Sequence[Problem],
    *,
    trials: int = 16,
    rng: Seed = None,
    jobs: int | None = 1,
    max_relative_error: float | None = None,
) -> list[RiskEstimate]:
    """Return the Monte Carlo risk of each problem; see `simulate_risk`.

    Problems with the same rows and masks (another target, ridge or test ratio) share their
    trials: that is fast, and their errors are correlated. With `max_relative_error` a design
    stops once the standard error of each of its problems is that small beside the mean.
    """
    ledger = Ledger(problems, trials, max_relative_error)
    for batch, tallies in run(ledger, seed_sequence(rng), jobs):
        ledger.record(batch.experiment.sampling.id, batch.number, tallies)
    estimates = [ledger.estimate(problem) for problem in ledger.problems]
    return [estimate for estimate in estimates if estimate is not None]


def run(
    ledger: Ledger, root: np.random.SeedSequence, jobs: int | None
) -> Iterator[tuple[Batch, list[Tally]]]:
    """Yield the missing batches with their tallies, in any order.

    Each as soon as it is done, where the backend of joblib can; multiprocessing and Ray give a
    round of batches at a time. The batches are taken from the ledger while it runs: record each
    as it comes.
    """
    sent: dict[tuple[str, int], Batch] = {}

    def tasks() -> Iterator[Any]:
        for batch in ledger.missing():
            experiment = batch.experiment
            sent[experiment.sampling.id, batch.number] = batch
            readouts = tuple(experiment.readouts.values())
            yield task(run_batch)(experiment.sampling, readouts, root, batch.number, batch.trials)

    workers = jobs if jobs is None else count("jobs", jobs)
    for design, number, parts in _results(tasks(), workers):
        yield sent.pop((design, number)), tallied(parts)


def _results(tasks: Iterator[Any], workers: int | None) -> Iterator[Any]:
    """Yield what the tasks return, in any order."""
    from joblib import Parallel, effective_n_jobs
    from joblib.parallel import get_active_backend

    if get_active_backend()[0].supports_return_generator:
        parallel = Parallel(n_jobs=workers, return_as="generator_unordered", batch_size=1)
        with deaf_children():
            results = parallel(tasks)
        yield from results
        return
    with Parallel(n_jobs=workers, batch_size=1) as parallel:
        while some := list(islice(tasks, ROUND * effective_n_jobs(parallel.n_jobs))):
            yield from parallel(some)


def run_batch(
    sampling: Sampling,
    readouts: Sequence[Readout],
    root: np.random.SeedSequence,
    number: int,
    trials: range,
) -> tuple[str, int, NDArray[np.float64]]:
    """Return the design, the batch's number and its risks, shape (trials, readouts, parts)."""
    with one_thread():
        parts = np.array([run_trial(sampling, readouts, root, k) for k in trials])
    return sampling.id, number, parts


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
