"""All rows and targets at once, against fits that never saw the row."""

import numpy as np
import pytest

from ridgeless.recommend import leave_one_out
from ridgeless.recommend.leave_one_out import by_columns, by_rows
from tests.ridgeless.recommend.brute import at, gap, left_out, table, unit
from tests.tolerances import FIRST_ORDER, FIRST_ORDER_MASKED


@pytest.mark.parametrize("test", [0.0, 0.3])
@pytest.mark.parametrize("fill", ["zero", "rescale"])
@pytest.mark.parametrize(("samples", "features"), [(40, 6), (60, 20), (30, 40)])
def test_rows_left_out_one_by_one(samples: int, features: int, fill: str, test: float) -> None:
    Z, every = table(samples, features), np.arange(features)
    by = by_rows if features <= samples else by_columns
    tolerance = FIRST_ORDER_MASKED if test else FIRST_ORDER
    for ratio in (1 / features, 0.3, 0.8):
        one = at(ratio, fill, ridge=0.2, test=test)
        ((place, found),) = by(Z, [one], every, 1)
        exact = left_out(Z, one)
        assert place == 0
        assert gap(found, exact) < tolerance
        np.testing.assert_allclose(found.targets[0].mean(), found.rows[0].mean())


def test_without_the_correction_it_would_be_worse() -> None:
    """Negative control: the part of rank one alone."""
    Z, every = table(40, 20), np.arange(20)
    one = at(0.8)
    exact = left_out(Z, one).mean()
    ((_, found),) = by_rows(Z, [one], every, 1)
    n, a = 40, 40 / 39
    G = np.linalg.inv(Z.T @ Z / n + one.penalty * (n - a) / n * np.eye(20))
    u = Z @ G
    R = u / G.diagonal()
    e = R / (1 - a / n * (np.sum(Z * u, axis=1)[:, None] - u * R))
    plain = np.mean((a * Z - one.factor * a * (Z - e)) ** 2)
    assert abs(plain / exact - 1) > 3 * abs(found.rows.mean() / exact - 1)


def test_a_single_target_is_a_column_of_all() -> None:
    for samples, features in ((50, 8), (30, 50)):
        Z = table(samples, features)
        by = by_rows if features <= samples else by_columns
        ones = [at(0.3, test=0.2), at(0.6)]
        whole = dict(by(Z, ones, np.arange(features), 1))
        named = dict(by(Z, ones, np.array([3]), 1))
        for place in (0, 1):
            np.testing.assert_allclose(named[place].targets[0], whole[place].targets[0, [3]])


def test_both_fills_share_one_penalty() -> None:
    Z, every = table(50, 8), np.arange(8)
    lots = [at(p, fill) for p in (0.2, 0.5) for fill in ("zero", "rescale")]
    together = dict(by_rows(Z, lots, every, 2))
    for place, one in enumerate(lots):
        alone = dict(by_rows(Z, [one], every, 1))[0]
        np.testing.assert_allclose(together[place].rows, alone.rows)


def test_more_columns_than_rows_is_the_same_thing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where both ways apply; and with columns above the limit only a part is left out."""
    Z = table(60, 40)
    every, one = np.arange(40), at(0.4, test=0.2)
    rows, columns = (dict(by(Z, [one], every, 1))[0] for by in (by_rows, by_columns))
    np.testing.assert_allclose(columns.rows, rows.rows, rtol=1e-9)
    monkeypatch.setattr(leave_one_out, "MOST_COLUMNS", 39)
    monkeypatch.setattr(leave_one_out, "CHUNK", 7)
    plain = at(0.4)
    exact = left_out(Z, plain)
    ((_, rough),) = by_columns(Z, [plain], every, 1)
    assert gap(rough, exact) < 2 * FIRST_ORDER
    ((_, named),) = by_columns(Z, [one], every[:3], 1)  # few targets have all parts
    np.testing.assert_allclose(named.targets[0], rows.targets[0, :3], rtol=1e-9)
    with pytest.raises(NotImplementedError, match="test_mask_ratio above 0 is for at most 39"):
        next(iter(by_columns(Z, [one], every, 1)))


def test_copies_of_columns_change_nothing_else() -> None:
    Z = table(60, 10)
    doubled = unit(np.c_[Z, Z[:, 0], Z[:, 1] + Z[:, 2]])
    one = at(0.05)
    exact = left_out(doubled, one)
    ((_, found),) = by_rows(doubled, [one], np.arange(12), 1)
    assert gap(found, exact) < FIRST_ORDER
