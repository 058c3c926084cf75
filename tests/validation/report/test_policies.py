"""Regrets of rules, from runs that are known."""

import pytest

from tests.validation.runs import RATIOS, TESTS, VALLEY, rows
from validation.report.comparison import AVERAGE
from validation.report.policies import regrets, told


def risk(width, n, ratio, seed):
    return VALLEY[ratio]


def theory(best):
    """Linear theory whose lowest risk is at one ratio, for all test ratios."""
    return [
        {"source": "linear", "dataset": "digits", "n": 100, "ratio": ratio, "test_ratio": test}
        | {"risk": abs(float(ratio) - best)}
        for ratio in RATIOS
        for test in TESTS
    ]


def found(best=0.5):
    return {(row["test_ratio"], row["rule"]): row for row in regrets(rows(risk), theory(best))}


def test_rules_take_their_ratios():
    own = found(0.75)
    assert own["0", "theory's ratio"]["ratio"] == "0.75"
    assert own["0", "the test ratio"]["ratio"] == "0.1"
    assert own["0.5", "the test ratio"]["ratio"] == "0.5"
    assert own["0.5", "R2MAE"]["ratio"] == "uniform:0.1:0.9"
    assert (AVERAGE, "the test ratio") not in own
    assert ("0", "0.3") not in own  # was not trained


def test_regrets_are_over_the_best_fixed_ratio():
    own = found(0.75)
    assert own["0", "theory's ratio"]["regret"] == pytest.approx(0.7 / 0.5 - 1)
    assert own["0", "0.5"]["regret"] == pytest.approx(0)
    assert own["0", "R2MAE"]["regret"] == pytest.approx(0.4 / 0.5 - 1)  # below every fixed one
    assert own[AVERAGE, "R2MAE"]["regret"] == pytest.approx(0.4 / 0.5 - 1)


def test_a_table_of_medians_and_quantiles():
    text = "\n".join(told(regrets(rows(risk), theory(0.75))))
    assert "| theory's ratio | +40.0%, +40.0% |" in text
    assert "| R2MAE | -20.0%, -20.0% |" in text
    assert not list(told([]))


def test_without_theory_there_is_no_rule_of_it():
    assert all(row["rule"] != "theory's ratio" for row in regrets(rows(risk), []))
