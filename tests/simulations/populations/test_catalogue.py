"""Spectra and designs by name, or from a file."""

import numpy as np
import pytest

from simulations import Problem, simulate_risk
from simulations.populations import catalogue


@pytest.mark.parametrize("header", ["", "a,b,c,d\n"])
def test_a_table_of_ones_own(tmp_path, header):
    numbers = np.random.default_rng(0).random((20, 4))
    numbers[:, 2] = 7.0  # never varies
    text = "\n".join(",".join(map(str, row)) for row in numbers)
    (tmp_path / "t.csv").write_text(header + text + "\n")
    np.save(tmp_path / "t.npy", numbers)
    spectrum, dimension, rows = catalogue.spectrum(str(tmp_path / "t.csv"), 600, "gaussian")
    assert dimension == 3
    same = catalogue.spectrum(str(tmp_path / "t.npy"), 600, "gaussian")[2]
    assert rows == same
    problem = Problem(spectrum, 0.3, dimension=dimension, design=rows)
    assert simulate_risk(problem, trials=2, rng=0).trials == 2
