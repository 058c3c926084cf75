"""Real data as rows, and the files a user brings."""

import numpy as np
import pytest

import ridgeless as rl
from simulations.populations import datasets
from tests.simulations.populations.loading import loaded


@pytest.mark.parametrize(
    ("loader", "rows"),
    [
        (datasets.digits, 1797),
        (datasets.mnist, 5000),
        (datasets.pbmc, 700),
        (datasets.sp500, 8312),
    ],
)
def test_data_sets(loader, rows):
    data = loaded(loader)
    assert data.rows.shape[0] == rows
    np.testing.assert_allclose(data.rows.std(axis=0), 1)
    assert loader is not datasets.pbmc or data.spectrum.zero_mass > 0 or data.rows.shape[1] < 700
    assert len(data.spectrum) == data.rows.shape[1]


def test_a_table_of_words(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,x\n")
    with pytest.raises(rl.DomainError, match="'x' is not a number"):
        datasets.table(str(tmp_path / "t.csv"))
