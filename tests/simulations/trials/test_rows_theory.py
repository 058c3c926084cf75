"""The theory of rows of a problem, beside its simulation."""

import numpy as np
import pytest

import ridgeless as rl
from simulations import Problem, RatioAware, RealRows, simulate_risk
from simulations.populations import datasets
from simulations.trials.rows_theory import rows_theory
from tests.tolerances import MONTE_CARLO_Z, ROWS_FINITE_SIZE, ROWS_SWEEP

TABLE = np.random.default_rng(0).gamma(2.0, size=(60, 4)) @ np.diag([1, 10, 2, 5])


@pytest.mark.parametrize("target", [None, rl.LinearTarget(snr=4.0, alignment=1.0)])
@pytest.mark.parametrize("masks", [1, np.inf])
def test_it_is_what_trials_measure(target, masks):
    rows = datasets.digits().distinct()
    problem = Problem(rows.spectrum, 0.4, aspect_ratio=0.5, target=target, design=rows, ridge=0.1,
                      masks_per_sample=masks)  # fmt: skip
    found, estimate = rows_theory(problem), simulate_risk(problem, trials=32, rng=0)
    assert found is not None
    slack = (ROWS_SWEEP + ROWS_FINITE_SIZE / problem.sampling.samples) * estimate.mean
    assert abs(found - estimate.mean) < MONTE_CARLO_Z * estimate.standard_error + slack
    assert found == rows_theory(problem)


@pytest.mark.parametrize(
    "options",
    [
        {"design": RealRows(TABLE)},
        {"design": RealRows(TABLE).distinct(), "estimator": RatioAware(1)},
        {"design": RealRows(TABLE).distinct(), "rows": "all"},
        {"design": RealRows(TABLE).distinct(), "rows": "masked", "target": rl.LinearTarget()},
    ],
)
def test_elsewhere_it_has_no_answer(options):
    spectrum = RealRows(TABLE).spectrum
    assert rows_theory(Problem(spectrum, 0.4, aspect_ratio=0.5, **options)) is None
    assert rows_theory(Problem([1.0, 2.0], 0.4)) is None
