"""Which way errors are measured, and what is said of it."""

import numpy as np
import pytest

from ridgeless.recommend import measured
from ridgeless.recommend.columns import of_table
from ridgeless.recommend.measured import Task, every_mask, few_masks
from tests.ridgeless.recommend.brute import table

RATIOS = np.array([0.1, 0.3, 0.6])
TASK = Task("zero", "zero", 0.0, 0.0, "masked")


def test_rescaled_masks_come_for_nothing_where_they_have_one_penalty() -> None:
    columns, rng = of_table(table(80, 10), (), None, None), np.random.default_rng(0)
    zero = every_mask(columns, TASK, RATIOS, 80, True, rng, None)
    scaled = Task("rescale", "rescale", 0.0, 0.0, "masked")
    own = every_mask(columns, scaled, RATIOS, 80, True, rng, None)
    assert zero.other is not None
    np.testing.assert_allclose(zero.other, own.errors)
    assert own.other is None
    ridge = Task("zero", "zero", 0.1, 0.0, "masked")
    assert every_mask(columns, ridge, RATIOS, 80, True, rng, None).other is None


def test_copies_keep_the_larger_error_and_their_clusters() -> None:
    columns = of_table(np.repeat(table(40, 10), 3, axis=0), (), None, None)
    rng = np.random.default_rng(0)
    looked = every_mask(columns, TASK, RATIOS, 120, True, rng, None)
    blind = every_mask(columns, TASK, RATIOS, 120, False, rng, None)
    assert looked.errors.mean() > 1.2 * blind.errors.mean()
    assert np.unique(looked.clusters).size < 120 == np.unique(blind.clusters).size
    assert any("are copies" in sentence for sentence in looked.said)
    assert blind.said == []


def test_few_masks_are_measured_on_some_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measured, "MOST_TARGETS", 4)
    columns = of_table(table(30, 10), (), None, None)
    told: list[float] = []
    found = few_masks(columns, TASK, RATIOS, 2, 3, np.random.default_rng(0),
                      lambda share, _: told.append(share))  # fmt: skip
    assert found.which.size == 4
    assert found.targets.shape == (3, 4)
    assert told[-1] == 1
    assert "over 3 draws" in found.said[0]
    assert "4 columns, drawn at random" in found.said[1]
