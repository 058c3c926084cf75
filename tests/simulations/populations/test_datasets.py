"""Real data as rows, and the files a user brings."""

import os

import numpy as np
import pytest

import ridgeless as rl
from simulations import Problem, simulate_risk
from simulations.populations import catalogue, datasets, sources

IN_CI = os.environ.get("CI", "").lower() == "true"


def loaded(loader):
    """Skip with the sentence a user would read, except under CI=true."""
    try:
        return loader()
    except (rl.DomainError, ModuleNotFoundError) as error:
        if IN_CI:
            raise
        pytest.skip(str(error))


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


@pytest.mark.parametrize(
    ("source", "shape", "kinds"),
    [
        (sources.digits, (1797, 8, 8), 10),
        (sources.mnist, (5000, 28, 28), 10),
        (sources.pbmc, (700, 765), 10),
    ],
)
def test_sources_have_a_label_per_sample(source, shape, kinds):
    values, labels = loaded(source)
    assert values.shape == shape
    assert labels.shape == shape[:1]
    assert np.unique(labels).size == kinds


def test_missing_data_say_what_to_install():
    with pytest.raises(rl.DomainError, match="requirements-data"):
        sources.package_file("numpy", "no/such/file.csv")
    with pytest.raises(rl.DomainError, match="requirements-data"):
        sources.package_file("no_such_package", "file.csv")


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


def test_a_table_of_words(tmp_path):
    (tmp_path / "t.csv").write_text("a,b\n1,x\n")
    with pytest.raises(rl.DomainError, match="'x' is not a number"):
        datasets.table(str(tmp_path / "t.csv"))


def test_patches_of_pixels():
    digits = datasets.digits()
    groups = digits.patches(2, digits.rows.shape[1])
    assert len(set(groups)) == 16
    problem = Problem(
        digits.spectrum, 0.5, dimension=len(groups), design=digits, patch=2, ratio_batch=4
    )
    # Neighbouring pixels hide together: harder than the theory of single pixels says.
    estimate = simulate_risk(problem, trials=8, rng=0)
    assert estimate.mean > problem.theory().total
