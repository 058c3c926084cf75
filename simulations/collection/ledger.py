"""Which batches of which designs are done, and what they add up to."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ridgeless import DomainError
from ridgeless.checks import count, real_scalar
from simulations.collection.statistics import RiskEstimate, Tally
from simulations.trials.problem import Problem, Readout
from simulations.trials.sampling import Sampling

__all__ = ["BATCH", "Batch", "Experiment", "Ledger"]

#: Trials per batch. A batch is what one worker does at a time.
BATCH = 4
#: Batches before a design may stop early: the error of four trials is itself too uncertain.
LEAST = 4


@dataclass
class Experiment:
    """One design with all readouts of its trials, and the tallies of its finished batches."""

    sampling: Sampling
    readouts: dict[str, Readout] = field(default_factory=dict)  #: by the id of their cell
    done: dict[int, list[Tally]] = field(default_factory=dict)  #: by the number of the batch
    prefix: list[Tally] = field(default_factory=list)  #: sums over batches 0 ... folded - 1
    folded: int = 0
    finished: bool = False


@dataclass(frozen=True)
class Batch:
    """Consecutive trials of one design."""

    experiment: Experiment = field(repr=False)
    number: int
    trials: range


class Ledger:
    """Problems grouped by design, with the statistics of their batches.

    Tallies are folded in the order of the batches, and a design stops at the first batch up to
    which its errors are small enough: neither depends on the order in which batches arrive.

    Parameters
    ----------
    problems : sequence of Problem
    trials : int, at least 2
        Trials of each design, at most.
    max_relative_error : float or None
        Standard error over mean that is small enough, in every cell of a design.
    """

    def __init__(
        self, problems: Sequence[Problem], trials: int, max_relative_error: float | None = None
    ) -> None:
        self.problems = list(problems)
        self.trials = count("trials", trials, least=2)
        if max_relative_error is not None:
            error = real_scalar("max_relative_error", max_relative_error)
            if not error > 0:
                raise DomainError(f"max_relative_error must be positive, got {error!r}")
        self.max_relative_error = max_relative_error
        self.experiments: dict[str, Experiment] = {}
        for problem in self.problems:
            sampling = problem.sampling
            experiment = self.experiments.setdefault(sampling.id, Experiment(sampling))
            experiment.readouts[problem.id] = problem.readout

    def missing(self) -> Iterator[Batch]:
        """Yield the batches that are still to be done, design by design, as of now."""
        for experiment in self.experiments.values():
            for number, start in enumerate(range(0, self.trials, BATCH)):
                if experiment.finished:
                    break
                if number not in experiment.done:
                    yield Batch(experiment, number, range(start, start + self.size(number)))

    def size(self, number: int) -> int:
        """Return how many trials batch `number` has; 0 beyond the last."""
        return max(0, min(BATCH, self.trials - number * BATCH))

    def record(self, design: str, number: int, tallies: list[Tally]) -> None:
        """Take note of a batch: a tally per readout."""
        experiment = self.experiments[design]
        experiment.done[number] = tallies
        while not experiment.finished and experiment.folded in experiment.done:
            new = experiment.done[experiment.folded]
            if experiment.folded:
                new = [a + b for a, b in zip(experiment.prefix, new, strict=True)]
            experiment.prefix = new
            experiment.folded += 1
            experiment.finished = self._is_enough(experiment)

    def _is_enough(self, experiment: Experiment) -> bool:
        if experiment.folded * BATCH >= self.trials:
            return True
        if self.max_relative_error is None or experiment.folded < LEAST:
            return False
        estimates = [tally.estimate() for tally in experiment.prefix]
        return all(e.standard_error <= self.max_relative_error * e.mean for e in estimates)

    @property
    def done_trials(self) -> int:
        """Trials that count as done; all of a design's once it has stopped."""
        return sum(
            self.trials if e.finished else sum(t[0].count for t in e.done.values())
            for e in self.experiments.values()
        )

    @property
    def total_trials(self) -> int:
        """Trials to do if no design stops early."""
        return self.trials * len(self.experiments)

    def is_finished(self, problem: Problem) -> bool:
        """Whether the problem's design needs no more batches."""
        return self.experiments[problem.sampling.id].finished

    def estimate(self, problem: Problem) -> RiskEstimate | None:
        """Return what is known of a problem's risk, from the contiguous batches."""
        experiment = self.experiments[problem.sampling.id]
        if not experiment.prefix or experiment.prefix[0].count < 2:
            return None
        return experiment.prefix[list(experiment.readouts).index(problem.id)].estimate()


def tallied(parts: NDArray[np.float64]) -> list[Tally]:
    """Return a tally per readout of trials, shape (trials, readouts, parts)."""
    return [Tally.of(parts[:, i]) for i in range(parts.shape[1])]
