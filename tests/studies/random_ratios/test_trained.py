"""Trained networks are compared pair by pair."""

import numpy as np
import pytest
from random_ratios import trained

import ridgeless as rl
from tests.studies.reports import ERRORS, report


def test_trained_networks_are_compared_pair_by_pair(tmp_path):
    report(tmp_path, ERRORS)
    (group,) = trained.groups(trained.read_reports(tmp_path))
    assert group.tests == (0.0, 0.5)  # a range of test ratios is no test ratio
    assert group.best_fixed([0, 1])[1] == ["0.15"] * 3
    assert group.best_fixed([1])[1] == ["0.75"] * 3
    assert group.regret(trained.RANDOM, [0]) == pytest.approx((0.1, 0.0))
    mean, half = group.regret(trained.RANDOM, [0, 1])
    assert mean == pytest.approx(np.mean([2.7 / 3, 2.78 / 3.1, 2.62 / 2.9]) - 1)
    assert 0 < half < -mean
    text = trained.summary([group])
    assert "better in 1, worse in 0 and undecided in 0 of 1 (median -10.0%)" in text
    assert "| toy | mlp | 8 | 100 | 3 | 0.15 | -10.0%" in text
    assert "+100.0% ± 0.0%" in text  # the upward schedule against R2MAE at ratio 0


def test_runs_that_cannot_be_compared_are_left_out(tmp_path):
    assert trained.groups(trained.read_reports(tmp_path)) == []
    report(tmp_path, {name: rows for name, rows in ERRORS.items() if name != trained.RANDOM})
    assert trained.groups(trained.read_reports(tmp_path)) == []
    (tmp_path / "one" / "report.json").write_text("{")
    with pytest.raises(rl.DomainError, match="reports must hold a list of runs"):
        trained.read_reports(tmp_path)
