"""The study of random mask ratios: its searches, its tables, and the whole of it, small."""

import csv

import pytest
import r2mae

from simulations.running.pages import markers
from tests.studies.reports import ERRORS, report


@pytest.mark.slow
@pytest.mark.nojit_slow
def test_the_study_small(tmp_path):
    for name in ("figures", "results", "studies"):
        (tmp_path / name).mkdir()
    blocks = "\n".join("{}\nold\n{}".format(*markers(part)) for part in r2mae.PARTS)
    page = tmp_path / "studies" / "r2mae.md"
    page.write_text(f"before\n{blocks}\nafter\n", encoding="utf-8")
    r2mae.main(["--quick", "--docs", str(tmp_path), "--only", "networks"])
    assert "No report of trained networks" in page.read_text(encoding="utf-8")
    report(tmp_path / "results" / "validation", ERRORS)
    r2mae.main(["--quick", "--docs", str(tmp_path)])
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before")
    assert text.endswith("after\n")
    assert "old" not in text.replace("threshold", "")
    assert "| one task | i^-1, feature | 0.25 | masked |" in text
    assert "| down, 100 sweeps |" in text
    assert "| toy | mlp |" in text
    for name in ("r2mae", "r2mae_trained"):
        assert (tmp_path / "figures" / f"{name}.png").stat().st_size > 20_000
    with (tmp_path / "results" / "r2mae.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # The search found that a single ratio is best.
    assert float(rows[0]["law_value"]) == pytest.approx(float(rows[0]["value"]), rel=1e-9)
    assert float(rows[0]["r2mae_value"]) > 2 * float(rows[0]["value"])


def test_the_page_has_its_markers():
    text = (r2mae.DOCS / "studies" / "r2mae.md").read_text(encoding="utf-8")
    for part in r2mae.PARTS:
        assert all(text.count(marker) == 1 for marker in markers(part))
