"""Pilot on curves that are known, and on published sweeps."""

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ridgeless as rl
from tests.ridgeless.pilot.curves import Curve

SWEEPS = Path(__file__).parents[3] / "docs" / "data" / "sweeps.csv"


def followed(curve: Curve, most: int = 9, **options: Any) -> tuple[rl.Pilot, int]:
    """Do as pilot says; return its last word and the number of runs."""
    ratios, values = [0.15, 0.5, 0.75], [curve.run(p) for p in (0.15, 0.5, 0.75)]
    while True:
        advice = rl.pilot(ratios, values, **options)
        if advice.stop or len(ratios) >= most:
            return advice, len(ratios)
        assert advice.next_ratio is not None
        ratios.append(advice.next_ratio)
        values.append(curve.run(advice.next_ratio))


@pytest.mark.slow
@pytest.mark.nojit_slow
def test_following_it_ends_near_the_best() -> None:
    """In 20 curves: measured 5.5 runs, and all within 2%."""
    rng = np.random.default_rng(0)
    regrets, runs = [], []
    for _ in range(20):
        curve = Curve(rng)
        advice, count = followed(curve)
        regrets.append(curve.regret(advice.best_measured[0]))
        runs.append(count)
    assert np.mean(np.array(regrets) <= 0.02) >= 0.9
    assert max(regrets) <= 0.05
    assert np.mean(runs) <= 6.5


@pytest.mark.nojit_slow
def test_a_theory_of_ones_own_data_saves_runs() -> None:
    curve = Curve(np.random.default_rng(3))
    _, runs = followed(curve)
    helped, fewer = followed(curve, theory=curve)
    assert fewer <= runs
    assert curve.regret(helped.best_measured[0]) <= 0.02
    grid = np.linspace(0.02, 0.98, 97)
    table = rl.pilot([0.15, 0.5, 0.75], [0.3, 0.2, 0.3], theory=(grid, curve(grid)))
    called = rl.pilot([0.15, 0.5, 0.75], [0.3, 0.2, 0.3], theory=curve)
    np.testing.assert_allclose(table.predicted, called.predicted, rtol=1e-3)


def test_it_starts_with_three_ratios_far_apart() -> None:
    first = rl.pilot([0.5], [0.2])
    assert (first.next_ratio, first.stop) == (0.15, False)
    assert "Fewer than 3 ratios were run: 2 more" in first.warnings[0]
    assert rl.pilot([0.5, 0.15], [0.2, 0.3]).next_ratio == 0.75
    assert rl.pilot([0.16, 0.5], [0.3, 0.2]).next_ratio == 0.75  # near enough to .15


def test_it_stops_where_all_is_said() -> None:
    ratios = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    valley = [0.3 + 0.1 * (p - 0.5) ** 2 for p in ratios]
    advice = rl.pilot(ratios, valley)
    assert advice.stop
    assert advice.next_ratio is None
    assert advice.best_measured == (0.5, 0.3)
    assert advice.regret[0.5][2] < 0.02
    assert advice.within_noise[0] <= 0.5 <= advice.within_noise[1]
    few = rl.pilot([0.2, 0.5, 0.8], [0.3, 0.2, 0.3], candidates=[0.2, 0.5, 0.8])
    assert few.stop  # nothing apart from what was run may be run


def test_repeats_tell_the_noise_and_the_seeds_that_are_needed() -> None:
    ratios = [0.15, 0.5, 0.75] * 3
    rng = np.random.default_rng(0)
    values = np.tile([0.30, 0.29, 0.31], 3) * np.exp(0.03 * rng.normal(size=9))
    noisy = rl.pilot(ratios, values, seeds=np.repeat([0, 1, 2], 3))
    clear = rl.pilot(ratios, np.tile([0.30, 0.22, 0.31], 3) * np.exp(0.01 * rng.normal(size=9)))
    assert noisy.seeds_needed is not None
    assert clear.seeds_needed is not None
    assert noisy.seeds_needed > clear.seeds_needed == 2
    assert np.ptp(noisy.within_noise) > np.ptp(clear.within_noise)
    assert rl.pilot(ratios[:3], values[:3]).seeds_needed is None


def test_a_best_run_at_the_end_is_said() -> None:
    advice = rl.pilot([0.3, 0.5, 0.75], [0.2, 0.25, 0.3])
    assert "at the smallest ratio: the best of all may lie beyond it" in advice.warnings[0]
    assert advice.next_ratio is not None
    assert advice.next_ratio < 0.3


def test_the_same_runs_have_the_same_advice() -> None:
    first, second = (rl.pilot([0.15, 0.5, 0.75], [0.3, 0.2, 0.3]) for _ in range(2))
    np.testing.assert_array_equal(first.predicted, second.predicted)


def published() -> dict[tuple[str, str], tuple[list[str], list[float], bool]]:
    found: dict[tuple[str, str], tuple[list[str], list[float], bool]] = {}
    with SWEEPS.open(encoding="utf-8") as file:
        for line in csv.DictReader(file):
            key = line["source"], line["metric"]
            better = line["higher_is_better"] == "1"
            ratios, values, _ = found.setdefault(key, ([], [], better))
            ratios.append(line["mask_ratio"])
            values.append(float(line["value"]))
    return found


def test_published_sweeps_are_taken_as_they_are() -> None:
    sweeps = published()
    assert len(sweeps) >= 8
    laws = 0
    for (source, _), (ratios, values, better) in sweeps.items():
        numbers = [k for k, p in enumerate(ratios) if p[0].isdigit()]
        if not numbers:
            with pytest.raises(rl.DomainError, match="at least one number"):
                rl.pilot(ratios, values, higher_is_better=better)
            laws += 1
            continue
        advice = rl.pilot(ratios, values, higher_is_better=better)
        best = (max if better else min)(values[k] for k in numbers)
        assert advice.best_measured[1] == best, source
        low, high = advice.interval
        assert low <= advice.best_predicted <= high
    assert laws >= 1


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"tolerance": 0.0}, "tolerance must be positive"),
        ({"candidates": [0.0, 0.5]}, r"candidates must be ratios in \(0, 1\)"),
        ({"candidates": []}, "at least one"),
        ({"theory": 3}, "theory must be a function of ratios or"),
        ({"theory": ([0.1, 0.2], [1.0])}, "theory must be .ratios, errors. of one length"),
        ({"theory": lambda p: -p}, "theory must give positive"),
        ({"theory": lambda p: 1.0}, "theory must give one error per ratio"),
    ],
)
def test_errors(options: dict[str, Any], says: str) -> None:
    with pytest.raises(rl.DomainError, match=says):
        rl.pilot([0.15, 0.5, 0.75], [0.3, 0.2, 0.3], **options)
