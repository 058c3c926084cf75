"""Cells of runs: which ratios, which seeds, which risks."""

import numpy as np

from tests.validation.runs import LAWS, RATIOS, TESTS, VALLEY, row, rows, valley
from validation.report.comparison import AVERAGE, cells_of, middle_cell


def test_a_cell_sorts_its_ratios_into_kinds():
    (cell,) = cells_of(rows(valley))
    assert cell.fixed == list(RATIOS)
    assert cell.random == [LAWS[0]]
    assert cell.schedules == [LAWS[1]]
    assert cell.tests == list(TESTS)
    assert cell.seeds == [0, 1, 2, 3, 4]


def test_seeds_that_lack_a_ratio_do_not_count():
    runs = [r for r in rows(valley, seeds=3) if (r["seed"], r["ratio"]) != (1, "0.5")]
    (cell,) = cells_of(runs)
    assert cell.seeds == [0, 2]
    assert cell.risks("0", ["0.1", "0.5"]).shape == (2, 2)


def test_rows_of_a_ratio_are_those_of_all_seeds():
    runs = [r for r in rows(valley, seeds=3) if (r["seed"], r["ratio"]) != (1, "0.5")]
    (cell,) = cells_of(runs)
    found = [(r["seed"], r["ratio"], r["test_ratio"]) for r in cell.rows("0.5", "0.5")]
    assert found == [(0, "0.5", "0.5"), (2, "0.5", "0.5")]
    assert cell.rows("0.5", "0.6") == []
    assert cell.fixed_tests == ["0", "0.5"]


def test_risks_are_those_of_the_runs():
    def risk(width, n, ratio, seed):
        return VALLEY[ratio] + seed

    (cell,) = cells_of(rows(risk, seeds=2, easy=lambda width, n, ratio, seed: 7.0))
    np.testing.assert_array_equal(cell.risks("0", ["0.1", "0.5"]), [[0.8, 0.5], [1.8, 1.5]])
    np.testing.assert_array_equal(cell.risks("0", ["0.1"], target="easy"), [[7.0], [7.0]])
    np.testing.assert_array_equal(cell.risks("0", ["0.1"], seeds=[1]), [[1.8]])
    assert cell.risks("0", ["0.1"], seeds=[]).shape == (0, 1)


def test_the_average_leaves_out_ranges():
    runs = [row(1.0, test="0"), row(3.0, test="0.5"), row(100.0, test="0.3-0.7")]
    (cell,) = cells_of(runs)
    np.testing.assert_array_equal(cell.risks(AVERAGE, ["0.5"]), [[2.0]])


def test_cells_are_apart_by_size_and_by_what_is_equal():
    runs = rows(valley, [(8, 100), (16, 100), (32, 100), (8, 25)])
    runs += [r | {"equal": "compute"} for r in rows(valley, [(64, 100)])]
    cells = cells_of(runs)
    assert [(c.width, c.n) for c in cells] == [(8, 100), (16, 100), (32, 100), (8, 25)]
    assert [c.width for c in cells_of(runs, "compute")] == [64]
    assert (middle_cell(cells).width, middle_cell(cells).n) == (16, 100)
