"""Draws of curves through runs."""

import sys

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.pilot.process import drawn
from ridgeless.pilot.runs import runs_of

AT = np.array([0.05, 0.15, 0.3, 0.5, 0.75, 0.9])


def test_curves_pass_the_runs_and_spread_beyond_them() -> None:
    runs = runs_of([0.15, 0.5, 0.75], [0.30, 0.22, 0.35], None, False)
    draws = drawn(runs, AT, None, np.random.default_rng(0))
    deviation = draws.std(axis=0)
    np.testing.assert_allclose(draws.mean(axis=0)[[1, 3, 4]], runs.losses, atol=0.05)
    assert deviation[2] > 1.5 * deviation[1]
    assert deviation[0] > deviation[2]


def test_repeats_say_how_far() -> None:
    quiet, loud = (
        drawn(
            runs_of([0.15, 0.15, 0.5, 0.5], [0.3, 0.3 + gap, 0.2, 0.2 + gap], None, False),
            AT, None, np.random.default_rng(0),
        ).std(axis=0)[1]
        for gap in (0.001, 0.05)
    )  # fmt: skip
    assert loud > 5 * quiet


def test_a_theory_is_half_of_the_answer() -> None:
    runs = runs_of([0.15, 0.5, 0.75], [0.30, 0.22, 0.35], None, False)
    theory = np.log(np.append(runs.ratios, AT))
    alone = drawn(runs, AT, None, np.random.default_rng(0))
    both = drawn(runs, AT, theory + 7, np.random.default_rng(0))
    shift = np.mean(runs.losses - theory[:3])
    np.testing.assert_allclose(both, (alone + theory[3:] + shift) / 2)


def test_without_its_library_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.gaussian_process", None)
    with pytest.raises(rl.DomainError, match="pilot needs scikit-learn: pip install"):
        drawn(runs_of([0.5], [1.0], None, False), AT, None, np.random.default_rng(0))
