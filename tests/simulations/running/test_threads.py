"""Linear algebra of a trial runs in one thread, whatever the process allows."""

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from simulations import Problem
from simulations.collection import runner


def blas_threads():
    return {info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"}


@pytest.mark.nojit_slow
def test_a_batch_runs_in_one_thread_and_leaves_the_others_as_they_were(monkeypatch):
    seen = []

    def trial(*_):
        seen.append(blas_threads())
        return np.zeros((1, 2))

    monkeypatch.setattr(runner, "run_trial", trial)
    problem = Problem([1.0, 2.0], 0.5, dimension=4)
    with threadpool_limits(2):
        runner.run_batch(problem.sampling, [problem.readout], runner.seed_sequence(0), 0, range(2))
        assert blas_threads() == {2}
    assert seen == [{1}, {1}]
