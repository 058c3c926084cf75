"""A table on disk."""

from pathlib import Path

import numpy as np
import pytest


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(0)
    rows = rng.normal(size=(80, 4)) @ rng.normal(size=(4, 12)) + 2 * rng.normal(size=(80, 12))
    np.save(tmp_path / "data.npy", rows)
    header = ",".join(f"gene{i}" for i in range(12))
    np.savetxt(tmp_path / "data.csv", rows, delimiter=",", header=header, comments="")
    return tmp_path
