"""The result: how it prints, and as a table."""

import numpy as np

import ridgeless as rl


def test_risk_prints_its_parts_and_becomes_a_table() -> None:
    single = rl.risk([1.0], 0.5, aspect_ratio=0.5, target=rl.LinearTarget())
    assert repr(single).startswith("Risk(total=3, bias=0,")
    surface = rl.risk([1.0, 2.0], [0.1, 0.5], aspect_ratio=[[0.5], [2.0]])
    assert repr(surface).startswith("Risk(shape=(2, 2), total from")
    table = surface.to_frame()
    assert len(table) == 4
    assert {"mask_ratio", "aspect_ratio", "total", "bias", "noise"} <= set(table.columns)
    np.testing.assert_array_equal(table["total"], surface.total.ravel())
    law = rl.risk([1.0], rl.UniformRatio(0.2, 0.4)).to_frame()
    assert law["mask_ratio"][0] == "UniformRatio(low=0.2, high=0.4)"
    assert rl.risk([1.0], []).total.shape == (0,)
    assert rl.risk([1.0], [0.5]).total.shape == (1,)


def test_results_are_compared_by_identity() -> None:
    first, again = (rl.risk([1.0, 2.0], [0.1, 0.5]) for _ in range(2))
    assert first == first
    assert first != again
    assert {first: "first", again: "again"}[first] == "first"
