"""The questions of the fuzz are counted by front."""

import math
from collections import Counter

import pytest

from benchmarks import fuzz


def test_calls_are_counted_and_nothing_is_found(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(fuzz, "ROUND", 20)
    assert fuzz.main(["--calls", "30", "--without", "ratio_aware_risk"]) == 0
    shown = capsys.readouterr().out
    assert "| `ratio_aware_risk` | 0 |" in shown
    assert "broke a rule: 0." in shown


@pytest.mark.parametrize(
    ("words", "limits"),
    [
        ([], (math.inf, 10_000)),
        (["--seconds", "600"], (600, math.inf)),
        (["--calls", "30"], (math.inf, 30)),
        (["--seconds", "600", "--calls", "30"], (600, 30)),
    ],
)
def test_a_limit_that_is_given_is_the_only_one(
    words: list[str], limits: tuple[float, float], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def fuzz_once(first: int, seconds: float, calls: float, fronts: object) -> object:
        asked.append((seconds, calls))
        return Counter(), {}

    monkeypatch.setattr(fuzz, "fuzz", fuzz_once)
    assert fuzz.main(words) == 0
    assert asked == [limits]
