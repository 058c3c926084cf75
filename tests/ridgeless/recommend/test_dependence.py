"""Rows that are not independent: found, and what is then said is what fresh rows show."""

import numpy as np
import pytest

import ridgeless as rl
from ridgeless.recommend.dependence import copies, order
from tests.ridgeless.recommend.brute import unit
from tests.ridgeless.recommend.rows import (
    Draw,
    copied,
    copied_noise,
    factors_in_series,
    shown,
    slow,
)
from tests.tolerances import DEPENDENT


@pytest.mark.slow
@pytest.mark.nojit_slow
@pytest.mark.parametrize("draw", [slow, factors_in_series, copied, copied_noise])
def test_what_is_said_is_what_fresh_rows_show(draw: Draw) -> None:
    """Left out one by one they would say a third of it, or less."""
    regret, predicted, naive = [], [], []
    for seed in range(6):
        table, fresh = draw(np.random.default_rng(seed))
        advice = rl.recommend(table, rng=0)
        found, best = shown(advice, table, fresh)
        regret.append(found / best - 1)
        predicted.append(advice.error / found)
        if seed == 0:
            assert any("left out" in sentence for sentence in advice.diagnostics)
            alone = rl.recommend(table, rng=0, dependence=False)
            naive.append(alone.error / shown(alone, table, fresh)[0])
    assert np.mean(regret) < DEPENDENT
    assert np.mean(predicted) == pytest.approx(1, abs=DEPENDENT)
    assert np.mean(naive) < 0.9


def test_copies_are_found_exact_or_nearly() -> None:
    rng = np.random.default_rng(0)
    rows = unit(rng.normal(size=(100, 20)))
    for noise in (0.0, 0.02):
        twice = unit(np.repeat(rows, 3, axis=0) + noise * rng.normal(size=(300, 20)))
        hint = copies(twice[rng.permutation(300)], rng)
        assert hint is not None
        assert hint.pieces == 100
        for train, test in hint.parts:
            gaps = np.abs(twice[train][:, None] - twice[test][None]).max(axis=2)
            assert len(train) + len(test) == 300
            assert gaps.shape == (len(train), len(test))


@pytest.mark.parametrize(
    "rows",
    [
        np.random.default_rng(0).normal(size=(300, 6)),
        np.random.default_rng(0).normal(size=(400, 2)),  # close by chance: a plane is full
        np.random.default_rng(0).standard_t(3, (200, 10)),
        np.random.default_rng(0).integers(0, 2, (200, 5)).astype(float),  # few values
        np.random.default_rng(0).lognormal(size=(300, 8)),
    ],
)
def test_independent_rows_raise_no_alarm(rows: np.ndarray) -> None:
    assert copies(unit(rows), np.random.default_rng(1)) is None
    assert order(unit(rows), np.random.default_rng(1)) is None


def test_an_order_is_found_and_a_shuffled_one_is_none() -> None:
    from tests.ridgeless.recommend.rows import series

    rows = unit(series(np.random.default_rng(0), 0.9, 300, 10))
    hint = order(rows, np.random.default_rng(1))
    assert hint is not None
    assert hint.variance > 1
    for train, test in hint.parts:
        assert np.abs(train[:, None] - test[None]).min() >= 5  # 0.9^5 is .6
    shuffled = np.random.default_rng(2).permutation(rows)
    assert order(shuffled, np.random.default_rng(1)) is None


def test_more_columns_than_rows() -> None:
    from tests.ridgeless.recommend.rows import series

    rows = unit(series(np.random.default_rng(0), 0.9, 60, 200))
    assert order(rows, np.random.default_rng(1)) is not None
    assert order(np.random.default_rng(2).permutation(rows), np.random.default_rng(1)) is None
