"""Runs depend on their seed, not on who works."""

import joblib
import numpy as np
import pytest

import ridgeless as rl
from simulations import (
    Problem,
    simulate_risk,
    simulate_risks,
)
from tests.tolerances import ROUNDING


def test_readouts_share_trials_without_changing_them():
    target = rl.LinearTarget(snr=2.0)
    given = {"dimension": 40, "rows": "all"}
    problems = [
        Problem([0.5, 1.5], 0.4, target=target, **given),
        Problem([0.5, 1.5], 0.4, target=target, ridge=0.5, test_mask_ratio=0.3, **given),
        Problem([0.5, 1.5], 0.4, **given),
        Problem([0.5, 1.5], 0.4, target=rl.LinearTarget(snr=4.0), **given),
    ]
    together = simulate_risks(problems, trials=6, rng=3)
    assert together == [simulate_risk(problem, trials=6, rng=3) for problem in problems]
    assert together[0].signal == together[3].signal
    assert together[0].noise == pytest.approx(2 * together[3].noise, rel=ROUNDING)


def test_stopping_does_not_depend_on_workers():
    problem = Problem([0.5, 1.5], 0.4, dimension=40)
    runs = [
        simulate_risks([problem], trials=400, rng=0, jobs=jobs, max_relative_error=0.05)[0]
        for jobs in (1, 2)
    ]
    assert runs[0] == runs[1]
    assert runs[0].standard_error <= 0.05 * runs[0].mean
    assert 16 <= runs[0].trials < 400
    # Every readout of a design must be accurate enough, not the first only.
    noisy = Problem([0.5, 1.5], 0.4, dimension=40, target=rl.LinearTarget(0.01))
    clear = Problem([0.5, 1.5], 0.4, dimension=40, target=rl.LinearTarget(0.01), ridge=100.0)
    given = {"trials": 4000, "rng": 0, "jobs": 1, "max_relative_error": 0.005}
    both = simulate_risks([clear, noisy], **given)
    assert both == simulate_risks([noisy, clear], **given)[::-1]
    assert simulate_risks([clear], **given)[0].trials < both[0].trials == both[1].trials < 4000
    assert both[1].standard_error <= 0.005 * both[1].mean
    # A backend that gives its results in rounds, as Ray's does.
    with joblib.parallel_config(backend="multiprocessing", n_jobs=2):
        assert simulate_risks([problem], trials=400, rng=0, jobs=None, max_relative_error=0.05) == [
            runs[0]
        ]


def test_results_depend_on_the_seed_alone():
    problem = Problem([0.5, 1.5], 0.4, dimension=40)
    alone = simulate_risk(problem, trials=10, rng=5)
    assert alone == simulate_risk(problem, trials=10, rng=np.random.SeedSequence(5))
    assert alone == simulate_risk(problem, trials=10, rng=5, jobs=2)
    assert alone != simulate_risk(problem, trials=10, rng=6)
    generator = np.random.default_rng(5)
    first = simulate_risk(problem, trials=4, rng=generator)
    assert first != simulate_risk(problem, trials=4, rng=generator)
    assert first == simulate_risk(problem, trials=4, rng=np.random.default_rng(5))


@pytest.mark.parametrize(
    ("arguments", "words"), [({"trials": 1}, "trials"), ({"rng": -1}, "rng"), ({"jobs": 0}, "jobs")]
)
def test_bad_runs_are_refused(arguments, words):
    with pytest.raises(rl.DomainError, match=words):
        simulate_risk(Problem([1.0], 0.5, dimension=10), **arguments)
