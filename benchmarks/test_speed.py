"""pytest-benchmark's view of the same contests: `pytest benchmarks`. Nothing is asserted."""

from __future__ import annotations

import pytest

from benchmarks.contests import common_job, required
from benchmarks.timing import one_core

CALLS = [
    pytest.param(contest.label, call, id=f"{contest.label}-{name}")
    for contest in [*required(), common_job()]
    for name, call in contest.calls.items()
]


@pytest.mark.parametrize(("label", "call"), CALLS)
def test_speed(benchmark, label, call):
    benchmark.group = label
    with one_core():
        call()  # compiles, and fills caches
        benchmark(call)
