"""Curves over test ratios, and how they are told in a table."""

import math

import numpy as np
import pytest
from random_ratios import adaptive, law_table

import ridgeless as rl


@pytest.fixture(scope="module")
def found():
    return adaptive.curves("linear", math.inf, 0.25, tests=np.array([0.2]))


def test_curves_are_errors_relative_to_the_mean(found):
    assert found.tests.tolist() == sorted({0.2, *law_table.TESTS})
    law, task = law_table.SPECTRA["i^-1"], law_table.TARGETS["linear"]
    options = {"target": task, "aspect_ratio": 0.25, "masks_per_sample": math.inf}
    place = int(np.argmin(abs(found.tests - 0.2)))
    risk = rl.risk(law, adaptive.FIXED[9], test_mask_ratio=0.2, **options)
    expected = risk.prediction_error / (risk.null + risk.noise)
    assert found.fixed[9, place] == pytest.approx(expected)
    assert len(found.aware) == len(adaptive.DEGREES)


def test_no_fixed_ratio_is_below_the_envelope(found):
    assert (found.envelope <= found.fixed).all()
    assert found.averaged(found.envelope) <= found.averaged(found.fixed).min()
    assert found.averaged(found.fixed)[found.one] == found.averaged(found.fixed).min()


def test_regression_that_knows_the_ratio_is_better_the_more_it_may_know(found):
    errors = [float(found.averaged(x)) for x in (found.plain, *found.aware)]
    assert errors == sorted(errors, reverse=True)


def test_the_table_has_a_line_per_setting(found):
    lines = adaptive.table([found]).splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("| linear | ∞ | 0.25 |")
    assert f"{adaptive.FIXED[found.one]:.3f}" in lines[2]


def test_beside():
    assert adaptive.beside(1.1, 1.0) == "1.100 (+10.0%)"
    assert adaptive.beside(0.5, 1.0, plain=False) == "-50.0%"
    assert adaptive.beside(math.inf, 1.0) == "∞"


def test_simulated_risks_stand_beside_their_theory():
    line = adaptive.Simulated(math.inf, 0.25, "R2MAE, plain", 0.5, 0.51, 0.01)
    assert "| ∞ | 0.25 | R2MAE, plain | 0.5000 | 0.5100 ± 0.0100 |" in adaptive.simulated_table(
        [line]
    )
