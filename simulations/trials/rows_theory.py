"""What the engine of rows says of a problem on real rows."""

from __future__ import annotations

from typing import Any

import numpy as np

import ridgeless as rl
from simulations.populations.real_rows import RealRows
from simulations.running.threads import one_thread
from simulations.trials.estimators.linear import LinearRegression
from simulations.trials.problem import Problem
from simulations.trials.trial import CHEAP, COLUMNS, regressions

__all__ = ["rows_theory"]

#: Linear tasks with random signs that stand for all, and populations of rows.
TASKS, POPULATIONS = 32, 1
#: Rows of a population, at most: more cost more, and say more.
ROWS = 1000
#: Features up to which all are predicted in turn.
ALL = 64


def rows_theory(problem: Problem) -> float | None:
    """Return the risk by `ridgeless.rows_risk`, without the noise of the target (eq-rows-risk).

    None where it has no answer: rows with a law, rows that are drawn with replacement, another
    estimator than linear regression, test rows that are filled in another way, other rows that
    count than the target asks for. Masked features are all, or as many as a trial averages.
    """
    design, sampling, readout = problem.design, problem.sampling, problem.readout
    if not isinstance(design, RealRows) or design.replace:
        return None
    if not isinstance(readout.estimator, LinearRegression):
        return None
    if readout.test.ratio > 0 and readout.test.fill != sampling.masking.fill:
        return None
    # One seed for all cells: they share populations, so that curves are smooth.
    rng = np.random.default_rng(0)
    population = design.population(sampling.spectrum, rng)
    masking = sampling.masking
    target = readout.target
    if isinstance(target, rl.LinearTarget):
        if masking.rows == "masked":
            return None
        noise = target.signal_variance / float(np.asarray(target.snr))
        roots = np.sqrt(target.masses(population.eigenvalues))
        signs = rng.choice([-1.0, 1.0], size=(roots.size, TASKS))
        labels = design.rows @ (population.eigenvectors @ (roots[:, None] * signs))
        labels += noise**0.5 * rng.standard_normal(labels.shape)
        options: dict[str, Any] = {"target": labels}
    else:
        if masking.rows == "all":
            return None
        many = max(COLUMNS, CHEAP // sampling.dimension)
        columns = np.arange(sampling.dimension)
        if columns.size > ALL:
            columns = np.sort(rng.permutation(columns)[:many])
        noise = float(regressions(population, columns)[1].mean())
        options = {"targets": columns.tolist()}
    with one_thread():
        found = rl.rows_risk(
            design.rows,
            masking,
            samples=sampling.samples,
            population=max(sampling.samples, min(ROWS, design.rows.shape[0])),
            ridge=readout.ridge,
            test_mask_ratio=readout.test_mask_ratio,
            replicates=POPULATIONS,
            rng=0,
            **options,
        )
    assert isinstance(found.prediction_error, float)
    return found.prediction_error - noise
