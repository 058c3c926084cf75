"""The benchmarks run, at sizes that take no time. No time is asserted."""

import math
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from benchmarks import accuracy, contests, fronts, numerics_error
from benchmarks.alternatives import Problem, damped, scipy_fixed_point, textbook
from benchmarks.timing import one_core, race
from tests.tolerances import FRONTS, FRONTS_ILL

CONTESTS = [
    contests.curve(d=20, cells=3),
    contests.curve(d=20, cells=3, raw=True),
    contests.continuous_law(rl.UniformRatio(0.1, 0.9), "law", d=10, cells=2),
    contests.surface(d=20, side=2),
    contests.first_use(d=20),
    contests.full_covariance(d=10),
    contests.common_job(d=10, cells=2, ridge=0.1),
    contests.law_nodes(2, d=10, cells=2),
]


@pytest.mark.parametrize("contest", CONTESTS, ids=lambda contest: contest.label)
def test_every_contest_measures_all_its_calls(contest: contests.Contest) -> None:
    seconds = contest.seconds(0.0)
    assert list(seconds) == list(contest.calls)
    assert all(0 < value < math.inf for value in seconds.values())


def test_the_calls_take_turns() -> None:
    order: list[str] = []
    with one_core():
        race({name: partial(order.append, name) for name in "ab"}, 0.0, rounds=2)
    changes = [x for i, x in enumerate(order) if i == 0 or order[i - 1] != x]
    assert changes == list("ababab")


@pytest.mark.parametrize("method", [damped, scipy_fixed_point, textbook])
@pytest.mark.parametrize("psi", [0.5, 2.0])
def test_alternatives_agree_with_the_package(method: Any, psi: float) -> None:
    problem = Problem([0.5, 1.0, 2.0], mask_ratio=0.3, snr=4.0, alignment=1.0)
    risk = problem.risk(psi, 0.1)
    expected = risk.bias, risk.design_variance, risk.noise_variance
    found = [float(part[0]) for part in method(problem, psi, 0.1)]
    assert found == pytest.approx(expected, rel=1e-6)


def test_errors_are_measured_against_many_digits() -> None:
    problem = Problem([0.5, 1.0, 2.0])
    errors = accuracy.worst_errors(problem, [0.5, 1.01], 1e-3)
    assert errors["ridgeless"] < 1e-12
    assert set(errors) == {"ridgeless", *accuracy.METHODS}


def test_fronts_are_as_near_as_the_page_says() -> None:
    found = fronts.worst()
    assert {condition for condition, _ in found} == {fronts.WELL, fronts.ILL}
    for (condition, _), (number, error, tag) in found.items():
        assert number > 0
        assert error < (FRONTS if condition == fronts.WELL else FRONTS_ILL), tag


@pytest.mark.parametrize("name", list(numerics_error.LIMITS))
def test_limits_are_measured(name: str) -> None:
    row = numerics_error.limit_row(name, numerics_error.LIMITS[name])
    assert all(float(error) < 1e-6 for error in row[1:])


def test_the_error_figure_is_drawn_small(tmp_path: Path) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    results = {
        panel: (
            np.array([0.1, 0.2]),
            {name: np.full(2, 1e-15) for name in numerics_error.STYLE},
        )
        for panel in numerics_error.LABELS
    }
    numerics_error.draw(results, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 0
    assert matplotlib.__version__


@pytest.mark.nojit_slow
@pytest.mark.parametrize("panel", list(numerics_error.LABELS))
def test_errors_of_a_panel_stay_in_bounds(panel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numerics_error, "MOST", 100)
    xs, curves = numerics_error.measure(panel, 2)
    assert xs.size == 2
    assert curves[numerics_error.OURS].max() < numerics_error.PROMISE
