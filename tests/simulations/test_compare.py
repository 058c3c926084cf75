"""Verdicts, slopes and the study of universality."""

from dataclasses import replace

import numpy as np
import pytest

import ridgeless as rl
from simulations import Problem, RiskEstimate
from simulations.compare import compare, fit_slope
from simulations.settings import Cell
from simulations.studies import universality
from simulations.table import Row
from tests.tolerances import MONTE_CARLO_Z, ROUNDING

SIZES = (100, 200, 400, 800)


def row(dimension, gap, error=0.002):
    problem = Problem([1.0], 0.5, dimension=dimension)
    theory = problem.theory()
    mean, spread = theory.total * (1 + gap), theory.total * error
    estimate = RiskEstimate(mean, spread, 16, mean, 0.0, (spread, 0.0))
    return Row.of(Cell("isotropic", "0.5", 2.0, problem), theory, estimate)


def verdicts(gap):
    return [c.verdict for c in compare([row(d, gap(d)) for d in SIZES])]


def test_verdicts():
    assert verdicts(lambda d: 0.001) == ["agrees"] * 4
    assert verdicts(lambda d: 5 / d) == ["finite-size"] * 4
    assert verdicts(lambda d: 0.3) == ["disagrees"] * 4
    assert verdicts(lambda d: 0.1 + 5 / d) == ["disagrees"] * 4
    # With one dimension only the size of the gap can tell.
    assert compare([row(100, 0.1)])[0].verdict == "finite-size"
    assert compare([row(100, 0.3)])[0].verdict == "disagrees"
    assert compare([row(100, 0.3)])[0].slope is None
    # Cells that differ in more than the dimension are not fitted together.
    assert compare([row(100, 0.1), replace(row(200, 0.1), ridge=1.0)])[0].slope is None


def test_the_interval_covers_the_slope():
    rng = np.random.default_rng(0)
    errors = np.full(len(SIZES), 0.003)
    covered, runs = 0, 400
    for _ in range(runs):
        gaps = 0.02 + 4 / np.array(SIZES) + errors * rng.standard_normal(len(SIZES))
        low, high = fit_slope(SIZES, gaps, errors).interval
        covered += low <= 4 <= high
    # Errors may only widen, so that coverage is at least 95 %.
    assert covered / runs >= 0.95 - MONTE_CARLO_Z * np.sqrt(0.95 * 0.05 / runs)
    exact = fit_slope([100, 200], [0.05, 0.03], [0.01, 0.01])
    assert exact.slope == pytest.approx(4.0, rel=ROUNDING)
    assert exact.limit == pytest.approx(0.01, rel=ROUNDING)


@pytest.mark.nojit_slow
def test_the_study_runs_small(tmp_path, monkeypatch):
    monkeypatch.setattr(universality, "TRIALS", {20: 8, 40: 8})
    monkeypatch.setattr(universality, "REAL_TRIALS", 2)
    (tmp_path / "figures").mkdir()
    (tmp_path / "studies").mkdir()
    page = tmp_path / "studies" / "universality.md"
    page.write_text(f"before\n{universality.BEGIN}\nold\n{universality.END}\nafter\n")
    universality.main(["--datasets", "digits", "--jobs", "1", "--docs", str(tmp_path)])
    text = page.read_text()
    assert text.startswith("before\n")
    assert text.endswith("\nafter\n")
    assert "old" not in text
    assert "| student:3 | 0.25 |" in text
    assert "| digits | 48 | feature | 0.1 |" in text
    assert (tmp_path / "figures/universality.png").stat().st_size > 20_000


def test_the_page_holds_its_markers():
    page = (universality.DOCS / "studies" / "universality.md").read_text(encoding="utf-8")
    assert page.count(universality.BEGIN) == page.count(universality.END) == 1


def test_wrong_theory_disagrees():
    problem = Problem([1.0], 0.5, target=rl.LinearTarget(snr=4.0), dimension=100)
    wrong = rl.risk([1.0], 0.5, aspect_ratio=0.25, target=rl.LinearTarget(snr=4.0))
    right = problem.theory().total
    estimate = RiskEstimate(right, 0.01 * right, 16, right, 0.0, (0.01, 0.0))
    cell = Cell("isotropic", "0.5", 2.0, problem)
    assert compare([Row.of(cell, wrong, estimate)])[0].verdict == "disagrees"
