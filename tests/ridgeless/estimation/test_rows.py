"""Tables in memory, whatever holds them."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import ridgeless as rl
from ridgeless.estimation.rows import rows_of

ROWS = np.random.default_rng(3).normal(size=(20, 3)).round(2)


def with_entry(value: float) -> np.ndarray:
    rows = ROWS.copy()
    rows[2, 1] = value
    return rows


def test_what_holds_a_table() -> None:
    torch = pytest.importorskip("torch")
    frame = pd.DataFrame(ROWS, columns=["a", "b", "c"])
    for given, names in (
        (ROWS, ()),
        (ROWS.tolist(), ()),
        (frame, ("a", "b", "c")),
        (frame.astype("Float64"), ("a", "b", "c")),
        (np.ma.MaskedArray(ROWS), ()),
        (sparse.csr_array(ROWS), ()),
        (sparse.csc_matrix(ROWS), ()),
        (torch.tensor(ROWS, requires_grad=True), ()),
        (ROWS.astype(object), ()),
    ):
        table, found = rows_of(given)
        np.testing.assert_array_equal(table, ROWS)
        assert found == names
    yes = ROWS > 0
    for given in (yes, pd.DataFrame(yes), pd.DataFrame(yes).astype("boolean")):
        np.testing.assert_array_equal(rows_of(given)[0], yes)
    np.testing.assert_array_equal(rows_of(frame.assign(n=1).astype({"n": "Int8"}))[0][:, 3], 1)


@pytest.mark.parametrize(
    ("X", "says"),
    [
        (np.ones(5), "a table of samples by features"),
        (np.zeros((5, 3)), "at least 10 rows, got 5"),
        (np.zeros((20, 0)), "at least one column"),
        (with_entry(math.nan), "must not have missing values"),
        (with_entry(math.inf), "must be finite"),
        (with_entry(-1.8e308), "must be finite"),
        ([["a", "b"]] * 20, "must be real numbers"),
        (np.ma.MaskedArray(ROWS, ROWS > 1), "missing values, got [0-9]+ that are masked"),
        (ROWS + 1j, "must be real numbers"),
        (
            pd.DataFrame({"a": [1, pd.NA] * 10, "b": 1}).astype({"a": "Int64"}),
            r"column 0 \('a'\) of X must not have missing values, got 10",
        ),
        (
            pd.DataFrame({"a": 1.0, "b": ["x", "y"] * 10}),
            r"column 1 \('b'\) of X must be real numbers, got .*: drop it",
        ),
        (np.array([[1.0, pd.NA]] * 20, dtype=object), "missing values, got 20 of <NA>"),
        (np.array([[1.0, None]] * 20, dtype=object), "missing values, got 20 of None"),
    ],
)
def test_errors(X: Any, says: str) -> None:
    with pytest.raises(rl.DomainError, match=says):
        rows_of(X)
    with pytest.raises(rl.DomainError, match=says):
        rl.Spectrum.from_data(X)
