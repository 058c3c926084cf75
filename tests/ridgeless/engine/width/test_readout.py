"""The read-out of random features: columns by their names, and parts that are none."""

import numpy as np

import ridgeless as rl
from ridgeless.engine.fronts import problem_of
from ridgeless.engine.grid import solve
from ridgeless.engine.width.family import WIDTH
from ridgeless.engine.width.readout import COLUMNS

FRONT = problem_of(rl.random_features_risk)


def columns(**options) -> dict[str, float]:
    grid, [family] = FRONT([0.5, 2.0], 0.3, width_ratio=2.0, **options)
    return dict(zip(COLUMNS, solve(grid, family).columns[0], strict=True))


def test_columns_have_names() -> None:
    assert len(COLUMNS) == WIDTH
    found = columns(aspect_ratio=0.4, target=rl.LinearTarget())
    assert all(np.isfinite(x) for x in found.values())
    assert min(found["learnt"], found["alpha"], found["shift"]) > 0


def test_of_infinitely_many_rows_only_the_layer_fluctuates() -> None:
    found = columns(aspect_ratio=0.0, target=rl.LinearTarget())
    assert found["design_variance"] == found["noise_variance"] == 0.0
    assert found["width_variance"] > 0.0


def test_without_a_signal_there_is_no_bias() -> None:
    grid, [family] = FRONT([1.0], 0.3, width_ratio=2.0, aspect_ratio=0.5)
    found = dict(zip(COLUMNS, solve(grid, family).columns[0], strict=True))
    assert found["bias"] == found["width_variance"] == found["design_variance"] == 0.0
    assert found["noise_variance"] > 0.0
