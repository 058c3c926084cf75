"""The study of the recommendation, small."""

import numpy as np
import pytest
import recommend

from tests.studies.pages import page_of


@pytest.mark.slow
def test_the_recommendation_is_measured_small(docs, monkeypatch):
    monkeypatch.setattr(recommend, "HARD", {"copies": recommend.HARD["a column twice, 100 x 61"]})
    recommend.main(["--quick", "--docs", str(docs)])
    text, rows = page_of(docs, "recommend")
    assert "| diabetes | 10 | 400 |" in text
    assert "2 of 2 are said to have nothing to learn, and 0 raise an alarm" in text
    assert "| rows left out |" in text
    assert len(rows) == 2 * 2 * 2


def test_one_inverse_gives_the_regressions_of_all_features():
    """Beside every feature's own ridge regression on the others."""
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(60, 9)) @ rng.normal(size=(9, 9))
    split = recommend.Split(rows[:40], rows[40:])
    second = split.train.T @ split.train / 40
    p, errors = 0.3, []
    for j in range(9):
        others = np.arange(9) != j
        matrix = (1 - p) * second + p * np.eye(9)
        b = np.linalg.solve(matrix[np.ix_(others, others)], second[others, j])
        missed = split.held[:, j] - split.held[:, others] @ b
        errors.append(np.mean(missed**2))
    found, mean = split.every_mask(np.array([p, 1.0]))
    assert found == pytest.approx(np.mean(errors) / np.mean(split.held**2), rel=1e-6)
    assert mean == 1


def test_regret_is_above_the_best_of_all(docs):
    rows = np.random.default_rng(1).normal(size=(200, 6)) + np.random.default_rng(2).normal(
        size=(200, 1)
    )
    one = recommend.split_of("toy", rows, 60, np.random.default_rng(3))
    assert one.regrets["rows left out"] >= -1e-12
    assert one.ratios["1/d"] == pytest.approx(1 / 6)
    assert one.regrets["0.75"] > one.regrets["0.15"]
    assert recommend.ratio([one]) == one.predicted / one.held_out
