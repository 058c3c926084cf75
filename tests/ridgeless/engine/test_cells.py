"""Many cells in one call are the cells one by one, whatever their starts."""

import numpy as np
import pytest

import ridgeless as rl


@pytest.mark.parametrize("values", [[1.0], [0.0, 1.0, 4.0]])
def test_a_grid_is_its_cells(values: list[float]) -> None:
    ratios, gammas, ridges = [0.0, 0.3, 0.9], [0.5, 1.0, 3.0], [0.0, 0.1]
    grid = rl.risk(
        values, np.array(ratios)[:, None, None], aspect_ratio=np.array(gammas)[:, None],
        ridge=ridges, target=rl.LinearTarget(),
    )  # fmt: skip
    for i, p in enumerate(ratios):
        for j, gamma in enumerate(gammas):
            for k, ridge in enumerate(ridges):
                one = rl.risk(values, p, aspect_ratio=gamma, ridge=ridge, target=rl.LinearTarget())
                assert grid.total[i, j, k] == one.total
