"""The way that suits a table: to the first order, and again for rows that are large."""

import numpy as np
import pytest

from ridgeless.recommend import curve
from ridgeless.recommend.columns import of_table
from ridgeless.recommend.curve import left_out_one_by_one, left_out_together
from tests.ridgeless.recommend.brute import at, left_out
from tests.tolerances import LINEAR_ALGEBRA


def heavy(samples: int, features: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    return rng.standard_t(2.5, (samples, 3)) @ rng.normal(size=(3, features)) + rng.standard_t(
        2.5, (samples, features)
    )


@pytest.mark.parametrize(("features", "width"), [(6, 1), (6, 2), (45, 1)])
def test_few_rows_are_all_fitted_again(features: int, width: int) -> None:
    columns = of_table(heavy(40, features), (), None, width)
    ones = [at(p, fill) for p in (0.05, 0.5) for fill in ("zero", "rescale")]
    found = left_out_one_by_one(columns, ones, 2)
    assert found.refitted == found.large == 40
    for place, one in enumerate(ones):
        exact = left_out(columns.rows, one, columns.labels)
        errors = found.errors
        np.testing.assert_allclose(errors.rows[place], exact.mean(axis=1), rtol=LINEAR_ALGEBRA)
        np.testing.assert_allclose(errors.targets[place], exact.mean(axis=0), rtol=LINEAR_ALGEBRA)


def test_of_many_rows_the_large_ones_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """Heavy tails: the first order alone is off by far more."""
    columns = of_table(heavy(120, 10), (), None, None)
    one = at(0.6)
    exact = left_out(columns.rows, one).mean()
    shares = []
    monkeypatch.setattr(curve, "FEW_ROWS", 0)
    for work in (0.0, 120 * 1.02e6 - 1):
        monkeypatch.setattr(curve, "WORK", work)
        found = left_out_one_by_one(columns, [one], 1)
        shares.append(abs(found.errors.rows.mean() / exact - 1))
        assert found.refitted == (0 if work == 0 else found.large)
    assert 5 < found.large < 120
    assert shares[1] < 2e-3 < shares[0]


def test_progress_is_told() -> None:
    told: list[float] = []
    columns = of_table(heavy(80, 6), (), None, None)
    left_out_one_by_one(columns, [at(0.3)], 1, lambda share, _: told.append(share))
    assert told[-1] == 1
    assert max(told) <= 1


def test_parts_are_left_out_together() -> None:
    columns = of_table(heavy(40, 6), (), 2, None)
    errors, seen = left_out_together(columns, [at(0.3)], [(np.arange(20), np.arange(20, 40))])
    assert seen.sum() == 20
    assert errors.targets.shape == (1, 1)
