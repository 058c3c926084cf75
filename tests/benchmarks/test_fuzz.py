"""The questions of the fuzz are counted by front."""

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
