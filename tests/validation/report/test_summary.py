"""The words of a report are those of its numbers."""

import pytest

from tests.validation.runs import RATIOS, VALLEY, results
from validation.report import document
from validation.report.summary import summary


@pytest.fixture(scope="module")
def report():
    return document.build(results(seeds=3), [], {}, {"command": "c", "commit": "abc"})


def test_risks_stand_under_the_ratio_of_their_runs(report):
    text = summary(report, {})
    table = text[text.index("## Risk by mask ratio") :].split("###")[0]
    for ratio in RATIOS:
        assert f"| {ratio} | {VALLEY[ratio] * 1.001:.4f} ± " in table


def test_figures_are_shown_with_their_captions(report):
    text = summary(report, {"risk-digits.png": "digits: risk", "bridge.png": "a bridge"})
    assert "![digits: risk](risk-digits.png)\n\n*Digits: risk*" in text
    assert text.index("risk-digits.png") < text.index("## Risk by mask ratio")
    assert text.index("## Cost and probe") < text.index("bridge.png")


def test_what_lacks_runs_says_so(report):
    assert "not finished" not in summary(report, {})
    part = document.build(results(seeds=3)[:-1], [], {}, {"command": "c", "commit": "abc"})
    assert "**The experiment is not finished**" in summary(part, {})
    assert "Seeds with all ratios, by size: 2." in summary(part, {})


def test_a_changed_run_changes_the_words(report):
    lines = results(seeds=3)
    for line in lines:
        if line["ratio"] == "0.5":
            line["risks"] = dict.fromkeys(line["risks"], 5.0)
    other = document.build(lines, [], {}, {"command": "c", "commit": "abc"})
    assert summary(other, {}) != summary(report, {})
