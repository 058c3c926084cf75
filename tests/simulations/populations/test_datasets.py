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
    with pytest.raises(rl.DomainError, match="'x' is not a number: :text-columns=drop behind"):
        datasets.table(str(tmp_path / "t.csv"))


def test_options_stand_behind_the_path(tmp_path, capsys):
    (tmp_path / "t.csv").write_text("a,b,c\n1.5,x,3\n2.5,y,\n3.5,z,7\n")
    data = datasets.table(f"{tmp_path / 't.csv'}:missing=mean:text-columns=drop")
    assert data.rows.shape == (3, 2)
    assert "t.csv: 3 rows x 2 columns (names from line 1, commas)" in capsys.readouterr().err
