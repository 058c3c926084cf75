"""Tables of packages, read by the reader."""

import numpy as np
import pytest
from recommend_tables import MOST_COLUMNS, MOST_ROWS, TABLES, load

from tests.simulations.populations.loading import loaded


def test_there_are_tables_enough() -> None:
    assert len(TABLES) >= 20


@pytest.mark.parametrize(
    "name", ["diabetes", "college", "election 1996", "fund managers", "economy"]
)
def test_rows_are_distinct_and_vary(name: str) -> None:
    rows = loaded(lambda: load(name))
    assert 20 <= len(rows) <= MOST_ROWS
    assert 2 <= rows.shape[1] <= MOST_COLUMNS
    assert len(np.unique(rows, axis=0)) == len(rows)
    assert (np.ptp(rows, axis=0) > 0).all()
