"""What the answer shows and exports."""

import numpy as np

import ridgeless as rl

X = np.random.default_rng(0).normal(size=(30, 4))


def test_one_cell():
    found = rl.rows_risk(X, rl.UniformRatio(0.1, 0.9), target=0, ridge=0.1, rng=0)
    assert repr(found).startswith("RowsRisk(prediction_error=")
    table = found.to_frame()
    assert len(table) == 1
    assert table["mask_ratio"][0] == "UniformRatio(low=0.1, high=0.9)"
    assert table["prediction_error"][0] == found.prediction_error
    assert isinstance(found.prediction_error, float)
    assert isinstance(found.samples, int)
    assert found.targets == (0,)
    assert found.row_weight.shape == (30,)


def test_a_grid():
    found = rl.rows_risk(X, [0.2, 0.4], target=0, ridge=0.1, rng=0)
    assert repr(found).startswith("RowsRisk(shape=(2,), from ")
    assert len(found.to_frame()) == 2
    assert list(found.to_frame()) == ["mask_ratio", "ridge", "samples", "prediction_error",
                                      "standard_error", "null", "effective_ridge"]  # fmt: skip
