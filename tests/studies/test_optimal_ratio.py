"""The studies of the optimal ratio and of the recommendation, small."""

import csv

import numpy as np
import optimal_ratio
import pytest
import recommend

from simulations.running.pages import markers


@pytest.fixture
def docs(tmp_path):
    for name in ("figures", "results", "studies"):
        (tmp_path / name).mkdir()
    for name in ("optimal_ratio", "recommend"):
        page = "before\n{}\nold\n{}\nafter\n".format(*markers())
        (tmp_path / "studies" / f"{name}.md").write_text(page)
    return tmp_path


def page_of(docs, name):
    text = (docs / "studies" / f"{name}.md").read_text(encoding="utf-8")
    assert text.startswith("before")
    assert text.endswith("after\n")
    assert "old" not in text
    assert (docs / "figures" / f"{name}.png").stat().st_size > 20_000
    with (docs / "results" / f"{name}.csv").open(encoding="utf-8") as file:
        return text, list(csv.DictReader(file))


def test_the_optimal_ratio_is_studied_small(docs):
    optimal_ratio.main(["--quick", "--docs", str(docs)])
    text, rows = page_of(docs, "optimal_ratio")
    assert "| epochs 1 → inf | masked feature |" in text
    assert {row["axis"] for row in rows} == set(optimal_ratio.AXES)
    # The peak of a masked feature lies among the ratios when d/(nK) does.
    point = optimal_ratio.point("features", "masked feature", 4.0, 1000)
    assert np.isinf(point.sensitivity)
    assert point.mask_ratio < 0.5 < point.worst


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0.3, 0.2, 0.2], "falls"), ([0.2, 0.201], "stays"), ([0.1, 0.104, 0.108], "rises")],
)
def test_directions(values, expected):
    assert optimal_ratio.direction(values) == expected


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
    assert split.endless(np.array([p]))[0] == pytest.approx(np.mean(errors), rel=1e-6)
    assert split.endless(np.array([1.0]))[0] == pytest.approx(
        np.mean(split.held**2 @ split.unit) / 9
    )
