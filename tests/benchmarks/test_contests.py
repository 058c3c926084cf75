"""The benchmarks run, at sizes that take no time. No time is asserted."""

import math

import pytest

import ridgeless as rl
from benchmarks import contests

CONTESTS = [
    contests.curve(d=20, cells=3),
    contests.curve(d=20, cells=3, raw=True),
    contests.continuous_law(rl.UniformRatio(0.1, 0.9), "law", d=10, cells=2),
    contests.mixed_masks(masks=2, d=10, cells=2),
    contests.surface(d=20, side=2),
    contests.first_use(d=20),
    contests.threads(cells=3, d=10),
    contests.full_covariance(d=10),
    contests.best_ratio("a curve", d=10, cells=3, aspect_ratio=0.3),
    contests.common_job(d=10, cells=2, ridge=0.1),
    contests.law_nodes(2, d=10, cells=2),
]


@pytest.mark.parametrize("contest", CONTESTS, ids=lambda contest: contest.label)
def test_every_contest_measures_all_its_calls(contest: contests.Contest) -> None:
    seconds = contest.seconds(0.0)
    assert list(seconds) == list(contest.calls)
    assert all(0 < value < math.inf for value in seconds.values())
