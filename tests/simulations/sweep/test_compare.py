"""Verdicts, slopes and the study of universality."""

from dataclasses import replace

import numpy as np
import pytest

import ridgeless as rl
from simulations import Problem, RiskEstimate
from simulations.sweep.compare import compare, fit_slope, quantile
from simulations.sweep.settings import Cell
from simulations.sweep.table import Row
from tests.tolerances import MONTE_CARLO_Z, ROUNDING

SIZES = (100, 200, 400, 800)


def row(dimension, gap, error=0.002, trials=10_000, spectrum=(1.0,), target=None):
    problem = Problem(spectrum, 0.5, dimension=dimension, target=target)
    theory = problem.theory()
    mean, spread = theory.total * (1 + gap), theory.total * error
    estimate = RiskEstimate(mean, spread, trials, mean, 0.0, (spread, 0.0))
    return Row.of(Cell("isotropic", "0.5", 2.0, problem), theory, estimate)


def verdicts(gap, sizes=SIZES, error=0.002):
    return [c.verdict for c in compare([row(d, gap(d), error) for d in sizes])]


def test_verdicts():
    assert verdicts(lambda d: 0.001) == ["agrees"] * 4
    assert verdicts(lambda d: 5 / d) == ["finite-size"] * 4
    assert verdicts(lambda d: 0.3) == ["disagrees"] * 4
    assert verdicts(lambda d: 0.1 + 5 / d) == ["disagrees"] * 4
    assert verdicts(lambda d: 0.01 + 5 / d, error=0.0003) == ["disagrees"] * 4
    # Sizes too near each other, or errors too large, to tell a constant from c/d.
    assert verdicts(lambda d: 0.1, (200, 250, 300), 0.01) == ["undecided"] * 3
    assert verdicts(lambda d: 0.06, (200, 400), 0.01) == ["undecided"] * 2
    # With one dimension only the size of the gap can tell, and only against theory.
    assert compare([row(100, 0.14)])[0].verdict == "undecided"
    assert compare([row(100, 0.16)])[0].verdict == "disagrees"
    assert compare([row(100, 0.3)])[0].slope is None


def test_three_standard_errors_of_few_trials_are_fewer():
    within = {
        trials: [compare([row(800, z * 0.002, trials=trials)])[0].verdict for z in (2.9, 4.0, 10.0)]
        for trials in (10_000, 16, 4)
    }
    assert within[10_000] == ["agrees", "undecided", "disagrees"]
    assert within[16] == ["agrees", "undecided", "disagrees"]
    assert within[4] == ["agrees", "agrees", "disagrees"]
    # The share of false alarms of Gaussian trials is the stated one: 1 in 370.
    rng, runs, trials = np.random.default_rng(0), 200_000, 4
    draws = rng.standard_normal((runs, trials))
    z = draws.mean(axis=1) / (draws.std(axis=1, ddof=1) / np.sqrt(trials))
    alarms = np.mean(np.abs(z) > quantile(trials))
    assert abs(alarms - 0.0027) < MONTE_CARLO_Z * np.sqrt(0.0027 / runs)


def test_only_the_dimension_differs_within_a_fit():
    def slope(*changed):
        return compare([row(100, 0.1), *(replace(row(200, 0.1), **c) for c in changed)])[0].slope

    assert slope({}) is not None
    for name, value in (
        ("ridge", 1.0),
        ("design", "student:3"),
        ("test_mask_ratio", 0.2),
        ("mask_ratio", "0.4"),
        ("aspect_ratio", 3.0),
        ("spectrum", "other"),
    ):
        assert slope({name: value}) is None, name
    # The noise of a masked feature changes with the dimension, that of a task is asked for.
    spectrum = rl.Spectrum.power_law
    features = [row(d, 0.1, spectrum=spectrum(1.0, d)) for d in (100, 800)]
    assert abs(features[0].snr - features[1].snr) > 0.5
    assert compare(features)[0].slope is not None
    tasks = [row(d, 0.1, target=rl.LinearTarget(snr)) for d, snr in ((100, 0.01), (200, 0.04))]
    assert compare(tasks)[0].slope is None
    assert compare([tasks[0], replace(tasks[0], dimension=200)])[0].slope is not None


def test_an_infinite_theory_does_not_agree():
    problem = Problem([1.0], 0.0, aspect_ratio=1.0, target=rl.LinearTarget(1.0), dimension=40)
    estimate = RiskEstimate(400.0, 10.0, 16, 400.0, 0.0, (10.0, 0.0))
    cell = Row.of(Cell("isotropic", "0", 1.0, problem), problem.theory(), estimate)
    assert np.isinf(cell.theory)
    assert cell.z == -np.inf
    assert compare([cell])[0].verdict == "undecided"
    exact = rl.risk([1.0], 0.0, aspect_ratio=0.5, target=rl.LinearTarget(np.inf))
    silent = RiskEstimate(0.0, 0.0, 16, 0.0, 0.0, (0.0, 0.0))
    cells = [Row.of(Cell("isotropic", "0", 1.0, problem), exact, silent)] * 2
    cells[1] = replace(cells[1], dimension=80)
    assert [c.verdict for c in compare(cells)] == ["agrees"] * 2


def test_the_fit_weighs_by_errors_and_widens_with_scatter():
    exact = [0.1, 0.06, 0.04]
    weighted = fit_slope([100, 200, 400], [exact[0], exact[1], 0.5], [1e-6, 1e-6, 1e3])
    assert weighted.slope == pytest.approx(8.0, rel=1e-4)
    scattered = fit_slope([100, 200, 400, 800], [0.1, 0.0, 0.1, 0.0], [0.001] * 4)
    assert scattered.slope_error > 10 * fit_slope([100, 200, 400, 800], [0.1] * 4, [0.001] * 4)[1]
    order = [replace(row(d, d / 1e4), ridge=ridge) for d in (400, 100) for ridge in (1.0, 0.0)]
    assert [c.relative_difference for c in compare(order)] == [r.relative_difference for r in order]


def test_the_interval_covers_the_slope():
    rng = np.random.default_rng(0)
    errors = np.full(len(SIZES), 0.003)
    covered, runs = 0, 400
    for _ in range(runs):
        gaps = 0.02 + 4 / np.array(SIZES) + errors * rng.standard_normal(len(SIZES))
        low, high = fit_slope(SIZES, gaps, errors).interval
        covered += low <= 4 <= high
    # Errors may only widen, so that coverage is at least 95 %.
    assert covered / runs >= 0.95 - MONTE_CARLO_Z * np.sqrt(0.95 * 0.05 / runs)
    exact = fit_slope([100, 200], [0.05, 0.03], [0.01, 0.01])
    assert exact.slope == pytest.approx(4.0, rel=ROUNDING)
    assert exact.limit == pytest.approx(0.01, rel=ROUNDING)


def test_wrong_theory_disagrees():
    problem = Problem([1.0], 0.5, target=rl.LinearTarget(snr=4.0), dimension=100)
    wrong = rl.risk([1.0], 0.5, aspect_ratio=0.25, target=rl.LinearTarget(snr=4.0))
    right = problem.theory().total
    estimate = RiskEstimate(right, 0.01 * right, 16, right, 0.0, (0.01, 0.0))
    cell = Cell("isotropic", "0.5", 2.0, problem)
    assert compare([Row.of(cell, wrong, estimate)])[0].verdict == "disagrees"
