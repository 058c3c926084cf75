"""Pretraining on rows and a probe, simulated, beside the theory."""

import math
from dataclasses import replace

import numpy as np
import pytest

import ridgeless as rl
from ridgeless import DomainError
from simulations.running.intervals import standard_error
from simulations.trials.transfer import Transfer, simulate_transfer
from tests import tolerances

BASE = Transfer(
    spectrum=rl.Spectrum.power_law(1.0, dimension=120),
    mask_ratio=0.8,
    target=rl.LinearTarget(4.0, alignment=1.0),
    dimension=120,
    samples=40,
)
TRIALS = 100


def gap(problem: Transfer, theory: float) -> tuple[float, float]:
    """Monte Carlo over theory, less one, and three standard errors of it."""
    risks = simulate_transfer(problem, TRIALS, 0)
    return float(risks.mean() / theory - 1), float(3 * standard_error(risks) / theory)


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"depth": 0.5},
        {"rows": "masked"},
        {"mask_ratio": 0.3},
        {"mask_ratio": rl.UniformRatio(0.2, 0.9)},
        {"mask_ratio": rl.Masking(rl.UniformRatio(0.2, 0.9), fill="rescale")},
        {"probe_ridge": 0.01, "samples": 80},
    ],
)
def test_the_population_s_map_has_the_theory_s_risk(changes):
    problem = replace(BASE, **changes)
    found, error = gap(problem, problem.theory())
    assert abs(found) < error + tolerances.TRANSFER_SIZE


def test_wrong_theories_do_not_agree():
    """Negative controls: another depth, the filter forgotten, another loss."""
    few = replace(BASE, samples=80, mask_ratio=0.95, target=rl.LinearTarget(50.0))
    found, error = gap(few, few.theory())
    assert abs(found) < error + tolerances.TRANSFER_SIZE
    wrong = [
        (replace(few, depth=0.5), few.theory()),
        (few, replace(few, depth=0.5).theory()),
        (few, replace(few, mask_ratio=0.0).theory()),
        (replace(few, rows="masked"), few.theory()),
    ]
    for problem, theory in wrong:
        found, error = gap(problem, theory)
        assert abs(found) > error + tolerances.TRANSFER_SIZE


def test_few_unlabelled_rows_come_to_the_population_as_they_grow():
    """The same directions, labels and rows: what is left is pretraining's own."""
    population = simulate_transfer(BASE, 40, 0).mean()
    gaps = [
        float(simulate_transfer(replace(BASE, unlabelled=n), 40, 0).mean() / population - 1)
        for n in (30, 120, 3000)
    ]
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[0] > tolerances.TRANSFER_SIZE
    assert abs(gaps[2]) < tolerances.TRANSFER_SIZE


@pytest.mark.parametrize("rows", ["all", "masked"])
def test_finitely_many_masks_come_to_infinitely_many(rows):
    problem = replace(BASE, dimension=24, unlabelled=200, mask_ratio=0.5, rows=rows)

    def mean(masks):
        return simulate_transfer(replace(problem, masks_per_sample=masks), 30, 0).mean()

    endless, one, many = (mean(masks) for masks in (math.inf, 1, 40))
    assert abs(many / endless - 1) < tolerances.TRANSFER_SIZE
    assert abs(many - endless) < abs(one - endless)


def test_seeds_and_bad_arguments():
    np.testing.assert_array_equal(simulate_transfer(BASE, 2, 7), simulate_transfer(BASE, 2, 7))
    with pytest.raises(DomainError, match="unlabelled must be a number of rows"):
        replace(BASE, masks_per_sample=2)
    with pytest.raises(DomainError, match="samples must be an integer"):
        replace(BASE, samples=0)
