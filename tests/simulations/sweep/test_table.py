"""Tables show what tells cells apart."""

import numpy as np
import pytest

import ridgeless as rl
from simulations import RealRows, RiskEstimate
from simulations.__main__ import main
from simulations.sweep.settings import Cell
from simulations.sweep.table import Row, render, summarize, write_csv
from simulations.trials.problem import Problem


@pytest.mark.nojit_slow
def test_tables_show_what_tells_cells_apart(run, tmp_path, capsys):
    arguments = ["isotropic", "--mask-ratios", "0.5", "--aspect-ratios", "2", "--target", "linear"]
    varied = ["--snr", "1", "4", "--ridge", "0", "0.5", "--test-mask-ratio", "0", "0.3"]
    rows = ["--design", "gaussian", "rademacher", "--patch", "2"]
    code, out, _ = run(*arguments, *varied, *rows)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].split()[3:8] == ["d/n", "rows", "snr", "ridge", "test"]
    told = [tuple(line.split()[:7]) for line in lines[2:18]]
    assert len(set(told)) == 16
    assert "masked one by one" in out
    assert main(["compare", "--output", str(tmp_path / "out")]) == 0
    assert len({tuple(x.split()[:7]) for x in capsys.readouterr().out.splitlines()[2:18]}) == 16


def test_real_rows_have_a_theory_of_their_own(tmp_path):
    rows = RealRows(np.random.default_rng(0).random((30, 4)), name="few").distinct()
    problem = Problem(rows.spectrum, 0.5, design=rows, target=rl.LinearTarget())
    estimate = RiskEstimate(2.0, 0.1, 4, 2.0, 0.0, (0.1, 0.0))
    cell = Cell("few", "0.5", 2.0, problem)
    known = Row.of(cell, problem.theory(), estimate, 1.6)
    plain = Row.of(cell, problem.theory(), estimate)
    assert "of rows" in render([known, plain])
    assert "of rows" not in render([plain])
    said = "Theory of the rows themselves (ridgeless.rows_risk): median difference 25.0%"
    assert said in summarize([known])
    assert "rows_risk" not in summarize([plain])
    write_csv(Row, [known, plain], tmp_path / "summary.csv")
    lines = (tmp_path / "summary.csv").read_text().splitlines()
    assert [line.split(",")[-1] for line in lines] == ["theory_rows", "1.6", ""]
