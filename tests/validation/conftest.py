"""A data set of one's own, and training without a pool of workers."""

import numpy as np
import pytest

from tests.validation import tiny


@pytest.fixture
def table(tmp_path) -> str:
    """A file of one's own, which is quick to train on."""
    path = tmp_path / "table.npy"
    np.save(path, tiny.values(200).train.reshape(160, 24))
    return str(path)


@pytest.fixture
def here(monkeypatch):
    """Train in this process: a pool of workers takes seconds to start."""
    import joblib

    class Serial:
        def __init__(self, **_):
            pass

        def __call__(self, tasks):
            return (function(*given, **named) for function, given, named in tasks)

    monkeypatch.setattr(joblib, "Parallel", Serial)
