"""A ratio per batch, small."""

import pytest
from random_ratios import batches

from tests.tolerances import MONTE_CARLO_Z


@pytest.mark.nojit_slow
def test_batches_of_every_size(monkeypatch):
    monkeypatch.setattr(batches, "DRAWS", 20)
    found = batches.batches(40, 8)
    samples = 160
    assert [x.number for x in found] == [160, 20, 4]
    assert [x.size * x.number for x in found] == [samples] * 3
    assert len({x.theory for x in found}) == 1
    # Few ratios make the risk another; as many as samples are the law.
    assert found[0].drawn == found[0].theory
    assert found[2].drawn > found[2].theory
    assert abs(found[0].mean - found[0].theory) < 0.1 * found[0].theory + (
        MONTE_CARLO_Z * found[0].error
    )


def test_the_table_has_a_line_per_size():
    lines = batches.table([batches.Batches(8, 20, 0.5, 0.6, 0.61, 0.02)]).splitlines()
    assert lines[2] == "| 8 | 20 | 0.5000 | 0.6000 | 0.6100 ± 0.0200 |"
