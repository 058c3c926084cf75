"""The studies of the optimal ratio and of the recommendation, small."""

import numpy as np
import optimal_ratio
import pytest

from tests.studies.pages import page_of


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
