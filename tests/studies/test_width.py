"""The study of width, small."""

import csv

import numpy as np
import pytest
import width

from simulations.running.pages import markers


def test_width_is_studied_small(tmp_path):
    for name in ("results", "studies"):
        (tmp_path / name).mkdir()
    page = tmp_path / "studies" / "width.md"
    blocks = ["{}\nold\n{}\n".format(*markers(x)) for x in ("trend", "best", "spread", "r2mae")]
    page.write_text("before\n" + "".join(blocks) + "after\n")
    width.main(["--quick", "--docs", str(tmp_path)])
    text = page.read_text(encoding="utf-8")
    assert "old" not in text
    assert "| linear task | 0.3 | 1 | zero | tuned | 0.02 |" in text
    with (tmp_path / "results" / "width.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    linear = [
        float(x["spread"])
        for x in rows
        if (x["task"], x["ridge"], x["masks"]) == ("linear task", "tuned", "1")
    ]
    # With few ridges too, the ratio matters more in the widest model than in the narrowest.
    assert linear[5] > 2 * linear[0]


@pytest.mark.parametrize(
    ("best", "expected"),
    [([0.1, 0.2, 0.3, 0.3, 0.4, 0.5], "rises"), ([0.5] * 6, "stays"), ([0.9] * 5 + [0.1], "falls")],
)
def test_trends(best, expected):
    setting = width.Setting("task", 1.0, 1.0, "zero", True, np.array(best), np.ones(6))
    assert setting.trend == expected
