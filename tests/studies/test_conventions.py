"""The study of conventions, small."""

import conventions
import pytest

from tests.studies.pages import page_of


def test_conventions_are_studied_small(docs):
    conventions.main(["--quick", "--docs", str(docs)])
    text, rows = page_of(docs, "conventions")
    assert "| rescale, K = inf |" in text
    assert "K = 4, U(.1, .9), gamma 1.6" in text
    assert {row["fill"] for row in rows} == {"zero", "rescale"}
    # Rescaled and with infinitely many masks the best ratio of a linear task is known.
    for row in rows:
        if (row["task"], row["masks"], row["fill"]) == ("linear task", "inf", "rescale"):
            gamma = float(row["aspect_ratio"])
            assert float(row["mask_ratio"]) == pytest.approx(gamma / (gamma + 4), abs=1e-4)
