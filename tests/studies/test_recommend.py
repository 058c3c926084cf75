"""The study of the recommendation, small."""

import numpy as np
import pytest
import recommend

from tests.studies.pages import page_of


def test_the_recommendation_is_measured_small(docs):
    recommend.main(["--quick", "--docs", str(docs)])
    text, rows = page_of(docs, "recommend")
    assert "| digits | 48 | 5.0 |" in text
    assert "48 features are few" in text
    assert len(rows) == 2 * recommend.GRID.size


@pytest.mark.parametrize("width", [1, 3])
def test_one_inverse_gives_the_regressions_of_all_features(width):
    """Beside every feature's own ridge regression on the other groups."""
    rows = np.random.default_rng(0).normal(size=(60, 9)) @ np.random.default_rng(1).normal(
        size=(9, 9)
    )
    case = recommend.Case(
        "toy", (rows - rows.mean(axis=0)) / rows.std(axis=0), np.arange(9) // width
    )
    split = recommend.Split(case, 40, np.random.default_rng(2))
    p, errors = 0.3, []
    same = split.labels[:, None] == split.labels
    second = split.train.T @ split.train / 40
    for j in range(9):
        others = ~same[j]
        matrix = (1 - p) * second + p * np.where(same, second, 0.0)
        b = np.linalg.solve(matrix[np.ix_(others, others)], second[others, j])
        missed = split.held[:, j] - split.held[:, others] @ b
        errors.append(np.mean(missed**2) * split.unit[j])
    assert split.every_mask(np.array([p]))[0] == pytest.approx(np.mean(errors), rel=1e-6)
    assert split.every_mask(np.array([1.0]))[0] == pytest.approx(
        np.mean(split.held**2 @ split.unit) / 9
    )
